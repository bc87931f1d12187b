// SPDX-License-Identifier: Apache-2.0
#include "vector_play.h"

#include "group_keys.h"
#include "methods/csb.h"
#include "methods/method.h"
#include "seeded_random.h"

#include <stdexcept>

namespace tool {

namespace {

using Keys = mikey::Renewal::Keys;
using Cache = mikey::EnvelopeCache;

constexpr auto usual = "AES_CM_128_HMAC_SHA1_80";

constexpr VectorKind kinds[] = {
    {"psk", "psk", "pre-shared key, answered"},
    {"psk-no-v", "psk", "pre-shared key without an answer (V = 0)", usual, false},
    {"psk-aes-cm-256", "psk", "pre-shared key, policy AES-CM with 256 bits", "AES_CM_256_HMAC_SHA1_80"},
    {"psk-aead-aes-128-gcm", "psk", "pre-shared key, policy AES-GCM with 128 bits", "AEAD_AES_128_GCM"},
    {"psk-aead-aes-256-gcm", "psk", "pre-shared key, policy AES-GCM with 256 bits", "AEAD_AES_256_GCM"},
    {"psk-update", "psk", "pre-shared key, and an update with a new TGK", usual, true, Cache::Csb, false, Keys::NewTgk},
    {"psk-update-tek", "psk", "pre-shared key, and an update with new TEKs of the same TGK", usual, true, Cache::Csb,
     false, Keys::NewTek},
    {"pk-c0", "pk", "public key, envelope key not cached", usual, true, Cache::None},
    {"pk-c1", "pk", "public key, envelope key cached for other bundles too", usual, true, Cache::Always},
    {"pk-c2", "pk", "public key, envelope key cached for the bundle", usual, true, Cache::Csb},
    {"pk-c0-update", "pk", "public key, and an update in the same form", usual, true, Cache::None, false, Keys::NewTgk},
    {"pk-c2-update", "pk", "public key, and an update under the cached envelope key", usual, true, Cache::Csb, false,
     Keys::NewTgk},
    {"dh", "dh", "signed Diffie-Hellman"},
    {"dh-update", "dh", "signed Diffie-Hellman, and an update with new half keys", usual, true, Cache::Csb, false,
     Keys::NewTgk},
    {"dh-hmac", "dh-hmac", "Diffie-Hellman with a shared key"},
    {"dh-hmac-update", "dh-hmac", "Diffie-Hellman with a shared key, and an update with new half keys", usual, true,
     Cache::Csb, false, Keys::NewTgk},
    {"rsa-r", "rsa-r", "RSA in reverse mode, between two"},
    {"rsa-r-update", "rsa-r", "RSA in reverse mode, and an update under the cached envelope key", usual, true,
     Cache::Csb, false, Keys::NewTgk},
    {"rsa-r-group", "rsa-r", "RSA in reverse mode: a member asks for the keys of a group", usual, true, Cache::Csb,
     true},
    {"sakke", "sakke", "SAKKE between two users of one key management service, UID of TS 33.180", usual, false},
    {"sakke-aead-aes-256-gcm", "sakke", "SAKKE, policy AES-GCM with 256 bits", "AEAD_AES_256_GCM", false},
};

/// 2026-11-23T12:00:00Z, when the certificates of the vectors are new.
constexpr std::int64_t beginsAt = 1795435200000000;
constexpr std::int64_t updateSeconds = 60;

/// Nothing here comes from outside, so what fails is a bug.
template <class T>
T sure(mikey::Outcome<T> outcome)
{
    if (!outcome)
        throw std::logic_error("test vector: " + outcome.error().reason);
    return std::move(*outcome);
}

mikey::Agreement agreed(mikey::Step &step)
{
    if (!step.agreement)
        throw std::logic_error("test vector: " + (step.error ? step.error->reason : "nothing agreed"));
    return std::move(*step.agreement);
}

class Player
{
public:
    Player(const VectorKind &kind, const VectorEnds &ends, const std::string &seed)
        : m_kind(kind), m_ends(ends), m_random(seed, kind.name)
    {
    }

    PlayedVector play();

private:
    mikey::Context initiator() { return {m_ends.initiator, m_states[0], m_random}; }
    mikey::Context responder() { return {m_ends.responder, m_states[1], m_random}; }
    mikey::Offer offer() const;
    PlayedExchange playFirst();
    PlayedExchange playUpdate();
    void exchange(PlayedExchange &played, mikey::Initiator &initiator, const mikey::Arrival &arrival);

    const VectorKind &m_kind;
    const VectorEnds &m_ends;
    SeededRandom m_random;
    mikey::EndpointState m_states[2];
    std::optional<mikey::GroupKeys> m_group;
    std::shared_ptr<mikey::Csb> m_bundles[2];
};

mikey::Offer Player::offer() const
{
    mikey::Offer offer;
    offer.peer = m_ends.responder.identity;
    offer.suites = {mikey::srtpSuite(m_kind.suite)};
    offer.v = m_kind.v;
    offer.cache = m_kind.cache;
    offer.join = m_kind.group;
    offer.sdpProtocols = {"mikey"};
    return offer;
}

void Player::exchange(PlayedExchange &played, mikey::Initiator &initiator, const mikey::Arrival &arrival)
{
    played.request = {initiator.message(), m_random.takeDraws()};
    auto answered = mikey::respond(responder(), played.request.octets, arrival, played.time);
    played.agreement = agreed(answered);
    m_bundles[1] = played.agreement.csb;
    if (!answered.send) {
        m_bundles[0] = sure(initiator.provisional()).csb;
        return;
    }
    played.answer = {*answered.send, m_random.takeDraws()};
    auto finished = initiator.receive(*answered.send, played.time);
    m_bundles[0] = agreed(finished).csb;
    m_random.takeDraws();
}

PlayedExchange Player::playFirst()
{
    PlayedExchange played;
    played.time = mikey::NtpTime::fromUnixMicroseconds(beginsAt);
    const auto initiator = sure(mikey::method(m_kind.method)->initiate(this->initiator(), offer(), played.time));
    mikey::Arrival arrival;
    arrival.group = m_group ? &*m_group : nullptr;
    exchange(played, *initiator, arrival);
    return played;
}

PlayedExchange Player::playUpdate()
{
    PlayedExchange played;
    played.time = mikey::NtpTime::fromUnixMicroseconds(beginsAt).plusSeconds(updateSeconds);
    played.updated = m_bundles[0];
    mikey::Renewal renewal;
    renewal.keys = *m_kind.update;
    renewal.sdpProtocols = {"mikey"};
    const auto initiator = sure(mikey::update(this->initiator(), *played.updated, renewal, played.time));
    const auto standing = m_bundles[1];
    mikey::Arrival arrival;
    arrival.bundles = {standing.get()};
    exchange(played, *initiator, arrival);
    return played;
}

PlayedVector Player::play()
{
    PlayedVector vector;
    if (m_kind.group)
        m_group = makeGroupKeys(*mikey::srtpSuite(m_kind.suite), m_random);
    m_random.takeDraws(); // those of a group stand there by name
    vector.exchanges.push_back(playFirst());
    if (m_kind.update)
        vector.exchanges.push_back(playUpdate());
    vector.group = std::move(m_group);
    return vector;
}

} // namespace

std::span<const VectorKind> vectorKinds()
{
    return kinds;
}

PlayedVector play(const VectorKind &kind, const VectorEnds &ends, const std::string &seed)
{
    return Player(kind, ends, seed).play();
}

} // namespace tool
