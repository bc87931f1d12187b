// SPDX-License-Identifier: Apache-2.0
#include "account/credentials.h"

#include "crypto/issue.h"

namespace account {

namespace {

constexpr std::size_t pskOctets = 16;
constexpr int keyBits = 2048; // a demonstration is not to wait for its keys
constexpr std::int64_t day = 24 * 60 * 60;
constexpr std::int64_t authorityDays = 3653;
constexpr auto demoService = "kms.example.org";
constexpr std::int64_t userDays = 398; // as browsers allow at most

/// A request that is good from yesterday on: clocks differ.
mikey::CertificateRequest requestFor(const std::string &commonName, mikey::NtpTime now, std::int64_t days)
{
    mikey::CertificateRequest request;
    request.commonName = commonName;
    request.notBefore = now.plusSeconds(-day);
    request.notAfter = now.plusSeconds(days * day);
    return request;
}

mikey::OwnCertificate certified(const std::string &identity, const DemoAuthority &authority, mikey::NtpTime now)
{
    auto request = requestFor(identity, now, userDays);
    request.identities = {identity};
    auto key = mikey::PrivateKey::generate(keyBits);
    auto certificate = mikey::issue(request, key.publicKey(), authority.own);
    return {{std::move(certificate)}, std::move(key)};
}

} // namespace

std::vector<mikey::Endpoint> makeDemoEndpoints(const std::vector<std::string> &identities, mikey::Random &random)
{
    std::vector<mikey::Endpoint> endpoints(identities.size());
    for (std::size_t i = 0; i < endpoints.size(); ++i) {
        endpoints[i].identity = identities[i];
        for (std::size_t j = 0; j < i; ++j) {
            auto key = random.secret(pskOctets);
            endpoints[j].psk.emplace(identities[i], key.clone());
            endpoints[i].psk.emplace(identities[j], std::move(key));
        }
    }
    return endpoints;
}

SakkeService makeDemoService()
{
    mikey::SystemRandom random;
    auto masters = mikey::kms::SakkeMasters::make(random);
    auto domain = *mikey::kms::sakkeDomain(masters, demoService, mikey::SakkeIdScheme::Uid);
    return {std::move(masters), std::move(domain)};
}

MikeyServices makeDemoMikeyServices(mikey::Random &random)
{
    return {makeTicketService(demoService, random), makeIbakeService(demoService, random)};
}

DemoAuthority makeDemoAuthority(mikey::NtpTime now)
{
    auto request = requestFor("Latchkey demonstration authority", now, authorityDays);
    request.authority = true;
    auto key = mikey::PrivateKey::generate(keyBits);
    auto certificate = mikey::selfSigned(request, key);
    mikey::OwnCertificate own{{std::move(certificate)}, std::move(key)};
    auto crl = mikey::revoke({}, own, request.notBefore, request.notAfter);
    mikey::SystemRandom random;
    auto services = makeDemoMikeyServices(random);
    auto ofService = requestFor(demoService, now, authorityDays); // for users who come with certificates
    ofService.identities = {demoService};
    auto serviceKey = mikey::PrivateKey::generate(keyBits);
    auto serviceCertificate = mikey::issue(ofService, serviceKey.publicKey(), own);
    services.ticket.x509.own = {{{std::move(serviceCertificate)}, std::move(serviceKey)}};
    services.ticket.x509.trust = own.chain;
    return {std::move(own), std::move(crl), makeDemoService(), std::move(services)};
}

namespace {

void enrol(mikey::Endpoint &endpoint, const SakkeService &service, mikey::Random &random, mikey::NtpTime now)
{
    const auto &domain = service.domain;
    endpoint.sakke.uri = endpoint.identity;
    endpoint.sakke.domains = {domain};
    for (const auto period : {domain.periodAt(now), domain.periodAt(now) + 1}) {
        if (!mikey::kms::mayIssueSakke(domain, period, now))
            continue;
        if (const auto keys = mikey::kms::issueSakke(service.masters, domain, endpoint.identity, period, random))
            endpoint.sakke.add(period, keys->rsk, keys->ssk, keys->pvt);
    }
}

} // namespace

std::vector<mikey::Endpoint> makeDemoEndpoints(const std::vector<std::string> &identities, mikey::Random &random,
                                               DemoAuthority &authority, mikey::NtpTime now)
{
    auto endpoints = makeDemoEndpoints(identities, random);
    for (auto &endpoint : endpoints) {
        endpoint.x509.own = {certified(endpoint.identity, authority, now)};
        endpoint.x509.trust = authority.own.chain;
        endpoint.x509.crls = {authority.crl};
        enrol(endpoint, authority.service, random, now);
        endpoint.ticket = authority.mikey.ticket.enrol(endpoint.identity, random);
        endpoint.ibake = authority.mikey.ibake.enrol(endpoint.identity, now, random);
    }
    for (auto &endpoint : endpoints) {
        for (const auto &other : endpoints) {
            if (&other != &endpoint)
                endpoint.x509.peers.emplace(other.identity, other.x509.own.front().chain);
        }
    }
    return endpoints;
}

} // namespace account
