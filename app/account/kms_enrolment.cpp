// SPDX-License-Identifier: Apache-2.0
#include "account/endpoint_sakke.h"
#include "account/enrolment.h"
#include "account/kms_access.h"
#include "account/kms_xml.h"
#include "methods/identity.h"

#include <QFileInfo>
#include <QTimer>
#include <QUrl>

#include <algorithm>

namespace account {

namespace {

using Then = std::function<void(const Loaded<Enrolled> &)>;

constexpr auto root = "keymanagement/identity/v1/";
constexpr std::size_t mostDomains = 256, mostPeriods = 8;

QString hexText(mikey::ByteView octets)
{
    return QString::fromLatin1(
        QByteArray(reinterpret_cast<const char *>(octets.data()), static_cast<qsizetype>(octets.size())).toHex());
}

/// What `access` does not tell is as the file has it.
Loaded<KmsPlace> placeOf(const QJsonObject &part, const KmsAccess &access, const QString &directory)
{
    auto told = part;
    if (!access.url.isEmpty()) {
        told[QLatin1String("kms")] = access.url.toString();
        told.remove(QLatin1String("kms_fingerprint")); // of another service, perhaps
    }
    const auto source = kmsSourceOf(told, directory);
    if (!source)
        return source.error();
    auto place = source->place;
    if (!access.fingerprint.isEmpty())
        place.fingerprint = access.fingerprint;
    return place;
}

bool hasSameKeys(const mikey::SakkeDomain &a, const mikey::SakkeDomain &b)
{
    return a.z == b.z && a.kpak == b.kpak;
}

/// Whether key periods of one have the same numbers and Identifiers for the other.
bool countsAlike(const mikey::SakkeDomain &a, const mikey::SakkeDomain &b)
{
    return a.kms == b.kms && a.scheme == b.scheme && a.keyPeriod == b.keyPeriod &&
           a.keyPeriodOffset == b.keyPeriodOffset;
}

/// The domain with other public keys from that period on, and those of before still at hand (RFC 6509 3.3).
mikey::SakkeDomain changedTo(const mikey::SakkeDomain &domain, mikey::SakkeDomain to, std::uint64_t from)
{
    auto before = domain.at(from > 0 ? from - 1 : 0);
    before.earlier.reset();
    to.hosts = domain.hosts;
    to.fromPeriod = from;
    to.earlier = std::make_shared<const mikey::SakkeDomain>(std::move(before));
    return to;
}

/// One enrolment: first the public keys of the service, those that it will change to and those of others, then ours of
/// each period that is issued now.
class Enrolling : public QObject
{
public:
    Enrolling(const QString &file, const KmsAccess &access, mikey::NtpTime now, QObject *context, Then then)
        : QObject(context), m_path(file), m_access(access), m_now(now), m_then(std::move(then))
    {
    }

    void start();

private:
    using Take = std::function<void(KmsResponse &)>;
    using Miss = std::function<void(const QString &trouble)>;

    std::optional<QString> readFile();
    void ask(const QString &resource, Take take, Miss miss);
    bool isOurs(const mikey::SakkeDomain &domain) const;
    void takeDomain(KmsResponse &response);
    void askKeys(std::uint64_t period);
    void takeKeys(KmsResponse &response, std::uint64_t period);
    QString faultOf(const KmsResponse::KeySet &set, const mikey::SakkeDomain &domain) const;
    const mikey::SakkeDomain *domainOf(const KmsResponse::KeySet &set) const;
    void missKeys(const QString &trouble);
    void store();
    void takeDomains(mikey::SakkeKeys &keys, bool isNew);
    void takePartners(mikey::SakkeKeys &keys) const;
    std::optional<QString> addTo(mikey::SakkeKeys &keys, Enrolled &enrolled) const;
    void finish(const Loaded<Enrolled> &result);

    QString m_path;
    KmsAccess m_access;
    mikey::NtpTime m_now;
    Then m_then;
    QString m_user;
    QString m_device;
    std::unique_ptr<KmsConnection> m_connection;
    std::optional<mikey::SakkeDomain> m_domain; ///< the public keys in force
    std::optional<mikey::SakkeDomain> m_next;   ///< those of the next period, where they are others
    QString m_certificate;
    std::vector<KmsResponse::Certificate> m_cached; ///< what the service tells beside them
    std::vector<mikey::kms::SakkeIssue> m_keys;
};

void Enrolling::start()
{
    if (const auto trouble = readFile())
        return finish(*trouble);
    if (!m_connection)
        return finish(enrol(m_path, m_now));
    ask(
        QStringLiteral("init"), [this](KmsResponse &response) { takeDomain(response); },
        [this](const QString &trouble) { finish(trouble); });
}

/// No connection if the service is a file.
std::optional<QString> Enrolling::readFile()
{
    EndpointSakke file(m_path);
    if (auto trouble = file.read())
        return trouble;
    const auto &part = file.part();
    if (m_access.url.isEmpty() && !part[QLatin1String("kms")].toString().contains(QLatin1String("://")))
        return std::nullopt;
    const auto place = placeOf(part, m_access, QFileInfo(m_path).path());
    if (!place)
        return file.about(place.error());
    if (m_access.token.isEmpty() && isServiceOf(part, m_access.url))
        m_access.token = part[QLatin1String("kms_token")].toString().toLatin1();
    if (m_access.token.isEmpty())
        return file.about(QStringLiteral("there is no token for the key management service, neither in the file as "
                                         "\"kms_token\" nor given"));
    if (m_access.kms.isEmpty() && isServiceOf(part, m_access.url))
        m_access.kms = part[QLatin1String("kms_uri")].toString();
    if (m_access.kms.isEmpty())
        m_access.kms = place->url.host();
    m_access.url = place->url;
    m_access.fingerprint = place->fingerprint;
    m_user = file.uri();
    m_device = part[QLatin1String("kms_device")].toString();
    if (m_device.isEmpty()) {
        constexpr std::size_t deviceOctets = 8;
        mikey::SystemRandom random;
        m_device = hexText(random.secret(deviceOctets).view());
    }
    m_connection = std::make_unique<KmsConnection>(*place);
    return std::nullopt;
}

/// Asks the service, and hands on what it says, or why it says nothing.
void Enrolling::ask(const QString &resource, Take take, Miss miss)
{
    const auto path = QLatin1String(root) + resource;
    auto url = m_access.url.toString();
    url += (url.endsWith(QLatin1Char('/')) ? QString() : QStringLiteral("/")) + path;
    const KmsRequest request{m_user, m_access.kms, m_device, url, m_now};
    m_connection->ask({path, "application/xml", requestXml(request), m_access.token}, this,
                      [this, take = std::move(take), miss = std::move(miss)](const KmsReply &reply) {
                          auto response = responseOf(reply.body);
                          const auto reason = response ? response->error : QString();
                          if (!reply.trouble.isEmpty())
                              return miss(reason.isEmpty()
                                              ? reply.trouble
                                              : QStringLiteral("%1 It says: %2.").arg(reply.trouble, reason));
                          if (!response)
                              return miss(response.error());
                          if (!reason.isEmpty())
                              return miss(QStringLiteral("the key management service refuses: %1").arg(reason));
                          take(*response);
                      });
}

void Enrolling::takeDomain(KmsResponse &response)
{
    const auto ours = [this](const auto &one) { return isOurs(one.domain); };
    const auto shown = std::find_if(response.certificates.begin(), response.certificates.end(), ours);
    if (shown == response.certificates.end())
        return finish(QStringLiteral("the key management service does not show public keys of %1 that can be used here")
                          .arg(m_access.kms));
    if (!shown->validity.isAt(m_now))
        return finish(QStringLiteral("the public keys of the key management service are not valid now"));
    m_domain = std::move(shown->domain);
    m_certificate = shown->uri;
    const auto current = m_domain->periodAt(m_now);
    ask(
        QStringLiteral("certcache"),
        [this, current](KmsResponse &told) {
            m_cached = std::move(told.certificates);
            askKeys(current);
        },
        [this, current](const QString &) { askKeys(current); }); // not every service has it
}

void Enrolling::askKeys(std::uint64_t period)
{
    const auto start = m_domain->startOf(period).octets();
    const auto user = QString::fromLatin1(QUrl::toPercentEncoding(m_user, ":@")); // it is one part of the path
    ask(
        QStringLiteral("keyprov/%1/%2").arg(user, hexText(start)),
        [this, period](KmsResponse &response) { takeKeys(response, period); },
        [this](const QString &trouble) { missKeys(trouble); });
}

/// What was had before stands.
void Enrolling::missKeys(const QString &trouble)
{
    if (m_keys.empty())
        finish(trouble);
    else
        store();
}

/// The public keys that keys of ours belong to; null if the service does not show them.
const mikey::SakkeDomain *Enrolling::domainOf(const KmsResponse::KeySet &set) const
{
    if (set.certificate.isEmpty() || m_certificate.isEmpty() || set.certificate == m_certificate)
        return &*m_domain;
    const auto it = std::find_if(m_cached.begin(), m_cached.end(), [&](const auto &one) {
        return one.uri == set.certificate && isOurs(one.domain) && !one.validity.revoked;
    });
    return it == m_cached.end() ? nullptr : &it->domain;
}

/// Why these keys are not those that were asked for (kms-reference 3.3); empty: they are.
QString Enrolling::faultOf(const KmsResponse::KeySet &set, const mikey::SakkeDomain &domain) const
{
    const auto period = set.keys.period;
    const auto user = m_user.toStdString();
    if (set.validity.revoked)
        return QStringLiteral("the key management service has revoked our keys");
    if ((set.validity.from && *set.validity.from >= domain.startOf(period + 1).unixMilliseconds()) ||
        (set.validity.to && *set.validity.to <= domain.startOf(period).unixMilliseconds()))
        return QStringLiteral("the key management service sent keys that are not valid in their key period");
    const bool isOther = !set.user.isEmpty() && mikey::canonicalIdentity(set.user.toStdString()) != user;
    if (isOther || (!set.keys.identifier.empty() && set.keys.identifier != domain.identifier(user, period)))
        return QStringLiteral("the key management service sent keys of another user");
    return {};
}

void Enrolling::takeKeys(KmsResponse &response, std::uint64_t period)
{
    const auto set = std::find_if(response.keySets.begin(), response.keySets.end(),
                                  [period](const auto &one) { return one.keys.period == period; });
    if (set == response.keySets.end())
        return missKeys(response.keySets.empty()
                            ? QStringLiteral("the key management service sent no keys that can be used here")
                            : QStringLiteral("the key management service sent keys of another period"));
    const auto *domain = domainOf(*set);
    if (!domain)
        return missKeys(QStringLiteral("the key management service does not show the public keys that its keys belong "
                                       "to"));
    if (const auto fault = faultOf(*set, *domain); !fault.isEmpty())
        return missKeys(fault);
    if (domain != &*m_domain) { // which it changes to with that period (RFC 6509 3.3)
        m_next = *domain;
        m_next->fromPeriod = period;
    }
    m_keys.push_back(std::move(set->keys));
    if (!m_next && m_keys.size() < mostPeriods && mikey::kms::mayIssueSakke(*m_domain, period + 1, m_now))
        return askKeys(period + 1);
    store();
}

bool Enrolling::isOurs(const mikey::SakkeDomain &domain) const
{
    return domain.kms == mikey::canonicalIdentity(m_access.kms.toLower().toStdString());
}

std::optional<QString> Enrolling::addTo(mikey::SakkeKeys &keys, Enrolled &enrolled) const
{
    for (const auto &set : m_keys) {
        if (const auto fault = keys.add(set.period, set.rsk, set.ssk, set.pvt))
            return QString::fromStdString(*fault);
        enrolled.periods.push_back(set.period);
    }
    dropOld(keys, m_now);
    return std::nullopt;
}

/// Replaces the public keys of our service, and keeps those of the periods before.
void Enrolling::takeDomains(mikey::SakkeKeys &keys, bool isNew)
{
    auto &own = keys.domains.front();
    const auto told = m_domain->hosts;
    const auto current = m_domain->periodAt(m_now);
    const auto change = [&own, &keys](mikey::SakkeDomain to, std::uint64_t from) {
        own = changedTo(own, std::move(to), from);
        std::erase_if(keys.periods, [from](const auto &period) { return period.period >= from; });
    };
    if (isNew) {
        if (own.kms == m_domain->kms && told.empty())
            m_domain->hosts = own.hosts;
        own = *m_domain;
    } else if (!hasSameKeys(own.at(current), *m_domain)) {
        change(*m_domain, current);
    }
    if (m_next && !hasSameKeys(own.at(m_next->fromPeriod), *m_next))
        change(*m_next, m_next->fromPeriod);
    if (!told.empty())
        own.hosts = told;
}

/// What the service says of other services: new ones, new public keys of those that are known, and what is revoked.
/// Those that it does not name stay.
void Enrolling::takePartners(mikey::SakkeKeys &keys) const
{
    for (const auto &told : m_cached) {
        if (isOurs(told.domain))
            continue;
        const auto known = std::find_if(keys.domains.begin() + 1, keys.domains.end(),
                                        [&](const auto &domain) { return domain.kms == told.domain.kms; });
        const bool isKnown = known != keys.domains.end();
        const qint64 now = m_now.unixMilliseconds();
        const auto begin = std::max(told.validity.from.value_or(now), now); // of what is in force the beginning is over
        if (told.validity.revoked || (told.validity.to && *told.validity.to < now)) {
            if (isKnown && hasSameKeys(*known, told.domain))
                keys.domains.erase(known);
        } else if (!isKnown) {
            if (begin == now && keys.domains.size() < mostDomains)
                keys.domains.push_back(told.domain);
        } else if (!countsAlike(*known, told.domain)) {
            *known = told.domain;
        } else {
            const auto from = told.domain.periodAt(mikey::NtpTime::fromUnixMicroseconds(begin * 1000));
            if (!hasSameKeys(known->at(from), told.domain))
                *known = changedTo(*known, told.domain, from);
            known->hosts = told.domain.hosts.empty() ? known->hosts : told.domain.hosts;
        }
    }
}

void Enrolling::store()
{
    EndpointSakke file(m_path);
    if (const auto trouble = file.read())
        return finish(*trouble);
    mikey::SakkeKeys keys;
    if (file.part().contains(QLatin1String("kpak"))) {
        auto before = file.keys(m_now);
        if (!before)
            return finish(before.error());
        keys = std::move(*before);
    }
    Enrolled enrolled;
    keys.uri = m_user.toStdString();
    enrolled.newService = keys.domains.empty() || !countsAlike(keys.domains.front(), *m_domain);
    if (enrolled.newService) { // what another service issued does not stand beside this one's
        keys.periods.clear();
        if (keys.domains.empty())
            keys.domains.emplace_back();
    }
    takeDomains(keys, enrolled.newService);
    takePartners(keys);
    if (const auto trouble = addTo(keys, enrolled))
        return finish(file.about(*trouble));
    file.set("kms", m_access.url.toString());
    file.set("kms_fingerprint", hexText(mikey::octetsOf({m_access.fingerprint.constData(),
                                                         static_cast<std::size_t>(m_access.fingerprint.size())})));
    file.set("kms_token", QString::fromLatin1(m_access.token));
    file.set("kms_device", m_device);
    if (const auto trouble = file.write(keys))
        return finish(*trouble);
    finish(enrolled);
}

void Enrolling::finish(const Loaded<Enrolled> &result)
{
    deleteLater();
    if (const auto then = std::exchange(m_then, nullptr))
        then(result);
}

} // namespace

void enrol(const QString &endpointFile, const KmsAccess &access, mikey::NtpTime now, QObject *context, Then then)
{
    auto *enrolling = new Enrolling(endpointFile, access, now, context, std::move(then));
    QTimer::singleShot(0, enrolling, &Enrolling::start);
}

} // namespace account
