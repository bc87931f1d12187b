// SPDX-License-Identifier: Apache-2.0
#include "audio/file_endpoints.h"

#include <algorithm>

namespace media {

Result<std::shared_ptr<FileMicrophone>> FileMicrophone::open(const std::string &path)
{
    Result<WavReader> reader = WavReader::open(path);
    if (!reader)
        return reader.error();
    return std::make_shared<FileMicrophone>(std::move(*reader));
}

FileMicrophone::FileMicrophone(WavReader reader) : m_reader(std::move(reader)) {}

std::optional<Error> FileMicrophone::start(Time now)
{
    m_reader.rewind();
    m_clock.start(now);
    return std::nullopt;
}

std::size_t FileMicrophone::read(std::span<Sample> to, Time now)
{
    const std::size_t count = std::min(to.size(), m_clock.due(now));
    m_reader.read(to.first(count)); // a file that vanished is silence
    m_clock.take(count, now);
    return count;
}

Result<std::shared_ptr<FileSpeaker>> FileSpeaker::open(const std::string &path)
{
    Result<WavWriter> writer = WavWriter::create(path);
    if (!writer)
        return writer.error();
    return std::make_shared<FileSpeaker>(std::move(*writer));
}

FileSpeaker::FileSpeaker(WavWriter writer) : m_writer(std::move(writer)) {}

std::optional<Error> FileSpeaker::start(Time now)
{
    m_clock.start(now, samplesPerQuantum);
    return std::nullopt;
}

void FileSpeaker::stop()
{
    m_writer.flush();
}

std::size_t FileSpeaker::wanted(Time now) const
{
    return m_clock.due(now);
}

void FileSpeaker::write(std::span<const Sample> samples, Time now)
{
    m_writer.write(samples);
    m_clock.take(samples.size(), now);
}

} // namespace media
