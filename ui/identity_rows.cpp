// SPDX-License-Identifier: Apache-2.0
#include "identity_rows.h"

#include "certificate_words.h"
#include "text.h"

#include <algorithm>

namespace ui {

namespace {

/// The first trouble in the cell, all of them and the whole fingerprint in the tool tip.
QString stateOf(const QStringList &troubles)
{
    return troubles.isEmpty() ? Words::tr("good") : plain(troubles.front(), sentenceLimit);
}

QString toolTipOf(const QStringList &troubles, const QString &fingerprint)
{
    QStringList parts = troublesOf(troubles);
    if (!fingerprint.isEmpty())
        parts << Words::tr("SHA-256: %1").arg(fingerprintInGroups(fingerprint, 16));
    return parts.join(u' ');
}

QString stateOf(const KeyServiceInfo &service)
{
    if (!service.troubles.isEmpty())
        return plain(service.troubles.front(), sentenceLimit);
    if (!service.periods)
        return Words::tr("asked in each call");
    if (service.place.isEmpty())
        return Words::tr("brought by hand, not renewed by itself");
    return Words::tr("renewed by itself on %1").arg(dateInWords(service.next));
}

/// All that is wrong, where the service is, and when it is asked again.
QString toolTipOf(const KeyServiceInfo &service)
{
    QStringList parts = troublesOf(service.troubles);
    if (!service.place.isEmpty())
        parts << Words::tr("It is asked at %1.").arg(plain(service.place));
    if (service.next.isValid())
        parts << Words::tr("It is asked again on %1 at %2.")
                     .arg(dateInWords(service.next), service.next.toLocalTime().toString(QStringLiteral("HH:mm")));
    return parts.join(u' ');
}

} // namespace

std::vector<ListPage::Row> rowsOf(const std::vector<CertificateInfo> &authorities)
{
    std::vector<ListPage::Row> rows;
    for (const CertificateInfo &one : authorities)
        rows.push_back({one.fingerprint,
                        {plain(one.subject), dateInWords(one.until), stateOf(one.troubles),
                         fingerprintInGroups(one.fingerprint, 16)},
                        toolTipOf(one.troubles, one.fingerprint),
                        !one.troubles.isEmpty()});
    return rows;
}

std::vector<ListPage::Row> rowsOf(const std::vector<KnownPeer> &peers)
{
    std::vector<ListPage::Row> rows;
    for (const KnownPeer &one : peers)
        rows.push_back({one.identity,
                        {shortAddress(one.identity), knownBy(one), stateOf(one.troubles),
                         fingerprintInGroups(one.fingerprint, 16)},
                        toolTipOf(one.troubles, one.fingerprint),
                        !one.troubles.isEmpty()});
    return rows;
}

std::vector<ListPage::Row> rowsOf(const std::vector<RevocationList> &lists)
{
    std::vector<ListPage::Row> rows;
    for (const RevocationList &one : lists)
        rows.push_back({one.id,
                        {plain(one.issuer), dateInWords(one.from), dateInWords(one.nextUpdate),
                         grouped(quint64(std::max(one.revoked, 0))), stateOf(one.troubles)},
                        toolTipOf(one.troubles, {}),
                        !one.troubles.isEmpty()});
    return rows;
}

std::vector<ListPage::Row> rowsOf(const std::vector<KeyServiceInfo> &services)
{
    std::vector<ListPage::Row> rows;
    for (const KeyServiceInfo &one : services)
        rows.push_back({one.place.isEmpty() ? QString() : one.method,
                        {one.title, plain(one.service), dateInWords(one.until), stateOf(one)},
                        toolTipOf(one),
                        !one.troubles.isEmpty()});
    return rows;
}

} // namespace ui
