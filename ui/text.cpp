// SPDX-License-Identifier: Apache-2.0
#include "text.h"

#include <QRegularExpression>
#include <QStringView>

#include <algorithm>
#include <cmath>

namespace ui {

namespace {

bool isShowable(char32_t c)
{
    switch (QChar::category(c)) {
    case QChar::Other_Control:
    case QChar::Other_Format:
    case QChar::Other_Surrogate:
    case QChar::Other_PrivateUse:
    case QChar::Other_NotAssigned:
    case QChar::Separator_Line:
    case QChar::Separator_Paragraph:
        return false;
    default:
        return true;
    }
}

QString spelledOut(char32_t c)
{
    return QStringLiteral("‹U+%1›").arg(uint(c), 4, 16, QLatin1Char('0')).toUpper();
}

} // namespace

QString plain(const QString &untrusted, int limit)
{
    QString shown;
    // No character takes more than two units, so this is enough to fill the limit whatever the input's size.
    for (const uint c : QStringView(untrusted).left(2 * limit + 2).toUcs4()) {
        const QString next =
            isShowable(c) ? QString::fromUcs4(reinterpret_cast<const char32_t *>(&c), 1) : spelledOut(c);
        if (shown.size() + next.size() > limit)
            return shown + QChar(0x2026);
        shown += next;
    }
    return shown;
}

QString plain(const std::string &untrusted, int limit)
{
    const auto size = std::min(untrusted.size(), std::size_t(4 * limit + 4));
    return plain(QString::fromUtf8(untrusted.data(), qsizetype(size)), limit);
}

QString isolated(const QString &untrusted, int limit)
{
    return QChar(0x2068) + plain(untrusted, limit) + QChar(0x2069);
}

QString toolTip(const QString &text)
{
    return text.isEmpty() ? QString() : QStringLiteral("<p>%1</p>").arg(text.toHtmlEscaped());
}

QString shortAddress(const QString &uri)
{
    static const QRegularExpression scheme(QStringLiteral("^sips?:"), QRegularExpression::CaseInsensitiveOption);
    QString address = uri.left(2 * nameLimit);
    return plain(address.remove(scheme));
}

QString clock(qint64 seconds)
{
    seconds = std::max<qint64>(seconds, 0);
    const auto two = [](qint64 n) { return QStringLiteral("%1").arg(n, 2, 10, QLatin1Char('0')); };
    const QString tail = two(seconds / 60 % 60) + QLatin1Char(':') + two(seconds % 60);
    return seconds < 3600 ? tail : QString::number(seconds / 3600) + QLatin1Char(':') + tail;
}

QString age(qint64 seconds)
{
    seconds = std::max<qint64>(seconds, 0);
    if (seconds < 60)
        return Words::tr("%1 s").arg(seconds);
    const QString text = clock(seconds);
    return text.startsWith(u'0') ? text.sliced(1) : text;
}

QString elapsed(qint64 us)
{
    if (us < 1'000'000)
        return Words::tr("%1 ms").arg(double(us) / 1000, 0, 'f', us > 0 && us < 100'000 ? 1 : 0);
    return Words::tr("%1 s").arg(double(us) / 1e6, 0, 'f', 2);
}

QString octets(qint64 count)
{
    return Words::tr("%1 B").arg(grouped(quint64(count)));
}

QString grouped(quint64 number)
{
    QString digits = QString::number(number);
    for (qsizetype at = digits.size() - 3; at > 0; at -= 3)
        digits.insert(at, QChar(0x202f)); // narrow no-break space, as ISO 80000-1 groups
    return digits;
}

QString magnitude(quint64 number)
{
    constexpr quint64 countable = 1'000'000'000;
    if (number < countable)
        return grouped(number);
    static const QString superscripts = QStringLiteral("⁰¹²³⁴⁵⁶⁷⁸⁹");
    const int exponent = int(std::lround(std::log2(double(number))));
    return QStringLiteral("≈ 2") + superscripts[exponent / 10] + superscripts[exponent % 10];
}

QString hex(const QByteArray &octets, int limit)
{
    const QString text = QString::fromLatin1(octets.left(limit).toHex(' '));
    return octets.size() > limit ? text + QStringLiteral(" …") : text;
}

QString fingerprintInGroups(const QString &hexadecimal, int groups)
{
    constexpr int groupSize = 4;
    const QString digits = plain(hexadecimal).toUpper();
    QString text;
    for (int at = 0; at < digits.size(); at += groupSize) {
        if (at > 0)
            text += at / groupSize % groups == 0 ? u'\n' : u' ';
        text += QStringView(digits).mid(at, groupSize);
    }
    return text;
}

QString suiteInWords(const QString &suite)
{
    static const QRegularExpression counterMode(QStringLiteral("^AES_(?:CM_)?(\\d+)_(?:CM_)?HMAC_SHA1_(\\d+)$"));
    const auto match = counterMode.match(suite);
    if (!match.hasMatch())
        return plain(suite);
    return Words::tr("AES-%1, %2-bit authentication tag").arg(match.captured(1), match.captured(2));
}

} // namespace ui
