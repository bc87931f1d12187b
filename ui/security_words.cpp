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
    if (tense == Tense::Unused)
        return Words::tr("No sound was sent.");
    if (security.suite.isEmpty())
        return Words::tr("The cipher is settled with the answer; no sound is sent before.");
    const QString suite = suiteInWords(security.suite);
    return tense == Tense::Future ? Words::tr("Will be encrypted with %1.").arg(suite)
                                  : Words::tr("Encrypted with %1.").arg(suite);
}

bool isOver(Tense tense)
{
    return tense == Tense::Past || tense == Tense::Unused;
}

/// "is verified" only where somebody vouches for it.
QString provenInWords(const call::Security &security, Tense tense)
{
    if (security.level == Level::Unverified)
        return isOver(tense) ? Words::tr("%1 was known only by %2%3.") : Words::tr("%1 is known only by %2%3.");
    return isOver(tense) ? Words::tr("%1 was verified by %2%3.") : Words::tr("%1 is verified by %2%3.");
}

QString authentication(const call::Security &security, Tense tense)
{
    if (security.verifiedPeer.isEmpty()) {
        if (tense == Tense::Future)
            return Words::tr("Nobody is verified yet.");
        return isOver(tense) ? Words::tr("Nobody was verified.") : Words::tr("Nobody is verified.");
    }
    const QString until =
        security.verifiedUntil.isValid()
            ? Words::tr(" (until %1)").arg(security.verifiedUntil.toLocalTime().toString(QStringLiteral("yyyy-MM-dd")))
            : QString();
    return provenInWords(security, tense)
        .arg(isolated(shortAddress(security.verifiedPeer)), plain(security.verifiedBy), until);
}

/// "renewed 2 times, next in 14:32", each only where there is something to say.
QStringList renewals(const call::Security &security, Tense tense, const QDateTime &now)
{
    QStringList parts;
    if (security.renewals == 1)
        parts << Words::tr("renewed once");
    else if (security.renewals > 1)
        parts << Words::tr("renewed %1 times").arg(security.renewals);
    if (tense == Tense::Present && security.renewalDue.isValid() && now.isValid()) {
        const qint64 left = now.secsTo(security.renewalDue);
        const QString next = security.renewals ? Words::tr("next") : Words::tr("next renewal");
        parts << (left > 0 ? Words::tr("%1 in %2").arg(next, clock(left)) : Words::tr("%1 due now").arg(next));
    }
    return parts;
}

QString secrecyExplained(const call::Security &security)
{
    return security.forwardSecrecy
               ? Words::tr("Forward secrecy: a secret or certificate key that is stolen later does not open this call.")
               : Words::tr("No forward secrecy: who records this call and gets hold of the secret or certificate key "
                           "later can listen to it.");
}

QString details(const call::Security &security)
{
    if (security.level == Level::Refused || methodName(security).isEmpty())
        return {};
    QStringList lines{secrecyExplained(security)};
    if (!security.methodCaution.isEmpty())
        lines << Words::tr("Of this method: %1.").arg(plain(security.methodCaution, sentenceLimit));
    if (!security.suite.isEmpty())
        lines << Words::tr("Cipher suite: %1").arg(plain(security.suite));
    return lines.join(u'\n');
}

QStringList warnings(const call::Security &security)
{
    constexpr qsizetype most = 8;
    QStringList sentences;
    for (const QString &warning : security.warnings.first(std::min(most, security.warnings.size())))
        sentences << plain(warning, sentenceLimit);
    return sentences;
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

/// Icon, colour and headline. Green is only for what leaves nothing to be said against it.
SecurityWords frame(const call::Security &security, Tense tense)
{
    const auto row = std::find_if(std::begin(headlines), std::end(headlines),
                                  [&](const Headlines &one) { return one.level == security.level; });
    const char *headline = tense == Tense::Future ? row->future : tense == Tense::Present ? row->present : row->past;
    SecurityWords words;
    if (tense == Tense::Unused && security.agreedAt.isValid() && security.level != Level::Refused) {
        words.icon = QStringLiteral("shield-pending");
        words.headline = Words::tr("Keys were agreed and not used");
        return words;
    }
    if (tense == Tense::Past && security.level == Level::Pending && security.agreedAt.isValid()) { // rule S-3
        words.icon = QStringLiteral("shield-pending");
        words.headline = Words::tr("Keys were agreed and never confirmed");
        return words;
    }
    words.tone = row->tone;
    words.icon = QLatin1String(row->icon);
    words.headline = Words::tr(headline);
    if (words.tone == Tone::Good && !security.warnings.isEmpty()) {
        words.tone = Tone::Caution;
        words.icon = QStringLiteral("shield-alert");
        words.headline = Words::tr("%1, with a warning").arg(words.headline);
    }
    return words;
}

} // namespace

Tense tenseOf(const call::CallSnapshot &call)
{
    switch (call.phase) {
    case call::Phase::Ended:
        return call.establishedAt.isValid() ? Tense::Past : Tense::Unused;
    case call::Phase::Established:
        return Tense::Present;
    default:
        return Tense::Future;
    }
}

QString keysInWords(const call::Security &security, Tense tense, const QDateTime &now)
{
    const QString method = methodName(security);
    if (security.level == Level::Refused)
        return method.isEmpty() ? Words::tr("No keys were agreed.")
                                : Words::tr("%1 was tried; no keys were agreed.").arg(method);
    if (method.isEmpty())
        return Words::tr("How keys are agreed is not known yet.");
    const QString secrecy =
        security.forwardSecrecy ? Words::tr("with forward secrecy") : Words::tr("without forward secrecy");
    if (!security.agreedAt.isValid() && tense == Tense::Unused)
        return Words::tr("Keys would have been agreed by %1 %2.").arg(method, secrecy);
    if (!security.agreedAt.isValid())
        return Words::tr("Keys will be agreed by %1 %2.").arg(method, secrecy);
    const QString when = security.agreedAt.toLocalTime().toString(QStringLiteral("HH:mm:ss"));
    QStringList parts{Words::tr("Keys agreed by %1 at %2 %3").arg(method, when, secrecy)};
    parts += renewals(security, tense, now);
    return parts.join(QStringLiteral(", ")) + u'.';
}

SecurityWords securityWords(const call::Security &security, Tense tense, const QDateTime &now)
{
    SecurityWords words = frame(security, tense);
    words.sentence = QStringList{cipher(security, tense), authentication(security, tense)}.join(u' ');
    words.keys = keysInWords(security, tense, now);
    words.warnings = warnings(security);
    words.details = details(security);
    words.fingerprint = fingerprintInGroups(security.certificateFingerprint);
    return words;
}

} // namespace ui
