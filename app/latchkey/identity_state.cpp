// SPDX-License-Identifier: Apache-2.0
#include "identity_state.h"

#include "account/own_certificates.h"
#include "account/trust_settings.h"
#include "call/words.h"
#include "wire/text.h"

#include <QCoreApplication>

namespace {

QString text(const char *sentence)
{
    return QCoreApplication::translate("identity", sentence);
}

QDateTime dateOf(mikey::NtpTime time)
{
    return QDateTime::fromMSecsSinceEpoch(time.unixMilliseconds(), Qt::UTC);
}

QDateTime dateOf(const std::optional<mikey::NtpTime> &time)
{
    return time ? dateOf(*time) : QDateTime();
}

QString hexOf(const mikey::CertificateFingerprint &fingerprint)
{
    return QString::fromStdString(mikey::hex(fingerprint));
}

QStringList troublesOf(const mikey::Certificate &certificate, mikey::NtpTime now)
{
    const auto trouble = mikey::checkAlone(certificate, now);
    return trouble ? QStringList(call::sentence(call::toQt(*trouble))) : QStringList();
}

ui::CertificateInfo infoOf(const mikey::Certificate &certificate, const QStringList &troubles)
{
    ui::CertificateInfo info;
    const auto identities = certificate.identities();
    if (!identities.empty())
        info.identity = call::toQt(identities.front());
    info.subject = call::toQt(certificate.subject());
    info.issuer = call::toQt(certificate.issuer());
    info.selfSigned = certificate.isSelfSigned();
    info.from = dateOf(certificate.notBefore());
    info.until = dateOf(certificate.notAfter());
    info.fingerprint = hexOf(certificate.fingerprint());
    info.troubles = troubles;
    return info;
}

ui::RevocationList infoOf(const mikey::Crl &crl, mikey::NtpTime now)
{
    ui::RevocationList list;
    list.id = account::crlId(crl);
    list.issuer = call::toQt(crl.issuer());
    list.from = dateOf(crl.thisUpdate());
    list.nextUpdate = dateOf(crl.nextUpdate());
    list.revoked = static_cast<int>(crl.revokedCount());
    if (const auto next = crl.nextUpdate(); next && now.isAfter(*next))
        list.troubles += text(QT_TRANSLATE_NOOP("identity", "It is out of date: certificates of this issuer are "
                                                            "refused until there is a newer one."));
    return list;
}

/// Whom we know by a fingerprint: the user's word, or a certificate that was met.
ui::KnownPeer byFingerprint(const std::string &identity, const mikey::CertificateFingerprint &fingerprint,
                            const account::KnownCertificates::Entries &met)
{
    ui::KnownPeer peer{call::toQt(identity), ui::KnownPeer::By::Fingerprint, hexOf(fingerprint), {}, {}};
    const auto entry = met.find(identity);
    if (entry != met.end() && entry->second.fingerprint == fingerprint) {
        peer.by = ui::KnownPeer::By::FirstUse;
        peer.since = dateOf(entry->second.since);
    }
    return peer;
}

std::vector<ui::KnownPeer> peersOf(const mikey::X509 &x509, const account::KnownCertificates::Entries &met,
                                   mikey::NtpTime now)
{
    std::map<std::string, ui::KnownPeer> peers;
    for (const auto &[identity, chain] : x509.peers)
        peers[identity] = {call::toQt(identity),
                           ui::KnownPeer::By::Certificate,
                           hexOf(chain.front().fingerprint()),
                           {},
                           troublesOf(chain.front(), now)};
    for (const auto &[identity, fingerprint] : x509.fingerprints)
        peers.try_emplace(identity, byFingerprint(identity, fingerprint, met));
    std::vector<ui::KnownPeer> list;
    for (auto &[identity, peer] : peers)
        list.push_back(std::move(peer));
    return list;
}

QStringList ownTroubles(const mikey::Endpoint &endpoint, mikey::NtpTime now)
{
    QStringList troubles;
    for (const auto &trouble : account::ownCertificateTroubles(endpoint, now))
        troubles += call::sentence(trouble);
    return troubles;
}

} // namespace

ui::IdentityState identityState(const mikey::Endpoint &endpoint, const account::KnownCertificates::Entries &met,
                                mikey::NtpTime now)
{
    const auto &x509 = endpoint.x509;
    ui::IdentityState state;
    state.identity = call::toQt(endpoint.identity);
    if (!x509.own.empty())
        state.own = infoOf(x509.own.front().chain.front(), ownTroubles(endpoint, now));
    for (const auto &authority : x509.trust)
        state.authorities.push_back(infoOf(authority, troublesOf(authority, now)));
    state.peers = peersOf(x509, met, now);
    for (const auto &crl : x509.crls)
        state.revocationLists.push_back(infoOf(crl, now));
    state.acceptance = {x509.trustOnFirstUse, x509.fetchUrls, endpoint.accept.weakGroups,
                        endpoint.accept.nullEncryption || endpoint.accept.nullAuthentication};
    return state;
}

std::vector<ui::KeyServiceInfo> servicesOf(const mikey::Endpoint &endpoint,
                                           const std::vector<account::RenewalPlan> &plans)
{
    const auto title = [](const std::string &method) { return call::toQt(method).toUpper(); };
    std::vector<ui::KeyServiceInfo> services;
    for (const auto &plan : plans) {
        const auto &service = plan.service();
        ui::KeyServiceInfo info{call::toQt(service.method),
                                title(service.method),
                                call::toQt(service.kms),
                                service.place,
                                true,
                                {},
                                {},
                                {}};
        info.until = dateOf(service.until);
        info.next = dateOf(plan.next());
        if (!service.until)
            info.troubles += text(QT_TRANSLATE_NOOP("identity", "There are no keys for now."));
        if (!plan.trouble().isEmpty())
            info.troubles += plan.trouble();
        services.push_back(std::move(info));
    }
    if (endpoint.ticket.reachesKms())
        services.push_back(
            {QStringLiteral("ticket"), title("ticket"), call::toQt(endpoint.ticket.kms), {}, false, {}, {}, {}});
    return services;
}
