// SPDX-License-Identifier: Apache-2.0
#include "call/words.h"

#include <QCoreApplication>

namespace call {

namespace {

struct Advice
{
    mikey::ErrorNumber number;
    const char *text;
};

constexpr Advice advices[] = {
    {mikey::ErrorNumber::AuthFailure,
     QT_TRANSLATE_NOOP("call", "Check that both sides hold the same shared key for each other.")},
    {mikey::ErrorNumber::InvalidTimestamp,
     QT_TRANSLATE_NOOP("call", "Check the date, time and time zone on both computers.")},
    {mikey::ErrorNumber::InvalidId,
     QT_TRANSLATE_NOOP("call",
                       "Check the address that was dialled, and that each side has a shared key for the other's "
                       "identity.")},
    {mikey::ErrorNumber::InvalidSp,
     QT_TRANSLATE_NOOP("call", "The two sides allow different kinds of encryption. Check the security settings.")},
    {mikey::ErrorNumber::InvalidSpParameters,
     QT_TRANSLATE_NOOP("call", "The two sides allow different kinds of encryption. Check the security settings.")},
    {mikey::ErrorNumber::InvalidEncryption,
     QT_TRANSLATE_NOOP("call", "The two sides allow different kinds of encryption. Check the security settings.")},
    {mikey::ErrorNumber::InvalidMac,
     QT_TRANSLATE_NOOP("call", "The two sides allow different kinds of encryption. Check the security settings.")},
    {mikey::ErrorNumber::InvalidDataType,
     QT_TRANSLATE_NOOP("call", "The other side does not know this key agreement method. Choose another one.")},
    {mikey::ErrorNumber::UnsupportedMessage,
     QT_TRANSLATE_NOOP("call", "The other side does not know this key agreement method. Choose another one.")},
};

} // namespace

MikeyError toMikeyError(const mikey::Error &error)
{
    MikeyError shown;
    if (error.number)
        shown.number = static_cast<int>(*error.number);
    shown.name = toQt(error.name);
    shown.reason = toQt(error.reason);
    return shown;
}

QString adviceFor(const MikeyError &error)
{
    for (const auto &advice : advices) {
        if (error.number == static_cast<int>(advice.number))
            return QCoreApplication::translate("call", advice.text);
    }
    return {};
}

QString sentence(const QString &text)
{
    if (text.isEmpty())
        return text;
    QString whole = text;
    whole[0] = whole[0].toUpper();
    if (!whole.endsWith(QLatin1Char('.')))
        whole += QLatin1Char('.');
    return whole;
}

} // namespace call
