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

QJsonObject jsonOf(const mikey::kms::Memory::Answered &answered)
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

bool readAnswered(const QJsonArray &list, mikey::kms::Memory &state)
{
    for (const auto &value : list) {
        const auto object = value.toObject();
        mikey::kms::Memory::Answered answered;
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

bool readReplays(const QJsonArray &list, mikey::kms::Memory &state, mikey::NtpTime now, std::int64_t skew)
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

    Loaded<mikey::kms::Memory> load(mikey::NtpTime now, std::int64_t skewSeconds)
    {
        if (auto trouble = m_lock.take())
            return std::move(*trouble);
        mikey::kms::Memory state;
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

    std::optional<QString> save(const mikey::kms::Memory &state) const
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

Loaded<MikeyServices> readMikeyServices(const QString &path)
{
    auto contents = readFile(path, mostOctets);
    if (!contents)
        return contents.error();
    const auto json = QJsonDocument::fromJson(*contents).object();
    wipe(*contents);
    auto ticket = ticketServiceOf(json[QLatin1String("ticket")].toObject());
    auto ibake = ibakeServiceOf(json[QLatin1String("ibake")].toObject());
    if (!ticket || !ibake)
        return QStringLiteral("%1: %2").arg(path, ticket ? ibake.error() : ticket.error());
    return MikeyServices{std::move(*ticket), std::move(*ibake)};
}

Loaded<mikey::kms::MikeyAnswer> LocalKms::answer(mikey::ByteView question, mikey::NtpTime now) const
{
    auto services = readMikeyServices(m_path);
    if (!services)
        return services.error();
    const auto skew = services->ticket.domain().clockSkewSeconds;
    RememberedFile file(m_path + QStringLiteral(".state"));
    auto memory = file.load(now, skew);
    if (!memory)
        return memory.error();
    PlayedKms service(std::move(*services), std::move(*memory));
    auto answer = service.answer(question, now);
    if (auto trouble = file.save(service.memory())) // remembered before it is told
        return std::move(*trouble);
    return answer;
}

} // namespace account
