// SPDX-License-Identifier: Apache-2.0
#include "crypto/ibe_group.h"

#include "wire/text.h"

namespace mikey::ibe {

namespace {

struct NamedSet
{
    std::string_view name;
    std::string_view p, q, x, y;
    BfHash hash;
};

// Made for this program by algorithm 5.1.2 of RFC 5091, from seeds that tests/vectors/ibake-bf-params.json tells.
constexpr NamedSet sets[] = {
    {"BF-3072",
     "e172bdd6a7fdcd21d5c1036e8b7405b216d6a9bac1d548200dc9f83a4a6522c3"
     "9eea1c583df6c46b27b374785429ef050729b9bbce1e85f17029c1cd90748de0"
     "122898c512e1dc54f912605babfca48b0682010a7ed028cdc552f1ef11a7439b"
     "4dbab86a36332ced3957f978c3ff77f4e6a1f65a5a776819bccf06d0db2f90a7"
     "2310a1be3b6f938cbfa12ef584713b5c0e395da9121d6261a156efea6a8f963f"
     "431161a4ee8e4d783b18b2e9f9faa1163391308f21fac58f0c51698b453ee047",
     "8000000000000000000000000000000000000000000000000000020000000001",
     "9b46dd876e96ff863bf89e4479c86a0992d1f36803f6d9425804fcf26e9ca156"
     "5b2bb5f9fc60cf86c5ecfc93cd8f08f935f33bc50d0a04f6ded237a90f979eb8"
     "d7cc343d542b97ef6c5f516f8bf544d87bd3353e4c7389ced7b1c5dfee804c33"
     "3a05cc2b1ed2b774c3efa834be3456923e05b2ad3484d20cb32941a6b657794c"
     "575b5c6dab79e6c9ace2af2e48d375c4e0619c4903817a32792b44766a3bde16"
     "d08ac63b5690d6cfa842e9c85431a79ac3c1b5159430ee93d32e5ff11603d834",
     "32c5004857d8d4103540a90767ca0ca441f71a3b0111c987c5fb64fec61d6c97"
     "7ed5bbe8b36a6ae32db28e494493d8392c1020773af1ef22a7fe9c25f0af73bf"
     "c28ed6be95b4068f2d993b9299590103b5b560bae3aded0c7b4753c140f292a9"
     "2d2f41c417b48be79fe4170adeec41fde12698d704243afdf80870f80065533c"
     "dcf5ad2185a2b9cc197f73e83571db1a4bcd5cb6777f303d2f9bd4a16824a825"
     "f945357e86a1624bea05d23a8a60cf33a5fc63d7542e8f535d765a1694675061",
     BfHash::Sha256},
    {"BF-2048",
     "ee87b39fca6a1d0d91c5f17d5aa599987dcb2969c1096d92c60088299101f789"
     "2ae27af5ba6e2e8fb169cd2bc7f914ed8700f29f41a0621ae84e25f7fbe77c89"
     "39f13708b57e313fe078d95c6b3f9d2c748c477f58922a78e144dc8f3e06d9ee"
     "1ef7cba022b74641178337a24e8582b4d733529d7b3e461a754d7d666afdc48f",
     "80000000000000000000000000000000000000000000000000002001",
     "ecd4a3f21d5e0b18b8a444ad517add733aeadc98f26cbacd1ecb01a4f51a1f13"
     "b0c19f08b1a73e951d52089ee8cd091fc25c228f7b25e92d555d5b31bf4d7534"
     "2a3c34356d757618fdd2a93b830f2e80fa5cb1bd27999b8e6dee611e0bea2fad"
     "24151eac27da84373c2c0af508768e853af362af751037d447a0cf1474bbbbc1",
     "61b3c65e099b23d872f8b1ddef577e1b3ca9028eaad9e1231765f3fa2fc24827"
     "37d2939724612801bcc30d0fba152247fda3dd826ff5cf6b0011e86757605f99"
     "27e4fceae6713703d42e28d239f91c06abac11ea48fbe42ab5c66f7b8925b570"
     "615c85613c3fbec1bb79d04dc1bd9e57971dbd0508f56f13d22d596b8fe8ab2d",
     BfHash::Sha224},
};

} // namespace

std::shared_ptr<const Group> group(std::string_view name)
{
    // Each is made when it is first asked for, and stays.
    static const auto made = [](const NamedSet &set) {
        return std::make_shared<const Group>(
            GroupNumbers{*fromHex(set.p), *fromHex(set.q), *fromHex(set.x), *fromHex(set.y), set.hash});
    };
    if (name == sets[0].name) {
        static const std::shared_ptr<const Group> first = made(sets[0]);
        return first;
    }
    if (name == sets[1].name) {
        static const std::shared_ptr<const Group> second = made(sets[1]);
        return second;
    }
    return nullptr;
}

std::shared_ptr<const Group> groupOf(ByteView p, ByteView q)
{
    for (const auto &set : sets) {
        if (hex(p) == set.p && hex(q) == set.q)
            return group(set.name);
    }
    return nullptr;
}

} // namespace mikey::ibe
