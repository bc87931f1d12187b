// SPDX-License-Identifier: Apache-2.0
#include "account/endpoint_sakke.h"
#include "account/enrolment.h"
#include "account/kms_access.h"
#include "account/kms_xml.h"

#include <QFileInfo>
#include <QTimer>

#include <algorithm>

namespace account {

namespace {

using Then = std::function<void(const Loaded<Enrolled> &)>;

constexpr auto root = "keymanagement/identity/v1/";

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

/// One enrolment: first the public keys of the service, then ours of each period that is issued now.
class Enrolling : public QObject
{
public:
    Enrolling(const QString &file, const KmsAccess &access, mikey::NtpTime now, QObject *context, Then then)
        : QObject(context), m_path(file), m_access(access), m_now(now), m_then(std::move(then))
    {
    }

    void start();

private:
    std::optional<QString> readFile();
    void ask(const QString &resource, std::function<void(KmsResponse &)> take);
    bool isOurs(const mikey::SakkeDomain &domain) const;
    void takeDomain(KmsResponse &response);
    void askKeys(std::uint64_t period);
    void takeKeys(KmsResponse &response, std::uint64_t period);
    void askNextDomain(const QString &certificate, std::uint64_t period);
    void store();
    void takeDomains(mikey::SakkeKeys &keys, bool isNew);
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
    std::vector<mikey::kms::SakkeIssue> m_keys;
};

void Enrolling::start()
{
    if (const auto trouble = readFile())
        return finish(*trouble);
    if (!m_connection)
        return finish(enrol(m_path, m_now));
    ask(QStringLiteral("init"), [this](KmsResponse &response) { takeDomain(response); });
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

void Enrolling::ask(const QString &resource, std::function<void(KmsResponse &)> take)
{
    const auto path = QLatin1String(root) + resource;
    auto url = m_access.url.toString();
    url += (url.endsWith(QLatin1Char('/')) ? QString() : QStringLiteral("/")) + path;
    const KmsRequest request{m_user, m_access.kms, m_device, url, m_now};
    m_connection->ask({path, "application/xml", requestXml(request), m_access.token}, this,
                      [this, take = std::move(take)](const KmsReply &reply) {
                          auto response = responseOf(reply.body);
                          const auto reason = response ? response->error : QString();
                          if (!reply.trouble.isEmpty())
                              return finish(reason.isEmpty()
                                                ? reply.trouble
                                                : QStringLiteral("%1 It says: %2.").arg(reply.trouble, reason));
                          if (!response)
                              return finish(response.error());
                          if (!reason.isEmpty())
                              return finish(reason);
                          take(*response);
                      });
}

void Enrolling::takeDomain(KmsResponse &response)
{
    if (response.certificates.empty() || !isOurs(response.certificates.front().domain))
        return finish(QStringLiteral("the key management service does not show public keys of %1").arg(m_access.kms));
    m_domain = std::move(response.certificates.front().domain);
    m_certificate = response.certificates.front().uri;
    askKeys(m_domain->periodAt(m_now));
}

void Enrolling::askKeys(std::uint64_t period)
{
    const auto start = m_domain->startOf(period).octets();
    ask(QStringLiteral("keyprov/%1/%2").arg(m_user, hexText(start)),
        [this, period](KmsResponse &response) { takeKeys(response, period); });
}

void Enrolling::takeKeys(KmsResponse &response, std::uint64_t period)
{
    const auto set = std::find_if(response.keySets.begin(), response.keySets.end(),
                                  [period](const auto &one) { return one.keys.period == period; });
    if (set == response.keySets.end())
        return finish(QStringLiteral("the key management service sent keys of another period"));
    m_keys.push_back(std::move(set->keys));
    if (!set->certificate.isEmpty() && set->certificate != m_certificate)
        return askNextDomain(set->certificate, period);
    const bool current = period == m_domain->periodAt(m_now);
    if (current && mikey::kms::mayIssueSakke(*m_domain, period + 1, m_now))
        return askKeys(period + 1);
    store();
}

/// The keys are those of other public keys, which the service changes to with that period (RFC 6509 3.3).
void Enrolling::askNextDomain(const QString &certificate, std::uint64_t period)
{
    ask(QStringLiteral("certcache"), [this, certificate, period](KmsResponse &response) {
        const auto it = std::find_if(response.certificates.begin(), response.certificates.end(),
                                     [&](const auto &one) { return one.uri == certificate && isOurs(one.domain); });
        if (it == response.certificates.end())
            return finish(QStringLiteral("the key management service does not show the public keys that its keys of "
                                         "the next period belong to"));
        m_next = std::move(it->domain);
        m_next->fromPeriod = period;
        store();
    });
}

bool Enrolling::isOurs(const mikey::SakkeDomain &domain) const
{
    return QString::fromStdString(domain.kms).compare(m_access.kms, Qt::CaseInsensitive) == 0;
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
    const auto current = m_domain->periodAt(m_now);
    const auto change = [&own, &keys](mikey::SakkeDomain to, std::uint64_t from) {
        auto before = own.at(from > 0 ? from - 1 : 0);
        before.earlier.reset();
        to.hosts = own.hosts;
        to.fromPeriod = from;
        to.earlier = std::make_shared<const mikey::SakkeDomain>(std::move(before));
        own = std::move(to);
        std::erase_if(keys.periods, [from](const auto &period) { return period.period >= from; });
    };
    if (isNew) {
        m_domain->hosts = own.hosts;
        own = *m_domain;
    } else if (!hasSameKeys(own.at(current), *m_domain)) {
        change(*m_domain, current);
    }
    if (m_next && !hasSameKeys(own.at(m_next->fromPeriod), *m_next))
        change(*m_next, m_next->fromPeriod);
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
