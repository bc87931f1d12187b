// SPDX-License-Identifier: Apache-2.0
#include "security_words.h"

#include "text.h"

#include <QStringList>

#include <algorithm>
#include <iterator>

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

/// A headline for each tense: before, during, afterwards.
struct Headlines
{
    Level level;
    Tone tone;
    const char *icon;
    const char *future, *present, *past;
};

constexpr Headlines headlines[] = {
    {Level::Pending, Tone::Neutral, "shield-pending", QT_TRANSLATE_NOOP("ui::Words", "Will be encrypted"),
     QT_TRANSLATE_NOOP("ui::Words", "Will be encrypted"), QT_TRANSLATE_NOOP("ui::Words", "No keys were agreed")},
    {Level::Verified, Tone::Good, "shield-check", QT_TRANSLATE_NOOP("ui::Words", "Verified, will be encrypted"),
     QT_TRANSLATE_NOOP("ui::Words", "Encrypted and verified"),
     QT_TRANSLATE_NOOP("ui::Words", "Was encrypted and verified")},
    {Level::Unverified, Tone::Caution, "shield-question",
     QT_TRANSLATE_NOOP("ui::Words", "Will be encrypted, nobody verified"),
     QT_TRANSLATE_NOOP("ui::Words", "Encrypted, nobody verified"),
     QT_TRANSLATE_NOOP("ui::Words", "Was encrypted, nobody verified")},
    {Level::Weak, Tone::Caution, "shield-alert", QT_TRANSLATE_NOOP("ui::Words", "Will be weakly protected"),
     QT_TRANSLATE_NOOP("ui::Words", "Weakly protected"), QT_TRANSLATE_NOOP("ui::Words", "Was weakly protected")},
    {Level::Refused, Tone::Bad, "shield-refused", QT_TRANSLATE_NOOP("ui::Words", "Refused"),
     QT_TRANSLATE_NOOP("ui::Words", "Refused"), QT_TRANSLATE_NOOP("ui::Words", "Refused")},
};

SecurityWords frame(Level level, Tense tense)
{
    const auto row = std::find_if(std::begin(headlines), std::end(headlines),
                                  [level](const Headlines &one) { return one.level == level; });
    const char *headline = tense == Tense::Future ? row->future : tense == Tense::Present ? row->present : row->past;
    return {row->tone, QLatin1String(row->icon), Words::tr(headline), {}};
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
