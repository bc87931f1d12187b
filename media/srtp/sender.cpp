// SPDX-License-Identifier: Apache-2.0
#include "srtp/sender.h"

#include <openssl/rand.h>
#include <srtp2/srtp.h>

#include <algorithm>
#include <cassert>

namespace media {

namespace {

/// With a validity interval all of it is ours to use; else SEQ starts at random (RFC 3550 section 5.1), in the lower
/// half so that losses at the start can't make the receiver guess a wrong ROC (RFC 3711 section 3.3.1).
std::uint64_t firstIndex(const SrtpKey &key)
{
    const std::uint64_t rocStart = std::uint64_t{key.roc} << 16;
    if (key.validFrom || key.validTo)
        return std::max(rocStart, key.validFrom.value_or(0));
    std::uint16_t random = 0;
    RAND_bytes(reinterpret_cast<unsigned char *>(&random), sizeof random);
    return rocStart + random % 0x8000;
}

ProtectOutcome outcome(srtp_err_status_t status)
{
    if (status == srtp_err_status_ok)
        return ProtectOutcome::Ok;
    return status == srtp_err_status_key_expired ? ProtectOutcome::KeyExpired : ProtectOutcome::Failed;
}

} // namespace

Result<SrtpSender> SrtpSender::create(SrtpKey key, WeakPolicy weak)
{
    if (auto error = checkKey(key, weak))
        return *error;
    if (key.ssrc == 0)
        return Error{"No SSRC was agreed for what we send."};
    const std::uint64_t first = firstIndex(key);
    key.roc = static_cast<std::uint32_t>(first >> 16);
    Result<SrtpSession> session = openSrtpSession(key, key.ssrc);
    if (!session)
        return session.error();
    key.masterKey.wipe();
    key.masterSalt.wipe();
    return SrtpSender(std::move(*session), std::move(key), first);
}

SrtpSender::SrtpSender(SrtpSession session, SrtpKey key, std::uint64_t first)
    : m_session(std::move(session)), m_key(std::move(key)), m_nextIndex(first)
{
}

void SrtpSender::startAt(std::uint64_t index)
{
    assert(m_use.packets == 0);
    m_nextIndex = index;
    // Can't fail: the context has the stream.
    [[maybe_unused]] const auto status = srtp_set_stream_roc(m_session.get(), ssrc(), roc());
    assert(status == srtp_err_status_ok);
}

ProtectOutcome SrtpSender::protectRtp(std::span<std::uint8_t> buffer, std::size_t &size)
{
    assert(buffer.size() >= size + srtpTrailer);
    if (!valid(m_key, m_nextIndex))
        return ProtectOutcome::KeyExpired;
    int length = static_cast<int>(size);
    const auto status = srtp_protect_mki(m_session.get(), buffer.data(), &length, !m_key.mki.empty(), 0);
    if (status == srtp_err_status_ok) {
        size = static_cast<std::size_t>(length);
        ++m_nextIndex;
        ++m_use.packets;
    }
    return outcome(status);
}

ProtectOutcome SrtpSender::protectRtcp(std::span<std::uint8_t> buffer, std::size_t &size)
{
    assert(buffer.size() >= size + srtpTrailer);
    int length = static_cast<int>(size);
    const auto status = srtp_protect_rtcp_mki(m_session.get(), buffer.data(), &length, !m_key.mki.empty(), 0);
    if (status == srtp_err_status_ok) {
        size = static_cast<std::size_t>(length);
        ++m_use.reports;
    }
    return outcome(status);
}

} // namespace media
