// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArray>
#include <QCoreApplication>
#include <QString>

#include <string>

/// Words for values. Whatever a peer can choose (names, addresses, reasons, identities in MIKEY) passes plain() before
/// it is shown, and is shown as plain text.
namespace ui {

/// Where free functions of this module get their translations from.
struct Words
{
    Q_DECLARE_TR_FUNCTIONS(ui::Words)
};

inline constexpr int nameLimit = 80;
inline constexpr int sentenceLimit = 400;

/// `untrusted` in at most `limit` characters with every control, format, bidi and unassigned character spelled out as
/// ‹U+202E›, so that no text can turn, hide or forge what stands beside it.
QString plain(const QString &untrusted, int limit = nameLimit);
QString plain(const std::string &untrusted, int limit = nameLimit);

/// plain(), and isolated (Unicode FSI … PDI) so that right-to-left text does not reorder the sentence around it.
QString isolated(const QString &untrusted, int limit = nameLimit);

/// A tool tip that Qt will not take for rich text, and that wraps.
QString toolTip(const QString &text);

/// "sip:bob@example.org" without its scheme, as a person reads it. Result of plain().
QString shortAddress(const QString &uri);

/// "00:27", "1:00:27"
QString clock(qint64 seconds);
/// How long something has lasted: "12 s", "3:05", "1:03:05"
QString age(qint64 seconds);
/// Microseconds since the call began: "0 ms", "3.1 ms", "2.40 s"
QString elapsed(qint64 us);
/// "1 234 B"
QString octets(qint64 count);
QString grouped(quint64 number);
/// grouped(), and "≈ 2⁴⁷" for what nobody counts.
QString magnitude(quint64 number);
/// "3f 91 c2", at most `limit` octets and then an ellipsis.
QString hex(const QByteArray &octets, int limit = 32);
/// A fingerprint in hexadecimal as people compare it aloud: "9C1F 03AA 5BE4 …" with `groups` groups a line.
QString fingerprintInGroups(const QString &hexadecimal, int groups = 8);
/// "AES-128, 80-bit authentication tag" for "AES_CM_128_HMAC_SHA1_80"; a suite it does not know as it stands.
QString suiteInWords(const QString &suite);

} // namespace ui
