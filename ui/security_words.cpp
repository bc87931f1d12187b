// SPDX-License-Identifier: Apache-2.0
#include "security_words.h"

#include "text.h"

#include <QStringList>

namespace ui {

namespace {

using Level = call::Security::Level;

QString methodName(const call::Security &security)
{
    return plain(security.methodTitle.isEmpty() ? security.method : security.methodTitle);
}

QString cipher(const call::Security &security, Tense tense)
{
    if (security.level == Level::Refused)
        return Words::tr("No cipher came into force, and no sound was sent.");
    if (security.suite.isEmpty())
        return Words::tr("The cipher is settled with the answer; no sound is sent before.");
    const QString suite = suiteInWords(security.suite);
    return tense == Tense::Future ? Words::tr("Will be encrypted with %1.").arg(suite)
                                  : Words::tr("Encrypted with %1.").arg(suite);
}

QString authentication(const call::Security &security, Tense tense)
{
    if (security.verifiedPeer.isEmpty()) {
        if (tense == Tense::Future)
            return Words::tr("Nobody is verified yet.");
        return tense == Tense::Past ? Words::tr("Nobody was verified.") : Words::tr("Nobody is verified.");
    }
    const QString text =
        tense == Tense::Past ? Words::tr("%1 was verified by %2.") : Words::tr("%1 is verified by %2.");
    return text.arg(isolated(shortAddress(security.verifiedPeer)), plain(security.verifiedBy));
}

QString freshness(const call::Security &security)
{
    const QString method = methodName(security);
    if (security.level == Level::Refused)
        return method.isEmpty() ? Words::tr("No keys were agreed.")
                                : Words::tr("%1 was tried; no keys were agreed.").arg(method);
    if (method.isEmpty())
        return Words::tr("How keys are agreed is not known yet.");
    const QString secrecy =
        security.forwardSecrecy ? Words::tr("with forward secrecy") : Words::tr("no forward secrecy");
    if (!security.agreedAt.isValid())
        return Words::tr("Keys will be agreed by %1 (%2).").arg(method, secrecy);
    const QString when = security.agreedAt.toLocalTime().toString(QStringLiteral("HH:mm:ss"));
    return Words::tr("Keys agreed by %1 at %2 (%3).").arg(method, when, secrecy);
}

SecurityWords frame(Level level, Tense tense)
{
    const bool past = tense == Tense::Past;
    switch (level) {
    case Level::Verified:
        return {Tone::Good,
                QStringLiteral("shield-check"),
                past ? Words::tr("Was encrypted and verified") : Words::tr("Encrypted and verified"),
                {}};
    case Level::Unverified:
        return {Tone::Caution,
                QStringLiteral("shield-question"),
                past ? Words::tr("Was encrypted, nobody verified") : Words::tr("Encrypted, nobody verified"),
                {}};
    case Level::Weak:
        return {Tone::Caution,
                QStringLiteral("shield-alert"),
                past ? Words::tr("Was weakly protected") : Words::tr("Weakly protected"),
                {}};
    case Level::Refused:
        return {Tone::Bad, QStringLiteral("shield-refused"), Words::tr("Refused"), {}};
    case Level::Pending:
        break;
    }
    return {Tone::Neutral,
            QStringLiteral("shield-pending"),
            past ? Words::tr("No keys were agreed") : Words::tr("Will be encrypted"),
            {}};
}

} // namespace

Tense tenseOf(const call::CallSnapshot &call)
{
    switch (call.phase) {
    case call::Phase::Ended:
        return Tense::Past;
    case call::Phase::Established:
        return Tense::Present;
    default:
        return Tense::Future;
    }
}

SecurityWords securityWords(const call::Security &security, Tense tense)
{
    SecurityWords words = frame(security.level, tense);
    words.sentence =
        QStringList{cipher(security, tense), authentication(security, tense), freshness(security)}.join(u' ');
    return words;
}

} // namespace ui
