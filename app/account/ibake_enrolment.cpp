// SPDX-License-Identifier: Apache-2.0
#include "account/certificate_input.h"
#include "account/endpoint_file.h"
#include "account/enrolment.h"
#include "account/local_kms.h"
#include "methods/ibake_request.h"
#include "methods/identity.h"
#include "wire/text.h"

#include <QFileInfo>
#include <QJsonDocument>
#include <QTimer>

#include <algorithm>

namespace account {

namespace {

using Then = std::function<void(const Loaded<Enrolled> &)>;

constexpr std::int64_t monthSeconds = std::int64_t{31} * 24 * 3600;

QString hexOf(mikey::ByteView octets)
{
    return QString::fromStdString(mikey::hex(octets));
}

/// Those of the month before stay: messages may still need them.
void dropOld(mikey::IbakeKeys &keys, mikey::NtpTime now)
{
    const auto oldest = mikey::ibakeDate(now.plusSeconds(-monthSeconds));
    std::erase_if(keys.keys, [&oldest](const auto &key) { return key.date < oldest; });
}

/// What another service has issued, or knows us by, is not for this one. What the user has set otherwise stays.
QJsonObject withoutService(QJsonObject part)
{
    for (const auto &member : part.keys()) {
        if (member.startsWith(QLatin1String("kms")))
            part.remove(member);
    }
    for (const auto *member : {"psk", "parameters", "keys"})
        part.remove(QLatin1String(member));
    return part;
}

/// One enrolment: first the parameters of the service, where the file has none, then our keys.
class IbakeEnrolling : public QObject
{
public:
    IbakeEnrolling(const QString &file, KmsAccess access, mikey::NtpTime now, QObject *context, Then then)
        : QObject(context), m_path(file), m_access(std::move(access)), m_now(now), m_then(std::move(then))
    {
    }

    void start();

private:
    std::optional<QString> readFile();
    QJsonObject told(QJsonObject part) const;
    void askParameters();
    void takeParameters(mikey::ByteView der);
    void askKeys();
    void takeKeys(const mikey::IbakeKeyRequest &request, const mikey::Bytes &answer);
    std::optional<QString> store();
    void finish(const Loaded<Enrolled> &result);
    QString about(const QString &what) const { return QStringLiteral("%1: %2").arg(m_path, what); }

    QString m_path;
    KmsAccess m_access;
    mikey::NtpTime m_now;
    Then m_then;
    QJsonObject m_part; ///< "ibake", as it is to be for this service
    mikey::Endpoint m_endpoint;
    mikey::EndpointState m_state;
    mikey::SystemRandom m_random;
    KmsSource m_source;
    std::unique_ptr<KmsConnection> m_connection;
    std::unique_ptr<KmsClient> m_client;
    Enrolled m_enrolled;
};

void IbakeEnrolling::start()
{
    if (const auto trouble = readFile())
        return finish(*trouble);
    if (m_endpoint.ibake.parameters)
        return askKeys();
    askParameters();
}

/// The part with what `access` tells in its place.
QJsonObject IbakeEnrolling::told(QJsonObject part) const
{
    if (!isServiceOf(part, m_access.url))
        part = withoutService(std::move(part));
    const auto set = [&part](const char *member, const QString &text) {
        if (!text.isEmpty())
            part[QLatin1String(member)] = text;
    };
    if (!m_access.url.isEmpty()) {
        part.remove(QLatin1String("kms_fingerprint")); // of another service, perhaps
        set("kms", m_access.url.toString());
        set("kms_id", m_access.kms.isEmpty() ? m_access.url.host() : m_access.kms);
    }
    set("kms_fingerprint", QString::fromLatin1(m_access.fingerprint.toHex()));
    if (m_access.psk)
        set("psk", hexOf(m_access.psk->view()));
    return part;
}

std::optional<QString> IbakeEnrolling::readFile()
{
    auto file = readEndpointFile(m_path);
    if (!file)
        return file.error();
    const auto part = told((*file)[QLatin1String("ibake")].toObject());
    (*file)[QLatin1String("ibake")] = part;
    m_part = part;
    const auto directory = QFileInfo(m_path).path();
    auto source = kmsSourceOf(part, directory);
    if (!source)
        return about(source.error());
    m_source = std::move(*source);
    if (!m_source.isSet())
        return about(QStringLiteral("\"ibake\" does not name its key management service as \"kms\""));
    auto loaded = endpointOf(*file, directory, m_now);
    if (!loaded)
        return about(loaded.error());
    m_endpoint = std::move(loaded->endpoint);
    return std::nullopt;
}

/// Whoever shows them decides who can read what we encrypt, so they come over TLS, or from the service's own file.
void IbakeEnrolling::askParameters()
{
    if (!m_source.file.isEmpty()) {
        const auto services = readMikeyServices(m_source.file);
        if (!services)
            return finish(about(services.error()));
        const auto parameters = services->ibake.parameters();
        return takeParameters(parameters ? parameters->toDer() : mikey::Bytes());
    }
    m_connection = std::make_unique<KmsConnection>(m_source.place);
    m_connection->ask({QStringLiteral("ibake/parameters"), {}, {}, {}}, this, [this](const KmsReply &reply) {
        if (!reply.trouble.isEmpty())
            return finish(reply.trouble);
        takeParameters(viewOf(reply.body));
    });
}

void IbakeEnrolling::takeParameters(mikey::ByteView der)
{
    auto parameters = mikey::ibe::Parameters::fromDer(der);
    if (!parameters)
        return finish(QStringLiteral("The parameters of the key management service are damaged, or of a group that is "
                                     "not known here."));
    m_endpoint.ibake.parameters = std::make_shared<const mikey::ibe::Parameters>(std::move(*parameters));
    m_enrolled.newService = true;
    askKeys();
}

void IbakeEnrolling::askKeys()
{
    auto made = mikey::IbakeKeyRequest::make({m_endpoint, m_state, m_random}, m_now);
    if (!made)
        return finish(about(QString::fromStdString(made.error().reason)));
    const auto request = std::make_shared<const mikey::IbakeKeyRequest>(std::move(*made));
    const auto take = [this, request](const KmsTold &answer) {
        answer ? takeKeys(*request, *answer) : finish(answer.error());
    };
    if (!m_source.file.isEmpty())
        return take(askKmsAndWait(m_source, request->request(), m_now));
    m_client = std::make_unique<KmsClient>(m_source);
    m_client->ask(request->request(), this, take);
}

void IbakeEnrolling::takeKeys(const mikey::IbakeKeyRequest &request, const mikey::Bytes &answer)
{
    const auto issued = request.open(answer);
    if (!issued)
        return finish(QString::fromStdString(issued.error().reason));
    auto &keys = m_endpoint.ibake;
    for (const auto &issue : *issued) {
        if (!keys.add(m_endpoint.identity, issue.date, issue.block.view()))
            return finish(QStringLiteral("The key of %1 that the key management service sent does not belong to its "
                                         "parameters. If these have changed, remove \"parameters\" from the file.")
                              .arg(QString::fromStdString(issue.date)));
        m_enrolled.dates.push_back(issue.date);
    }
    dropOld(keys, m_now);
    const auto trouble = store();
    finish(trouble ? Loaded<Enrolled>(about(*trouble)) : Loaded<Enrolled>(m_enrolled));
}

/// The account is for tickets too: where it is new, that part learns of it.
std::optional<QString> IbakeEnrolling::store()
{
    FileLock lock(m_path);
    if (auto trouble = lock.take())
        return trouble;
    auto file = readEndpointFile(m_path);
    if (!file)
        return file.error();
    if (told((*file)[QLatin1String("ibake")].toObject()) != m_part)
        return QStringLiteral("the file was changed while the key management service was asked");
    auto part = ibakeJson(m_endpoint.ibake);
    for (const auto &member : m_part.keys()) {
        if (member.startsWith(QLatin1String("kms")))
            part[member] = m_part[member];
    }
    (*file)[QLatin1String("ibake")] = part;
    if (m_access.psk)
        (*file)[QLatin1String("ticket")] = told((*file)[QLatin1String("ticket")].toObject());
    auto contents = QJsonDocument(*file).toJson();
    auto trouble = writePrivateFile(m_path, contents);
    wipe(contents);
    return trouble;
}

void IbakeEnrolling::finish(const Loaded<Enrolled> &result)
{
    deleteLater();
    if (const auto then = std::exchange(m_then, nullptr))
        then(result);
}

} // namespace

void enrolIbake(const QString &endpointFile, const KmsAccess &access, mikey::NtpTime now, QObject *context, Then then)
{
    auto *enrolling = new IbakeEnrolling(endpointFile, access, now, context, std::move(then));
    QTimer::singleShot(0, enrolling, &IbakeEnrolling::start);
}

} // namespace account
