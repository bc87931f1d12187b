// SPDX-License-Identifier: Apache-2.0
#include "stream/stream.h"

#include "stream/worker.h"

namespace media {

Result<std::unique_ptr<Stream>> Stream::bind(const std::string &host)
{
    Result<UdpPair> sockets = UdpPair::bind(host);
    if (!sockets)
        return sockets.error();
    return std::unique_ptr<Stream>(new Stream(std::make_unique<Worker>(std::move(*sockets))));
}

Stream::Stream(std::unique_ptr<Worker> worker) : m_worker(std::move(worker)) {}

Stream::~Stream() = default;

std::uint16_t Stream::rtpPort() const
{
    return m_worker->sockets().port(UdpPair::Rtp);
}

std::uint16_t Stream::rtcpPort() const
{
    return m_worker->sockets().port(UdpPair::Rtcp);
}

std::optional<Error> Stream::start(StreamConfig config)
{
    return m_worker->start(std::move(config));
}

void Stream::stop()
{
    m_worker->stop();
}

std::optional<Error> Stream::renewReceiveKeys(std::vector<SrtpKey> keys, WeakPolicy weak)
{
    return m_worker->renewReceiveKeys(std::move(keys), weak);
}

std::optional<Error> Stream::renewSendKeys(std::vector<SrtpKey> keys, WeakPolicy weak)
{
    return m_worker->renewSendKeys(std::move(keys), weak);
}

void Stream::setMuted(bool muted)
{
    m_worker->muted = muted;
}

bool Stream::muted() const
{
    return m_worker->muted;
}

StreamStatistics Stream::statistics() const
{
    return m_worker->statistics();
}

} // namespace media
