// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/dh.h"
#include "crypto/ecdh.h"
#include "crypto/random.h"
#include "methods/ibake_keys.h"
#include "methods/replay_cache.h"
#include "methods/sakke_keys.h"
#include "methods/srtp_policy.h"
#include "methods/ticket_keys.h"
#include "methods/trust.h"
#include "wire/message.h"

#include <functional>
#include <map>
#include <memory>

/// What the methods have in common: who they act for, what goes in, what comes out. A method does no I/O: it is handed
/// octets, the time and a source of randomness, and returns what is to be done.
namespace mikey {

struct Csb;

/// Why a message or a peer was refused.
struct Error
{
    std::optional<ErrorNumber> number; ///< none where the RFC has no number or says to discard
    std::string name;                  ///< "Authentication failure"
    std::string reason;                ///< a sentence for people
    bool fromPeer = false;             ///< an error message of the peer says so
    /// Of such a message: nobody proved that it comes from the peer (RFC 3830 5.1.2).
    bool unauthenticated = false;
    std::vector<const SrtpSuite *> supported{}; ///< what the peer's error message says it takes

    static Error of(ErrorNumber number, std::string reason);
    static Error discarded(std::string reason); ///< what the RFC says to discard without an answer
    static Error local(std::string reason);     ///< nothing a peer caused: a missing key, a wrong request
};

template <class T>
using Outcome = Result<T, Error>;

/// What an endpoint accepts beyond the default, because its user allowed it.
struct Accept
{
    bool nullEncryption = false;
    bool nullAuthentication = false;
    bool weakGroups = false;
    bool missingIdentities = false; ///< messages without the ID payloads the RFC wants
    bool sdes = false;
    std::int64_t clockSkewSeconds = 300;
};

/// Who we are and what we hold. Long-lived and unchanging during an exchange.
struct Endpoint
{
    std::string identity;              ///< canonical
    std::map<std::string, Secret> psk; ///< by the peer's canonical identity
    X509 x509;
    SakkeKeys sakke;
    TicketKeys ticket;
    IbakeKeys ibake;
    Accept accept;
    std::vector<const SrtpSuite *> suites; ///< what we take, in order of preference; empty: all that are not weak
    std::map<std::string, std::vector<std::string>> methods; ///< names of those a peer may be met by; absent: all

    bool allows(std::string_view method, const std::string &peer) const;
    bool takes(const SrtpSuite &suite) const;
    std::vector<const SrtpSuite *> preferredSuites() const;
};

/// An envelope key that its maker lets both sides use as a pre-shared key, also for other bundles (RFC 3830 6.3).
struct CachedEnvelope
{
    std::string peer;   ///< canonical
    std::string method; ///< whose envelope it was
    Secret key;
    NtpTime since;
    Certificate certificate; ///< that proved the peer; it has to be trusted still when the key is used
};

/// An I_MESSAGE_1 of IBAKE that was answered, and what its I_MESSAGE_2 will be checked with. It is kept after that has
/// come, so that the same I_MESSAGE_1 gets the same answer (rule S-8).
struct PendingIbake
{
    Bytes question;   ///< SHA-256 of the I_MESSAGE_1
    Bytes answer;     ///< our R_MESSAGE_1
    std::string peer; ///< who it says it is from; canonical
    std::uint32_t csbId = 0;
    Prf prf = Prf::Mikey1;
    Bytes rand;
    Secret scalar; ///< of our half key; empty: the I_MESSAGE_2 has come
    std::uint8_t curve = 0;
    Bytes theirX, theirY;    ///< the caller's half key; empty: we could not read it
    std::vector<SrtpId> map; ///< as we answered
    NtpTime sent;            ///< T of the I_MESSAGE_1
    NtpTime since;           ///< when it came

    bool waits() const { return !scalar.empty(); }
};

/// Somebody to whom IBAKE encrypts, for one key period.
struct IbakeRecipient
{
    std::shared_ptr<const ibe::Parameters> parameters;
    Bytes id; ///< identity and date
    std::string date;
    std::shared_ptr<const ibe::Recipient> recipient;
};

/// What an endpoint remembers between exchanges.
struct EndpointState
{
    ReplayCache replays;
    NtpTime lastSent;                       ///< every message we initiate has a timestamp of its own (RFC 3830 5.2)
    std::vector<CachedEnvelope> envelopes;  ///< oldest first
    std::vector<HeldTicket> tickets;        ///< we may call with, oldest first
    std::vector<ResolvedTicket> resolved;   ///< that we were called with, oldest first
    std::vector<PendingIbake> pendingIbake; ///< oldest first
    std::vector<IbakeRecipient> ibakeRecipients; ///< made anew where they are missing; oldest first

    /// A timestamp no message of ours had.
    NtpTime uniqueTime(NtpTime now);
    /// One for an update, after `newest` of its bundle. Both sides encrypt under the same keys with it, so where it
    /// does not come from the clock, who made the bundle takes odd ones and the other side even ones.
    NtpTime uniqueTimeAfter(NtpTime newest, NtpTime now, bool odd);
    void cacheEnvelope(CachedEnvelope envelope);
    /// The envelope keys that still serve as keys shared with the peer, newest first: the user allows their method, and
    /// the certificate that proved the peer is trusted as ever.
    std::vector<const CachedEnvelope *> envelopesOf(const std::string &peer, const Endpoint &endpoint,
                                                    NtpTime now) const;
};

/// From when to when a key may be used, as 48-bit SRTP indices ROC || SEQ (RFC 3830 6.14).
struct KeyInterval
{
    Bytes from;
    Bytes to;
};

/// The keys of one SRTP stream. A bundle with several TGKs has one of these for each stream and key, told apart by MKI.
struct CryptoSession
{
    std::uint8_t csId = 0;
    std::uint8_t policyNo = 0;
    std::uint32_t ssrc = 0; ///< 0: not told; the first that authenticates
    std::uint32_t roc = 0;
    const SrtpSuite *suite = nullptr;
    Secret tek;
    Secret salt;
    Bytes mki;
    std::optional<KeyInterval> interval;

    /// Of the two Crypto Sessions of a media line the first is the Initiator's stream (RFC 4567 7.1 leaves it open).
    bool fromInitiator() const { return csId % 2 == 1; }
};

/// What both sides agreed on.
struct Agreement
{
    std::string method; ///< name of the method table
    std::uint32_t csbId = 0;
    std::string initiator;
    std::string responder;
    NtpTime timestamp;
    bool v = false;
    Prf prf = Prf::Mikey1;
    std::vector<Secret> tgks; ///< empty where TEKs came directly
    std::vector<CryptoSession> sessions;
    bool authenticated = true; ///< false: nothing proved who the peer is, and the user allows that
    ProvenBy provenBy = ProvenBy::SharedKey;
    std::optional<Certificate> peerCertificate;
    std::vector<std::string> weaknesses; ///< sentences: what the user's settings let pass
    bool renewal = false;                ///< it updates a bundle that stood
    /// Nothing of the peer was authenticated but that he read what only he can: the keys are confirmed when media under
    /// them come (rule S-3).
    bool confirmedByMedia = false;
    std::shared_ptr<Agreement> deposit; ///< IBAKE: keys for who was called first, where another one answered (ESK)
    /// IBAKE, of who answered in his place: the I_MESSAGE_2 with that ESK, which he is to keep for him (RFC 6267
    /// 4.2.2.6, decision D-08). Empty: there is none.
    Bytes toBeKept;
    std::shared_ptr<Csb> csb; ///< for updates of this bundle; holds all its keys
};

/// A message for a key management service.
struct KmsRequest
{
    std::string kms; ///< canonical identity
    Bytes message;
};

class Responder;

/// What to do next: send this, and these keys are agreed or this went wrong. Nothing set: wait.
struct Step
{
    std::optional<Bytes> send;
    std::optional<Agreement> agreement;
    std::optional<Error> error;
    std::optional<Secret> plain; ///< decrypted Encr data of the message handled, for the inspector
    /// Of respond(): it waits for the answer to its kmsRequest(); the step that kmsAnswered() returns goes on from
    /// here.
    std::shared_ptr<Responder> asking{};
};

/// What the peer may do with the envelope key: the C field of PKE (RFC 3830 6.3).
enum class EnvelopeCache : std::uint8_t { None = 0, Always = 1, Csb = 2 };

/// What the caller wants.
struct Offer
{
    std::string peer;                      ///< canonical identity to be authenticated
    std::vector<const SrtpSuite *> suites; ///< in order of preference; empty: the endpoint's
    unsigned streams = 1;                  ///< media lines; each has two Crypto Sessions, towards the peer and back
    std::vector<std::uint32_t> ssrcs;      ///< of our streams, one a media line; drawn where missing
    bool v = true;                         ///< a verification message is wanted
    std::vector<std::string> sdpProtocols; ///< key management protocols of the SDP (RFC 4567 4.1.4); empty: not in SDP
    std::function<bool(std::uint32_t csbId)> csbInUse; ///< by an established bundle with the peer; may be null
    EnvelopeCache cache = EnvelopeCache::Csb;          ///< public key method
    DhGroup group = DhGroup::Oakley5;                  ///< Diffie-Hellman methods
    std::uint8_t curve = p256Curve;                    ///< IBAKE: number of the ECC Curve registry
    bool join = false;                                 ///< RSA-R: ask for the keys of a group (RFC 4738 3.2)
    bool listenOnly = false;                           ///< RSA-R: we send no stream, so #CS is 0 (RFC 4738 3.4)
    std::vector<std::string> ticketResponders;         ///< TICKET: who may resolve it; empty: the peer
    bool groupKey = false; ///< TICKET: a GTGK, the same for all who resolve it (RFC 6043 6.2.1)
};

/// What an update of a bundle is to change (RFC 3830 4.5).
struct Renewal
{
    enum class Keys {
        NewTgk, ///< and so new TEKs
        NewTek, ///< of the TGK in force: each stream in force moves to a Crypto Session that is added
        Same,
    };
    Keys keys = Keys::NewTgk;
    unsigned addedStreams = 0;                   ///< media lines to add, each with two Crypto Sessions
    std::vector<std::uint32_t> ssrcs;            ///< of our streams in lines added, or in all where a new bundle begins
    std::map<std::uint32_t, std::uint32_t> rocs; ///< roll-over counters of the streams in force, by SSRC
    bool v = true;                               ///< a verification message is wanted, where the method lets us choose
    std::vector<std::string> sdpProtocols;       ///< as in an Offer
};

/// The keys of a group, which every member that asks for them by RSA-R gets (RFC 4738 3.2).
struct GroupKeys
{
    std::uint32_t csbId = 0; ///< of the group; members' own differ
    Bytes rand;
    std::vector<SrtpId> map;
    const SrtpSuite *suite = nullptr;
    Secret tgk;
    Bytes mki;
};

/// What signalling knows of a message that arrived.
struct Arrival
{
    /// Who signalling says is calling, as it spells it: MACs may cover that. Used only where Accept::missingIdentities
    /// lets a message go.
    std::string peer;
    std::vector<std::string> sdpProtocols;  ///< the list of the SDP that carried it; empty: not in SDP
    std::vector<const Csb *> bundles{};     ///< that stand and that the message may update
    unsigned streams = 1;                   ///< media lines, where the message leaves the map to us (RFC 4738 3.6)
    const GroupKeys *group = nullptr;       ///< RSA-R asks for the keys of this group
    std::map<std::string, Bytes> fetched{}; ///< certificates by the URL of their CERT payload
};

/// All that an exchange may use besides its input. The references must outlive it.
struct Context
{
    const Endpoint &endpoint;
    EndpointState &state;
    Random &random;
};

/// A side of an exchange that may have to ask a key management service before it can go on.
class KmsUser
{
public:
    virtual ~KmsUser() = default;
    KmsUser() = default;
    KmsUser(const KmsUser &) = delete;
    KmsUser &operator=(const KmsUser &) = delete;

    /// What has to be asked now; none: nothing.
    virtual std::optional<KmsRequest> kmsRequest() const { return std::nullopt; }
    /// Takes the service's answer to kmsRequest(). An error ends the exchange, unless kmsRequest() still has something.
    virtual Step kmsAnswered(ByteView answer, NtpTime now);
};

/// The initiator's side of one exchange. While it has a kmsRequest(), message() is not there yet.
class Initiator : public KmsUser
{
public:
    virtual const Bytes &message() const = 0; ///< the last message to the peer
    /// False: the peer sends no MIKEY answer, and its accepting the session is all there is (RFC 6509 2.2, V = 0).
    virtual bool answerDue() const { return true; }
    /// The keys at our side when no answer is due, or to be ready for media that comes before the answer.
    virtual Outcome<Agreement> provisional() const = 0;
    /// `fetched`: certificates by the URL of their CERT payload, if the answer has such.
    virtual Step receive(ByteView answer, NtpTime now, const std::map<std::string, Bytes> &fetched = {}) = 0;
    /// What is needed to go on in another process; secret.
    virtual Secret save() const = 0;
    virtual InspectedMessage inspectMessage() const = 0;
};

/// The responder's side of one exchange. It keeps what it needs of its arguments while it has a kmsRequest().
class Responder : public KmsUser
{
public:
    /// `message` was decoded and its data type is one this responder takes.
    virtual Step receive(const Message &message, const Arrival &arrival, NtpTime now) = 0;
};

} // namespace mikey
