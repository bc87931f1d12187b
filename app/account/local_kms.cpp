// SPDX-License-Identifier: Apache-2.0
#include "account/local_kms.h"

#include "wire/text.h"

#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>

#include <algorithm>

namespace account {

namespace {

constexpr qint64 mostOctets = qint64{16} << 20;
constexpr auto kind = "latchkey kms state";

QString hexOf(mikey::ByteView octets)
{
    return QString::fromStdString(mikey::hex(octets));
}

std::optional<mikey::Bytes> octetsAt(const QJsonObject &object, const char *member)
{
    return mikey::fromHex(object[QLatin1String(member)].toString().toStdString());
}

std::optional<mikey::NtpTime> timeAt(const QJsonObject &object, const char *member)
{
    const auto octets = octetsAt(object, member);
    return octets ? mikey::NtpTime::fromOctets(*octets) : std::nullopt;
}

QJsonObject jsonOf(const mikey::kms::TicketServiceState::Answered &answered)
{
    return {{QStringLiteral("question"), hexOf(answered.question)},
            {QStringLiteral("answer"), hexOf(answered.answer)},
            {QStringLiteral("at"), hexOf(answered.at.octets())}};
}

QJsonObject jsonOf(const mikey::ReplayCache::Entry &entry)
{
    return {{QStringLiteral("timestamp"), hexOf(entry.timestamp.octets())},
            {QStringLiteral("digest"), hexOf(entry.digest)},
            {QStringLiteral("bundle"), hexOf(mikey::octetsOf(entry.bundle))}};
}

bool readDigest(const QJsonObject &object, const char *member, mikey::ReplayCache::Digest &digest)
{
    const auto octets = octetsAt(object, member);
    if (!octets || octets->size() != digest.size())
        return false;
    std::copy(octets->begin(), octets->end(), digest.begin());
    return true;
}

bool readAnswered(const QJsonArray &list, mikey::kms::TicketServiceState &state)
{
    for (const auto &value : list) {
        const auto object = value.toObject();
        mikey::kms::TicketServiceState::Answered answered;
        auto answer = octetsAt(object, "answer");
        const auto at = timeAt(object, "at");
        if (!readDigest(object, "question", answered.question) || !answer || !at)
            return false;
        answered.answer = std::move(*answer);
        answered.at = *at;
        state.answered.push_back(std::move(answered));
    }
    return true;
}

bool readReplays(const QJsonArray &list, mikey::kms::TicketServiceState &state, mikey::NtpTime now, std::int64_t skew)
{
    for (const auto &value : list) {
        const auto object = value.toObject();
        mikey::ReplayCache::Entry entry;
        const auto timestamp = timeAt(object, "timestamp");
        const auto bundle = octetsAt(object, "bundle");
        if (!readDigest(object, "digest", entry.digest) || !timestamp || !bundle)
            return false;
        entry.timestamp = *timestamp;
        entry.bundle = mikey::textOf(*bundle);
        state.state.replays.add(std::move(entry), now, skew);
    }
    return true;
}

/// What the service remembers, in a file under lock.
class RememberedFile
{
public:
    explicit RememberedFile(QString path) : m_path(std::move(path)), m_lock(m_path) {}

    Loaded<mikey::kms::TicketServiceState> load(mikey::NtpTime now, std::int64_t skewSeconds)
    {
        if (auto trouble = m_lock.take())
            return std::move(*trouble);
        mikey::kms::TicketServiceState state;
        if (!QFileInfo::exists(m_path))
            return state;
        const auto contents = readFile(m_path, mostOctets);
        if (!contents)
            return contents.error();
        const auto file = QJsonDocument::fromJson(*contents).object();
        const auto lastSent = timeAt(file, "last_sent");
        if (file[QLatin1String("kind")] != QLatin1String(kind) || !lastSent ||
            !readAnswered(file[QLatin1String("answered")].toArray(), state) ||
            !readReplays(file[QLatin1String("replays")].toArray(), state, now, skewSeconds))
            return QStringLiteral("%1: this is not the state of a key management service, or it is damaged")
                .arg(m_path);
        state.state.lastSent = *lastSent;
        return state;
    }

    std::optional<QString> save(const mikey::kms::TicketServiceState &state) const
    {
        QJsonArray answered, replays;
        for (const auto &one : state.answered)
            answered += jsonOf(one);
        for (const auto &entry : state.state.replays.entries())
            replays += jsonOf(entry);
        const QJsonObject file{{QStringLiteral("kind"), QLatin1String(kind)},
                               {QStringLiteral("last_sent"), hexOf(state.state.lastSent.octets())},
                               {QStringLiteral("answered"), answered},
                               {QStringLiteral("replays"), replays}};
        return writePrivateFile(m_path, QJsonDocument(file).toJson(QJsonDocument::Compact));
    }

private:
    QString m_path;
    FileLock m_lock;
};

} // namespace

Loaded<TicketService> readTicketService(const QString &path)
{
    auto contents = readFile(path, mostOctets);
    if (!contents)
        return contents.error();
    const auto json = QJsonDocument::fromJson(*contents).object();
    wipe(*contents);
    auto service = ticketServiceOf(json[QLatin1String("ticket")].toObject());
    if (!service)
        return QStringLiteral("%1: %2").arg(path, service.error());
    return service;
}

Loaded<mikey::kms::TicketAnswer> LocalKms::answer(mikey::ByteView question, mikey::NtpTime now) const
{
    const auto service = readTicketService(m_path);
    if (!service)
        return service.error();
    const auto domain = service->domain();
    RememberedFile file(m_path + QStringLiteral(".state"));
    auto state = file.load(now, domain.clockSkewSeconds);
    if (!state)
        return state.error();
    mikey::SystemRandom random;
    auto answer = mikey::kms::answerTicketQuestion(domain, *state, question, now, random);
    if (auto trouble = file.save(*state)) // remembered before it is told
        return std::move(*trouble);
    return answer;
}

} // namespace account
