// SPDX-License-Identifier: Apache-2.0
// Reports, and fails if one is lost: enrolments in a row at latchkey-kms, over HTTPS on loopback.
#include "account/kms_connection.h"
#include "account/kms_xml.h"
#include "kms/service.h"
#include "sql_store.h"

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QEventLoop>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>

#include <algorithm>
#include <cstdio>

using namespace Qt::StringLiterals;

namespace {

constexpr int users = 1000;

mikey::NtpTime clockTime()
{
    return mikey::NtpTime::fromUnixMicroseconds(QDateTime::currentMSecsSinceEpoch() * 1000);
}

void write(const QString &path, const QByteArray &contents)
{
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(contents) != contents.size())
        qFatal("cannot write %s", qPrintable(path));
}

/// Straight into the database: the sub-command would start a process for each.
std::vector<QByteArray> addUsers(const QString &database)
{
    const auto store = kmsd::SqlStore::open(database);
    if (!store)
        qFatal("%s", qPrintable(store.error()));
    mikey::SystemRandom random;
    const mikey::kms::Sealer sealer(mikey::Secret(mikey::Bytes(32, 0xaa)));
    mikey::kms::ServiceProfile profile;
    profile.kms = "kms.example.org";
    mikey::kms::Service service(**store, sealer, profile, random);
    if (const auto refusal = service.open(clockTime()))
        qFatal("%s", refusal->reason.c_str());
    std::vector<QByteArray> tokens;
    for (int i = 0; i < users; ++i) {
        const auto user = service.addUser("sip:user" + std::to_string(i) + "@example.org", clockTime());
        if (!user)
            qFatal("%s", user.error().reason.c_str());
        tokens.push_back(QByteArray::fromStdString(user->token));
    }
    return tokens;
}

account::KmsPlace start(QProcess &process, const QString &directory)
{
    process.setWorkingDirectory(directory);
    process.setStandardErrorFile(QProcess::nullDevice());
    process.start(QStringLiteral(LATCHKEY_KMS), QStringList());
    while (!process.canReadLine()) {
        if (!process.waitForReadyRead(20000))
            qFatal("the service does not start");
    }
    const auto line = QJsonDocument::fromJson(process.readLine()).object();
    account::KmsPlace place;
    place.url = QUrl(line[u"url"_s].toString());
    place.fingerprint = QByteArray::fromHex(line[u"fingerprint"_s].toString().toLatin1());
    return place;
}

/// Milliseconds that one enrolment took; none if it failed.
std::optional<double> enrol(account::KmsConnection &connection, int number, const QByteArray &token)
{
    const auto path = u"keymanagement/identity/v1/keyprov"_s;
    const account::KmsRequest request{u"sip:user%1@example.org"_s.arg(number), u"kms.example.org"_s, u"bench"_s,
                                      connection.place().url.toString() + u'/' + path, clockTime()};
    QElapsedTimer timer;
    timer.start();
    QEventLoop loop;
    bool got = false;
    connection.ask({path, "application/xml", account::requestXml(request), token}, &loop,
                   [&](const account::KmsReply &reply) {
                       const auto response = account::responseOf(reply.body);
                       got = reply.trouble.isEmpty() && response && response->keys;
                       loop.quit();
                   });
    loop.exec();
    return got ? std::optional(static_cast<double>(timer.nsecsElapsed()) / 1e6) : std::nullopt;
}

int measure()
{
    const auto database = u"kms.sqlite"_s;
    QTemporaryDir directory;
    const QJsonObject config{{u"kms_uri"_s, u"kms.example.org"_s},
                             {u"port"_s, 0},
                             {u"database"_s, database},
                             {u"requests_per_minute"_s, 1000000}};
    write(directory.filePath(u"latchkey-kms.json"_s), QJsonDocument(config).toJson());
    write(directory.filePath(u"kms.key"_s), QByteArray(64, 'a'));
    const auto tokens = addUsers(directory.filePath(database));
    QProcess process;
    account::KmsConnection connection(start(process, directory.path()));
    std::vector<double> times;
    QElapsedTimer whole;
    whole.start();
    for (int i = 0; i < users; ++i) {
        if (const auto time = enrol(connection, i, tokens[static_cast<std::size_t>(i)]))
            times.push_back(*time);
    }
    const auto seconds = static_cast<double>(whole.elapsed()) / 1000;
    process.terminate();
    process.waitForFinished(10000);
    std::sort(times.begin(), times.end());
    if (!times.empty())
        std::printf("%zu of %d enrolments in %.1f s; median %.1f ms, 99 of 100 within %.1f ms\n", times.size(), users,
                    seconds, times[times.size() / 2], times[times.size() * 99 / 100]);
    return static_cast<int>(times.size()) == users ? 0 : 1;
}

} // namespace

int main(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    return measure();
}
