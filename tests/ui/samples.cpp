// SPDX-License-Identifier: Apache-2.0
#include "samples.h"

#include "wire/inspector.h"

#include <QCoreApplication>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QPixmap>
#include <QWidget>

namespace samples {

namespace {

using call::CallSnapshot;
using call::ExchangeStep;
using call::Phase;

const QDateTime begun(QDate(2026, 11, 23), QTime(12, 1, 5), Qt::UTC);

QByteArray octetsOf(const char *name)
{
    QFile file(QStringLiteral(LATCHKEY_TEST_DATA "/vectors/mikey-computed-kat.json"));
    if (!file.open(QIODevice::ReadOnly))
        qFatal("no %s", qPrintable(file.fileName()));
    const QJsonObject exchange = QJsonDocument::fromJson(file.readAll())[QLatin1String("psk_exchange")].toObject();
    return QByteArray::fromHex(exchange[QLatin1String(name)].toString().toLatin1());
}

ExchangeStep sip(const QString &name, bool sent, qint64 atUs, int bytes)
{
    ExchangeStep step;
    step.sip = name;
    step.sent = sent;
    step.atUs = atUs;
    step.sipBytes = bytes;
    return step;
}

ExchangeStep withMikey(ExchangeStep step, const QString &message, const char *vector)
{
    step.mikey = message;
    step.mikeyOctets = octetsOf(vector);
    const auto *data = reinterpret_cast<const std::uint8_t *>(step.mikeyOctets.constData());
    step.inspected = std::make_shared<mikey::InspectedMessage>(
        mikey::inspect(mikey::ByteView(data, std::size_t(step.mikeyOctets.size()))));
    return step;
}

ExchangeStep invite(bool sent)
{
    return withMikey(sip(QStringLiteral("INVITE"), sent, 0, 1184), QStringLiteral("PSK I_MESSAGE"), "I_MESSAGE");
}

const QString shownFingerprint = QStringLiteral("9c1f03aa5be4721041d0c7e2f8a9b63577d10e52a4c6981b0badc0de12345678");

call::KeyRow key(int csId, bool sends)
{
    call::KeyRow row;
    row.csId = csId;
    row.ssrc = sends ? 0xdeadbeef : 0x1a2b3c4d;
    row.sends = sends;
    row.suite = QStringLiteral("AES_CM_128_HMAC_SHA1_80");
    row.tekFingerprint = sends ? QStringLiteral("9c1f03aa5be47210") : QStringLiteral("41d0c7e2f8a9b635");
    row.saltFingerprint = QStringLiteral("77d10e52a4c6981b");
    row.mki = QByteArray::fromHex("00000001");
    row.packets = sends ? 1340 : 1338;
    return row;
}

} // namespace

call::PhoneSnapshot phone(std::vector<CallSnapshot> calls)
{
    call::PhoneSnapshot phone;
    phone.identity = QStringLiteral("sip:alice@example.org");
    phone.listening = {{QStringLiteral("udp"), QStringLiteral("127.0.0.1"), 5060},
                       {QStringLiteral("tcp"), QStringLiteral("127.0.0.1"), 5060}};
    const QString later = QStringLiteral("Not supported yet.");
    phone.methods = {
        {QStringLiteral("psk"), QStringLiteral("Pre-shared key"), QStringLiteral("RFC 3830"), true, {}},
        {QStringLiteral("pk"), QStringLiteral("Public key"), QStringLiteral("RFC 3830"), false, later},
        {QStringLiteral("dh"), QStringLiteral("Diffie-Hellman, signed"), QStringLiteral("RFC 3830"), false, later},
        {QStringLiteral("sakke"), QStringLiteral("SAKKE"), QStringLiteral("RFC 6509"), false, later},
    };
    phone.calls = std::move(calls);
    return phone;
}

CallSnapshot calling()
{
    CallSnapshot call;
    call.id = 1;
    call.peer = QStringLiteral("sip:bob@example.org");
    call.address = QStringLiteral("192.0.2.7:5060");
    call.begunAt = begun;
    call.security.method = QStringLiteral("psk");
    call.security.methodTitle = QStringLiteral("Pre-shared key");
    call.exchange = {invite(true)};
    return call;
}

CallSnapshot ringing()
{
    CallSnapshot call = calling();
    call.phase = Phase::Ringing;
    call.exchange.push_back(sip(QStringLiteral("180 Ringing"), false, 3'100, 402));
    return call;
}

CallSnapshot incoming()
{
    CallSnapshot call = calling();
    call.direction = call::Direction::Incoming;
    call.phase = Phase::Incoming;
    call.displayName = QStringLiteral("Bob");
    call.security.verifiedPeer = QStringLiteral("sip:bob@example.org");
    call.security.verifiedBy = QStringLiteral("a shared key");
    call.exchange = {invite(false), sip(QStringLiteral("180 Ringing"), true, 900, 402)};
    return call;
}

CallSnapshot established(call::Security::Level level)
{
    CallSnapshot call = ringing();
    call.phase = Phase::Established;
    call.displayName = QStringLiteral("Bob");
    call.establishedAt = begun.addSecs(2);
    call.security.level = level;
    call.security.suite = QStringLiteral("AES_CM_128_HMAC_SHA1_80");
    call.security.agreedAt = call.establishedAt;
    if (level != call::Security::Level::Unverified) {
        call.security.verifiedPeer = QStringLiteral("sip:bob@example.org");
        call.security.verifiedBy = QStringLiteral("a shared key");
    }
    call.exchange.front().accepted = true;
    call.exchange.push_back(
        withMikey(sip(QStringLiteral("200 OK"), false, 1'904'200, 968), QStringLiteral("PSK R_MESSAGE"), "R_MESSAGE"));
    call.exchange.back().accepted = true;
    call.exchange.push_back(sip(QStringLiteral("ACK"), true, 1'905'000, 388));
    call.keys = {key(1, true), key(2, false)};
    call.media.sent = 1340;
    call.media.received = 1338;
    call.media.jitterMs = 0.4;
    call.media.rttMs = 1.2;
    call.media.levelInDb = -22;
    call.media.levelOutDb = -31;
    return call;
}

QDateTime later()
{
    return begun.addSecs(102);
}

CallSnapshot renewed()
{
    CallSnapshot call = established();
    call.security.method = QStringLiteral("dh");
    call.security.methodTitle = QStringLiteral("Diffie-Hellman, signed");
    call.security.forwardSecrecy = true;
    call.security.verifiedBy = QStringLiteral("a certificate of Example CA");
    call.security.verifiedUntil = QDateTime(QDate(2027, 3, 1), QTime(12, 0), Qt::UTC);
    call.security.certificateFingerprint = shownFingerprint;
    call.security.agreedAt = begun.addSecs(90);
    call.security.renewals = 2;
    call.security.renewalDue = later().addSecs(14 * 60 + 32);
    call.keys.clear();
    for (const int generation : {1, 2, 3}) {
        for (const bool sends : {true, false}) {
            call::KeyRow row = key(sends ? 1 : 2, sends);
            row.generation = generation;
            row.since = begun.addSecs(generation * 45);
            row.inForce = generation == 2;
            row.packets = generation == 3 ? 0 : quint64(generation == 2 ? 612 : 2250) - (sends ? 0 : 3);
            row.packetsLeft = (quint64(1) << 48) - row.packets;
            row.mki = QByteArray(3, 0) + char(generation);
            row.tekFingerprint[0] = QChar(u'0' + generation);
            call.keys.push_back(row);
        }
    }
    return call;
}

CallSnapshot firstUse()
{
    CallSnapshot call = renewed();
    call.security.level = call::Security::Level::Unverified;
    call.security.verifiedBy = QStringLiteral("a certificate that nobody vouches for");
    call.security.warnings = {
        QStringLiteral("This certificate of bob is seen for the first time; compare its fingerprint with bob."),
        QStringLiteral("The peer could not do the method wanted first, public key."),
    };
    return call;
}

CallSnapshot ended()
{
    CallSnapshot call = established();
    call.phase = Phase::Ended;
    call.endedAt = call.establishedAt.addSecs(94);
    call.endedBy = call::EndedBy::Peer;
    call.reason = QStringLiteral("Bob hung up.");
    call.exchange.push_back(sip(QStringLiteral("BYE"), false, 95'900'000, 360));
    call.exchange.push_back(sip(QStringLiteral("200 OK"), true, 95'900'300, 310));
    return call;
}

CallSnapshot wrongKey()
{
    CallSnapshot call = calling();
    call.phase = Phase::Ended;
    call.endedAt = begun.addMSecs(4);
    call.endedBy = call::EndedBy::Error;
    call.sipStatus = 488;
    call.security.level = call::Security::Level::Refused;
    call.mikeyError = call::MikeyError{0, QStringLiteral("Authentication failure"),
                                       QStringLiteral("The MAC of the I_MESSAGE does not verify.")};
    call.reason = QStringLiteral("The other side could not verify our message: the MAC is wrong.");
    call.advice = QStringLiteral("Check that both sides hold the same shared key for each other.");
    call.exchange.front().accepted = false;
    call.exchange.front().error = call.mikeyError;
    call.exchange.push_back(sip(QStringLiteral("488 Not Acceptable Here"), false, 3'800, 512));
    call.exchange.push_back(sip(QStringLiteral("ACK"), true, 4'000, 300));
    return call;
}

CallSnapshot changedCertificate()
{
    CallSnapshot call = wrongKey();
    call.security.method = QStringLiteral("dh");
    call.security.methodTitle = QStringLiteral("Diffie-Hellman, signed");
    call.security.certificateFingerprint = shownFingerprint;
    call.mikeyError = call::MikeyError{8, QStringLiteral("Invalid Cert"),
                                       QStringLiteral("bob shows another certificate than the one known.")};
    call.reason = QStringLiteral("bob shows another certificate than the one known.");
    call.advice.clear();
    return call;
}

CallSnapshot hostile(CallSnapshot call)
{
    const QString evil =
        QStringLiteral("<b>Bank</b>\u202Egro.knab\u2066\u0007\u200B<img src='file:///etc/passwd'>&amp;\n") +
        QString(5000, u'W');
    call.displayName = evil;
    call.peer = QStringLiteral("sip:") + evil + QStringLiteral("@example.org");
    call.address = evil;
    call.reason = evil;
    call.advice = evil;
    call.security.verifiedPeer = call.peer;
    call.security.methodTitle = evil;
    call.security.verifiedBy = evil;
    call.security.certificateFingerprint = evil;
    call.security.warnings = QStringList(100, evil);
    call.security.suite = evil;
    call.mikeyError = call::MikeyError{255, evil, evil};
    for (ExchangeStep &step : call.exchange) {
        step.sip = evil;
        step.error = call.mikeyError;
    }
    for (call::KeyRow &row : call.keys) {
        row.suite = evil;
        row.mki = QByteArray(255, 'x');
    }
    return call;
}

void picture(QWidget &widget, const QString &name)
{
    const QString folder = qEnvironmentVariable("LATCHKEY_SCREENSHOTS");
    if (folder.isEmpty())
        return;
    QCoreApplication::processEvents();
    if (!widget.grab().save(QStringLiteral("%1/%2.png").arg(folder, name)))
        qFatal("cannot save a picture to %s", qPrintable(folder));
}

} // namespace samples
