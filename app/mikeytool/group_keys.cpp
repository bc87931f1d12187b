// SPDX-License-Identifier: Apache-2.0
#include "group_keys.h"

#include "methods/opening.h"
#include "wire/text.h"

#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

namespace tool {

namespace {

constexpr auto kind = "latchkey group keys";
constexpr qint64 mostOctets = qint64{64} << 10;
constexpr std::size_t randOctets = 16;
constexpr std::size_t tgkOctets = 16;
constexpr qsizetype mostStreams = 254; // counted in one octet, two a media line

QString hexOf(mikey::ByteView octets)
{
    return QString::fromStdString(mikey::hex(octets));
}

QByteArray contentsOf(const mikey::GroupKeys &group)
{
    QJsonArray ssrcs;
    for (const auto &stream : group.map)
        ssrcs += QString::fromStdString(mikey::hexOf32(stream.ssrc));
    const QJsonObject file{
        {QStringLiteral("kind"), QLatin1String(kind)},
        {QStringLiteral("csb_id"), QString::fromStdString(mikey::hexOf32(group.csbId))},
        {QStringLiteral("rand"), hexOf(group.rand)},
        {QStringLiteral("ssrcs"), ssrcs},
        {QStringLiteral("suite"),
         QString::fromUtf8(group.suite->name.data(), static_cast<qsizetype>(group.suite->name.size()))},
        {QStringLiteral("tgk"), hexOf(group.tgk.view())},
        {QStringLiteral("mki"), hexOf(group.mki)}};
    return QJsonDocument(file).toJson();
}

/// None if it is no number of 32 bits in hex.
std::optional<std::uint32_t> number32(const QJsonValue &hex)
{
    bool isNumber = false;
    const auto number = hex.toString().toUInt(&isNumber, 16);
    return isNumber ? std::optional(number) : std::nullopt;
}

/// The streams of a group; none if one is damaged, or there are none.
std::vector<mikey::SrtpId> mapOf(const QJsonArray &ssrcs)
{
    std::vector<mikey::SrtpId> map;
    for (const auto &value : ssrcs) {
        const auto ssrc = number32(value);
        if (!ssrc || ssrcs.size() > mostStreams)
            return {};
        map.push_back({0, *ssrc, 0});
    }
    return map;
}

std::optional<mikey::GroupKeys> groupOf(const QJsonObject &file)
{
    const auto octets = [&file](const char *member) {
        return mikey::fromHex(file[QLatin1String(member)].toString().toStdString()).value_or(mikey::Bytes());
    };
    mikey::GroupKeys group;
    const auto csbId = number32(file[QLatin1String("csb_id")]);
    group.rand = octets("rand");
    group.map = mapOf(file[QLatin1String("ssrcs")].toArray());
    group.suite = mikey::srtpSuite(file[QLatin1String("suite")].toString().toStdString());
    auto tgk = octets("tgk");
    group.tgk = mikey::Secret(tgk);
    mikey::wipe(tgk);
    group.mki = octets("mki");
    const bool sizes = group.rand.size() == randOctets && group.tgk.size() >= tgkOctets && group.mki.size() < UINT8_MAX;
    if (file[QLatin1String("kind")] != QLatin1String(kind) || !csbId || group.map.empty() || !group.suite || !sizes)
        return std::nullopt;
    group.csbId = *csbId;
    return group;
}

} // namespace

mikey::GroupKeys makeGroupKeys(const mikey::SrtpSuite &suite, mikey::Random &random)
{
    mikey::GroupKeys group;
    group.csbId = random.number32();
    group.rand.resize(randOctets);
    random.fill(group.rand);
    group.map.resize(2);
    mikey::fillSsrcs(group.map, random);
    group.suite = &suite;
    group.tgk = random.secret(tgkOctets);
    group.mki = {0, 0, 0, 1};
    return group;
}

account::Loaded<mikey::GroupKeys> GroupFile::load() const
{
    auto contents = account::readFile(m_path, mostOctets);
    if (!contents)
        return contents.error();
    auto group = groupOf(QJsonDocument::fromJson(*contents).object());
    account::wipe(*contents);
    if (!group)
        return QStringLiteral("%1: these are no keys of a group, or they are damaged").arg(m_path);
    return std::move(*group);
}

account::Loaded<mikey::GroupKeys> GroupFile::loadOrMake(const mikey::SrtpSuite &suite, mikey::Random &random)
{
    if (auto trouble = m_lock.take())
        return std::move(*trouble);
    if (QFileInfo::exists(m_path))
        return load();
    auto group = makeGroupKeys(suite, random);
    auto contents = contentsOf(group);
    auto trouble = account::createPrivateFile(m_path, contents);
    account::wipe(contents);
    if (trouble)
        return std::move(*trouble);
    return group;
}

} // namespace tool
