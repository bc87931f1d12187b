// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "wire/inspection.h"

#include <QByteArray>
#include <QDateTime>
#include <QString>
#include <QStringList>

#include <memory>
#include <optional>
#include <vector>

/// The state of the phone and its calls as values. The window, headless mode and reports read the same snapshot;
/// nothing here is shared with the engine, so a snapshot stays what it was. Keys appear as fingerprints only.
namespace call {

enum class Direction { Outgoing, Incoming };

enum class Phase {
    Calling,     ///< INVITE sent, no answer yet
    Ringing,     ///< the other side rings (180)
    Incoming,    ///< rings here, waits for answer()
    Connecting,  ///< answered, media not yet running
    Established, ///< keys installed on both sides, media runs
    Ended,
};

/// How the call is protected: four facts (cipher, method, who is authenticated by what, freshness). There is no level
/// for "not encrypted": such a call does not exist here.
struct Security
{
    enum class Level {
        Pending,    ///< while ringing: what will be
        Verified,   ///< encrypted and the peer authenticated
        Unverified, ///< encrypted, nobody authenticated
        Weak,       ///< encrypted or authenticated by something the RFC marks as weak and the user allowed
        Refused,    ///< the exchange failed
    };
    Level level = Level::Pending;
    QString suite;       ///< SRTP suite in force, "AES_CM_128_HMAC_SHA1_80"; empty until agreed
    QString method;      ///< name of the method table: "psk"
    QString methodTitle; ///< "Pre-shared key"
    bool forwardSecrecy = false;
    QString methodCaution;   ///< half a sentence: what its keys are worth, where that may be less than the cipher's
    QString verifiedPeer;    ///< the identity MIKEY authenticated; empty: nobody yet
    QString verifiedBy;      ///< "a shared key", "a certificate of Example CA"
    QDateTime verifiedUntil; ///< end of the certificate's validity; invalid without a certificate
    QString certificateFingerprint; ///< of the peer's certificate: SHA-256, hex; empty without one
    QStringList warnings;           ///< sentences: seen for the first time, a weaker method than the one wanted, …
    QDateTime agreedAt;             ///< when the keys in force were agreed
    int renewals = 0;               ///< how often keys were renewed in this call
    QDateTime renewalDue;           ///< when the keys are renewed next; invalid: not planned
};

struct MikeyError
{
    std::optional<int> number; ///< none where the RFC has no number
    QString name;              ///< "Authentication failure"
    QString reason;            ///< a sentence
};

/// One message of the exchange, SIP with or without MIKEY inside.
struct ExchangeStep
{
    qint64 atUs = 0; ///< microseconds since the call began, monotonic
    bool sent = false;
    QString sip; ///< "INVITE", "180 Ringing", "200 OK", "ACK", …
    int sipBytes = 0;
    bool retransmission = false;
    QString mikey; ///< "PSK I_MESSAGE"; empty: no MIKEY in it
    QByteArray mikeyOctets;
    std::shared_ptr<const mikey::InspectedMessage> inspected; ///< null without MIKEY
    std::optional<bool> accepted;                             ///< by whoever received it, once known
    std::optional<MikeyError> error;
};

struct KeyLimit
{
    QString type; ///< "mki", "index" or "time"
    QByteArray value;
};

/// One crypto session: the key of one SRTP stream.
struct KeyRow
{
    int csId = 0;
    quint32 ssrc = 0;
    bool sends = false; ///< true: our stream, false: the peer's
    QString suite;
    bool weak = false;
    QString tekFingerprint; ///< first 8 octets of SHA-256, hex
    QString saltFingerprint;
    QByteArray mki;
    quint32 roc = 0;
    std::optional<KeyLimit> validFrom, validTo;
    quint64 packets = 0;
    int generation = 0;                 ///< 0: the call's first keys; one more with each renewal
    QDateTime since;                    ///< when it was installed
    bool inForce = false;               ///< packets are protected with it now; else it is kept for late packets, or new
    std::optional<quint64> packetsLeft; ///< until its lifetime or validity ends
};

struct MediaStats
{
    quint64 sent = 0, received = 0, lost = 0, recovered = 0, authFailures = 0, replayed = 0;
    double jitterMs = 0, bufferMs = 0;
    std::optional<double> rttMs;
    double levelInDb = -96, levelOutDb = -96; ///< dBFS of the microphone and the speaker
    QString audioTrouble;                     ///< a sentence when microphone or speaker do not work, else empty
};

enum class EndedBy { Local, Peer, Error };

struct CallSnapshot
{
    int id = 0;
    Direction direction = Direction::Outgoing;
    Phase phase = Phase::Calling;
    QString peer;        ///< the identity MIKEY authenticated, before that the one signalling tells
    QString displayName; ///< what the peer calls itself; untrusted text
    QString address;     ///< network address of the peer
    Security security;
    QDateTime begunAt, establishedAt, endedAt;
    double setupMs = 0; ///< from begunAt until the keys were installed here
    double mikeyMs = 0; ///< CPU time spent in MIKEY here
    bool muted = false;
    std::vector<ExchangeStep> exchange;
    std::vector<KeyRow> keys;
    MediaStats media;
    // Set once phase is Ended:
    EndedBy endedBy = EndedBy::Local;
    int sipStatus = 0; ///< 0: none
    std::optional<MikeyError> mikeyError;
    QString reason; ///< a plain sentence: what happened
    QString advice; ///< what to check or do; may be empty
};

struct ListeningPoint
{
    QString transport; ///< "udp", "tcp"
    QString address;
    quint16 port = 0;
};

/// One row of the method table, as the window offers it.
struct MethodChoice
{
    QString name;  ///< "psk"
    QString title; ///< "Pre-shared key"
    QString rfc;
    bool available = false; ///< false: not there yet, or credentials missing
    QString whyNot;         ///< a sentence when not available
};

struct PhoneSnapshot
{
    QString identity;
    std::vector<ListeningPoint> listening;
    std::vector<MethodChoice> methods;
    std::vector<CallSnapshot> calls; ///< current ones and the ended ones of this session, oldest first
    QString audioTrouble;            ///< a sentence when there is no usable sound device, else empty
    QString certificate;             ///< our own, in words: "sip:alice@example.org, by Example CA, until 2027-11-25"
    QStringList certificateTroubles; ///< sentences: it has expired, is not for our identity, …
};

} // namespace call
