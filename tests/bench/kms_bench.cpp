// SPDX-License-Identifier: Apache-2.0
// Reports, and fails if one is lost: enrolments, then tickets that are requested and resolved, in a row at latchkey-kms
// over HTTPS on loopback. In the middle the service is killed and started again: what it has answered it answers again
// as before.
#include "account/kms_access.h"
#include "account/kms_connection.h"
#include "account/kms_xml.h"
#include "kms/service.h"
#include "methods/method.h"
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
#include <deque>

using namespace Qt::StringLiterals;

namespace {

constexpr int users = 1000;
constexpr int tickets = 10000;
constexpr int callers = 100;    ///< of the users
constexpr int remembered = 200; ///< questions that are asked again after the kill

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
std::vector<mikey::kms::NewUser> addUsers(const QString &database)
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
    std::vector<mikey::kms::NewUser> added;
    for (int i = 0; i < users; ++i) {
        auto user = service.addUser("sip:user" + std::to_string(i) + "@example.org", clockTime());
        if (!user)
            qFatal("%s", user.error().reason.c_str());
        added.push_back(std::move(*user));
    }
    return added;
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
                       got = reply.trouble.isEmpty() && response && !response->keySets.empty();
                       loop.quit();
                   });
    loop.exec();
    return got ? std::optional(static_cast<double>(timer.nsecsElapsed()) / 1e6) : std::nullopt;
}

/// What took how long, in milliseconds.
class Times
{
public:
    void add(double ms) { m_ms.push_back(ms); }
    std::size_t count() const { return m_ms.size(); }
    void print(const char *what, int expected, double seconds)
    {
        std::sort(m_ms.begin(), m_ms.end());
        if (m_ms.empty())
            return;
        std::printf("%zu of %d %s in %.1f s, %.0f a second; median %.1f ms, 99 of 100 within %.1f ms\n", m_ms.size(),
                    expected, what, seconds, static_cast<double>(m_ms.size()) / seconds, m_ms[m_ms.size() / 2],
                    m_ms[m_ms.size() * 99 / 100]);
    }

private:
    std::vector<double> m_ms;
};

/// A user of tickets.
struct Caller
{
    mikey::Endpoint endpoint;
    mikey::EndpointState state;
    mikey::SystemRandom random;

    mikey::Context context() { return {endpoint, state, random}; }
};

/// Puts questions to the service, and remembers the last ones with their answers.
class Asker
{
public:
    explicit Asker(account::KmsPlace place) : m_client(std::make_unique<account::KmsClient>(sourceOf(place))) {}

    void moveTo(const account::KmsPlace &place) { m_client = std::make_unique<account::KmsClient>(sourceOf(place)); }

    mikey::Bytes ask(const mikey::KmsRequest &request, Times *times = nullptr)
    {
        QElapsedTimer timer;
        timer.start();
        QEventLoop loop;
        mikey::Bytes answer;
        m_client->ask(request, &loop, [&](const account::KmsTold &told) {
            answer = told ? *told : mikey::Bytes();
            loop.quit();
        });
        loop.exec();
        if (times && !answer.empty()) {
            times->add(static_cast<double>(timer.nsecsElapsed()) / 1e6);
            m_last.emplace_back(request, answer);
            if (m_last.size() > remembered)
                m_last.pop_front();
        }
        return answer;
    }

    /// How many of the last questions get another answer than before.
    int conflicts()
    {
        return static_cast<int>(std::count_if(m_last.begin(), m_last.end(),
                                              [this](const auto &one) { return ask(one.first) != one.second; }));
    }

private:
    static account::KmsSource sourceOf(const account::KmsPlace &place) { return {{}, place}; }

    std::unique_ptr<account::KmsClient> m_client;
    std::deque<std::pair<mikey::KmsRequest, mikey::Bytes>> m_last;
};

/// A whole exchange; true where both came to the same keys, as the V message shows.
bool exchange(Caller &from, Caller &to, Asker &asker, Times &requests, Times &resolves)
{
    mikey::Offer offer;
    offer.peer = to.endpoint.identity;
    const auto initiator = mikey::method("ticket")->initiate(from.context(), offer, clockTime());
    if (!initiator || !(*initiator)->kmsRequest())
        return false;
    if ((*initiator)->kmsAnswered(asker.ask(*(*initiator)->kmsRequest(), &requests), clockTime()).error)
        return false;
    auto step = mikey::respond(to.context(), (*initiator)->message(), {}, clockTime());
    const auto responder = step.asking;
    if (!responder || !responder->kmsRequest())
        return false;
    step = responder->kmsAnswered(asker.ask(*responder->kmsRequest(), &resolves), clockTime());
    return step.agreement && step.send && (*initiator)->receive(*step.send, clockTime()).agreement;
}

std::vector<std::unique_ptr<Caller>> callersOf(const std::vector<mikey::kms::NewUser> &added)
{
    std::vector<std::unique_ptr<Caller>> all;
    for (int i = 0; i < callers; ++i) {
        auto caller = std::make_unique<Caller>();
        caller->endpoint.identity = "sip:user" + std::to_string(i) + "@example.org";
        caller->endpoint.ticket.kms = "kms.example.org";
        caller->endpoint.ticket.psk = added[static_cast<std::size_t>(i)].psk.clone();
        all.push_back(std::move(caller));
    }
    return all;
}

class Service
{
public:
    Service()
    {
        const QJsonObject config{{u"kms_uri"_s, u"kms.example.org"_s},
                                 {u"port"_s, 0},
                                 {u"database"_s, u"kms.sqlite"_s},
                                 {u"requests_per_minute"_s, 100000000}};
        write(m_directory.filePath(u"latchkey-kms.json"_s), QJsonDocument(config).toJson());
        write(m_directory.filePath(u"kms.key"_s), QByteArray(64, 'a'));
        added = addUsers(m_directory.filePath(u"kms.sqlite"_s));
        place = start(m_process, m_directory.path());
    }
    ~Service()
    {
        m_process.terminate();
        m_process.waitForFinished(10000);
    }
    void killAndRestart()
    {
        m_process.kill();
        m_process.waitForFinished(10000);
        place = start(m_process, m_directory.path());
    }

    std::vector<mikey::kms::NewUser> added;
    account::KmsPlace place;

private:
    QTemporaryDir m_directory;
    QProcess m_process;
};

bool measureEnrolments(const Service &service)
{
    account::KmsConnection connection(service.place);
    Times times;
    QElapsedTimer whole;
    whole.start();
    for (int i = 0; i < users; ++i) {
        const auto &token = service.added[static_cast<std::size_t>(i)].token;
        if (const auto time = enrol(connection, i, QByteArray::fromStdString(token)))
            times.add(*time);
    }
    times.print("enrolments", users, static_cast<double>(whole.elapsed()) / 1000);
    return static_cast<int>(times.count()) == users;
}

bool measureTickets(Service &service)
{
    const auto all = callersOf(service.added);
    Asker asker(service.place);
    Times requests, resolves;
    QElapsedTimer whole;
    whole.start();
    int agreed = 0, conflicts = 0;
    for (int i = 0; i < tickets; ++i) {
        if (i == tickets / 2) {
            service.killAndRestart();
            asker.moveTo(service.place);
            conflicts = asker.conflicts();
        }
        auto &from = *all[static_cast<std::size_t>(i % callers)],
             &to = *all[static_cast<std::size_t>((i + 1) % callers)];
        agreed += exchange(from, to, asker, requests, resolves) ? 1 : 0;
    }
    const auto seconds = static_cast<double>(whole.elapsed()) / 1000;
    requests.print("ticket requests", tickets, seconds);
    resolves.print("ticket resolves", tickets, seconds);
    std::printf("%d of %d pairs agreed on keys; after SIGKILL and restart %d of %d answers were others than before\n",
                agreed, tickets, conflicts, remembered);
    return agreed == tickets && conflicts == 0;
}

} // namespace

int main(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    Service service;
    const bool enrolled = measureEnrolments(service);
    return measureTickets(service) && enrolled ? 0 : 1;
}
