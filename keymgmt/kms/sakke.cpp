// SPDX-License-Identifier: Apache-2.0
#include "kms/sakke.h"

#include "kms/issue_window.h"

namespace mikey::kms {

SakkeMasters SakkeMasters::make(Random &random)
{
    return {sakke::makeMaster(random), eccsi::makeMaster(random)};
}

std::optional<SakkeDomain> sakkeDomain(const SakkeMasters &masters, std::string_view kms, SakkeIdScheme scheme)
{
    const auto kpak = eccsi::publicKey(masters.ksak);
    const auto z = sakke::publicKey(masters.z);
    return kpak && z ? makeSakkeDomain(kms, *kpak, *z, scheme) : std::nullopt;
}

std::optional<SakkeIssue> issueSakke(const SakkeMasters &masters, const SakkeDomain &domain, std::string_view uri,
                                     std::uint64_t period, Random &random)
{
    if (domain.obstacleTo(uri))
        return std::nullopt;
    auto identifier = domain.identifier(uri, period);
    auto rsk = sakke::receiverKey(masters.z, identifier);
    auto signing = eccsi::issue(masters.ksak, identifier, random);
    if (!rsk || !signing)
        return std::nullopt;
    return SakkeIssue{period, std::move(identifier), std::move(*rsk), std::move(signing->ssk), std::move(signing->pvt)};
}

bool mayIssueSakke(const SakkeDomain &domain, std::uint64_t period, NtpTime now)
{
    return period >= domain.periodAt(now) && period <= domain.periodAt(now.plusSeconds(issuedEarlySeconds));
}

} // namespace mikey::kms
