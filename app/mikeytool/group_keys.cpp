// SPDX-License-Identifier: Apache-2.0
#include "group_keys.h"

#include "methods/opening.h"

namespace tool {

namespace {

constexpr std::size_t randOctets = 16;
constexpr std::size_t tgkOctets = 16;

} // namespace

mikey::GroupKeys makeGroupKeys(const mikey::SrtpSuite &suite, mikey::Random &random)
{
    mikey::GroupKeys group;
    group.csbId = random.number32();
    group.rand.resize(randOctets);
    random.fill(group.rand);
    group.map.resize(2);
    mikey::fillSsrcs(group.map, random);
    group.suite = &suite;
    group.tgk = random.secret(tgkOctets);
    group.mki = {0, 0, 0, 1};
    return group;
}

} // namespace tool
