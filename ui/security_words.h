// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "theme.h"

#include "call/snapshot.h"

#include <QString>
#include <QStringList>

namespace ui {

/// When the protection is told.
enum class Tense {
    Future,  ///< before there is any
    Present, ///< while it is in force
    Past,    ///< afterwards
    Unused,  ///< the call ended before there was any
};

Tense tenseOf(const call::CallSnapshot &call);

/// call::Security in words: what stands in bold, and sentences that always hold the four facts (cipher, method, who is
/// authenticated by what, freshness).
struct SecurityWords
{
    Tone tone = Tone::Neutral;
    QString icon;
    QString headline;
    QString sentence;     ///< cipher, and who is authenticated by what
    QString keys;         ///< method and freshness; has the countdown to the next renewal
    QStringList warnings; ///< sentences, each to be shown with an icon
    QString details;      ///< lines for who wants to know more; empty where there is nothing more to know
    QString fingerprint;  ///< of the peer's certificate, as people compare it; empty without one
};

/// `now` is what the countdown counts from; invalid: no countdown.
SecurityWords securityWords(const call::Security &security, Tense tense, const QDateTime &now = {});

/// "Keys agreed by Diffie-Hellman at 12:01:05 with forward secrecy, renewed 2 times, next in 14:32."
QString keysInWords(const call::Security &security, Tense tense, const QDateTime &now);

} // namespace ui
