// SPDX-License-Identifier: Apache-2.0
// Encapsulated Data and ECCSI signatures from outside: the first octet says which.
#include "crypto/eccsi.h"
#include "crypto/sakke.h"

#include <algorithm>

using namespace mikey;

namespace {

/// Octets that are the same in every run.
class Fixed final : public Random
{
public:
    void fill(std::span<std::uint8_t> out) override
    {
        std::generate(out.begin(), out.end(), [this] { return m_next += 41; });
    }

private:
    std::uint8_t m_next = 7;
};

struct Keys
{
    Fixed random;
    Bytes identifier = Bytes(32, 0x1a);
    Secret z = sakke::makeMaster(random);
    std::shared_ptr<const sakke::Receiver> receiver =
        sakke::Receiver::of(sakke::Domain::of(*sakke::publicKey(z)), identifier, *sakke::receiverKey(z, identifier));
    Bytes kpak = *eccsi::publicKey(eccsi::makeMaster(random));
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    static const Keys keys;
    if (size == 0)
        return 0;
    const ByteView input(data + 1, size - 1);
    if (data[0] & 1)
        static_cast<void>(keys.receiver->decapsulate(input));
    else
        static_cast<void>(eccsi::verify(keys.kpak, keys.identifier, octetsOf("message"), input));
    return 0;
}
