// SPDX-License-Identifier: Apache-2.0
#include "audio/wav.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <limits>

namespace media {

static_assert(std::endian::native == std::endian::little, "samples are read and written as they lie in memory");

namespace {

constexpr std::size_t headerSize = 44;
constexpr std::uint64_t mostSamples = (std::numeric_limits<std::uint32_t>::max() - headerSize) / sizeof(Sample);

std::uint32_t little(const std::uint8_t *bytes, int count)
{
    std::uint32_t value = 0;
    for (int i = count; i-- > 0;)
        value = value << 8 | bytes[i];
    return value;
}

Error cannot(const char *what, const std::string &path)
{
    return {std::string("Cannot ") + what + " " + path + ": " + std::strerror(errno) + "."};
}

Error withoutSound(const std::string &name)
{
    return {name + " is a WAV file without sound in it."};
}

/// The 16 octets of a `fmt ` chunk; the text says what is wrong, empty if nothing.
std::string wrongFormat(const std::array<std::uint8_t, 16> &fmt)
{
    constexpr std::uint32_t pcm = 1, extensible = 0xfffe;
    const std::uint32_t format = little(&fmt[0], 2), channels = little(&fmt[2], 2), rate = little(&fmt[4], 4),
                        bits = little(&fmt[14], 2);
    if (format != pcm && format != extensible)
        return "is not plain PCM";
    if (channels != 1 || rate != sampleRate || bits != 16)
        return "has " + std::to_string(channels) + " channel(s) of " + std::to_string(bits) + " bit at " +
               std::to_string(rate) + " Hz";
    return {};
}

struct DataChunk
{
    long offset = 0;
    std::size_t samples = 0;
};

/// How many samples really lie in the file: programs that were killed leave a header that promises too much or nothing.
DataChunk clamp(std::FILE *file, std::uint32_t promised)
{
    DataChunk chunk{std::ftell(file), 0};
    std::fseek(file, 0, SEEK_END);
    const auto available = static_cast<std::uint64_t>(std::max(0L, std::ftell(file) - chunk.offset));
    chunk.samples = (promised == 0 ? available : std::min<std::uint64_t>(promised, available)) / sizeof(Sample);
    return chunk;
}

Result<DataChunk> findData(std::FILE *file, const std::string &path)
{
    std::array<std::uint8_t, 12> riff{};
    if (std::fread(riff.data(), 1, riff.size(), file) != riff.size() || std::memcmp(&riff[0], "RIFF", 4) != 0 ||
        std::memcmp(&riff[8], "WAVE", 4) != 0)
        return Error{path + " is not a WAV file."};
    bool formatSeen = false;
    std::array<std::uint8_t, 8> head{};
    while (std::fread(head.data(), 1, head.size(), file) == head.size()) {
        const std::uint32_t size = little(&head[4], 4);
        long rest = static_cast<long>(size) + static_cast<long>(size & 1); // chunks are padded to even length
        if (std::memcmp(head.data(), "data", 4) == 0 && formatSeen)
            return clamp(file, size);
        if (std::memcmp(head.data(), "fmt ", 4) == 0 && size >= 16) {
            std::array<std::uint8_t, 16> fmt{};
            if (std::fread(fmt.data(), 1, fmt.size(), file) != fmt.size())
                break;
            if (const std::string wrong = wrongFormat(fmt); !wrong.empty())
                return Error{path + " " + wrong + "; a WAV file of 48000 Hz, mono, 16 bit PCM is needed."};
            formatSeen = true;
            rest -= 16;
        }
        if (std::fseek(file, rest, SEEK_CUR) != 0)
            break;
    }
    return withoutSound(path);
}

std::array<std::uint8_t, headerSize> header(std::uint64_t samples)
{
    std::array<std::uint8_t, headerSize> bytes{};
    std::size_t at = 0;
    const auto text = [&](const char *four) {
        at = static_cast<std::size_t>(std::copy_n(four, 4, &bytes[at]) - &bytes[0]);
    };
    const auto number = [&](std::uint64_t value, int octets) {
        for (int i = 0; i < octets; ++i)
            bytes[at++] = static_cast<std::uint8_t>(value >> (8 * i));
    };
    const std::uint64_t dataSize = samples * sizeof(Sample);
    text("RIFF"), number(headerSize - 8 + dataSize, 4), text("WAVE");
    text("fmt "), number(16, 4), number(1, 2), number(1, 2);
    number(sampleRate, 4), number(sampleRate * sizeof(Sample), 4), number(sizeof(Sample), 2), number(16, 2);
    text("data"), number(dataSize, 4);
    return bytes;
}

} // namespace

Result<WavReader> WavReader::open(const std::string &path)
{
    File file(std::fopen(path.c_str(), "rbe"));
    if (!file)
        return cannot("read", path);
    return read(std::move(file), path);
}

Result<WavReader> WavReader::read(File file, const std::string &name)
{
    Result<DataChunk> data = findData(file.get(), name);
    if (!data)
        return data.error();
    if (data->samples == 0)
        return withoutSound(name);
    WavReader reader(std::move(file), data->offset, data->samples);
    reader.rewind();
    return reader;
}

WavReader::WavReader(File file, long dataOffset, std::size_t length)
    : m_file(std::move(file)), m_dataOffset(dataOffset), m_length(length)
{
}

void WavReader::rewind()
{
    std::fseek(m_file.get(), m_dataOffset, SEEK_SET);
    m_position = 0;
}

bool WavReader::read(std::span<Sample> to)
{
    while (!to.empty()) {
        if (m_position == m_length)
            rewind();
        const std::size_t count = std::min(to.size(), m_length - m_position);
        if (std::fread(to.data(), sizeof(Sample), count, m_file.get()) != count) {
            std::ranges::fill(to, Sample{0});
            return false;
        }
        m_position += count;
        to = to.subspan(count);
    }
    return true;
}

Result<WavWriter> WavWriter::create(const std::string &path)
{
    File file(std::fopen(path.c_str(), "wbe"));
    if (!file)
        return cannot("write", path);
    WavWriter writer(std::move(file));
    writer.flush();
    return writer;
}

WavWriter::WavWriter(File file) : m_file(std::move(file)) {}

WavWriter::~WavWriter()
{
    if (m_file)
        flush();
}

void WavWriter::write(std::span<const Sample> samples)
{
    const std::size_t room = static_cast<std::size_t>(std::min<std::uint64_t>(samples.size(), mostSamples - m_samples));
    m_samples += std::fwrite(samples.data(), sizeof(Sample), room, m_file.get());
    if (m_samples - m_samplesInHeader >= sampleRate)
        flush();
}

void WavWriter::flush()
{
    const auto bytes = header(m_samples);
    std::fseek(m_file.get(), 0, SEEK_SET);
    std::fwrite(bytes.data(), 1, bytes.size(), m_file.get());
    std::fseek(m_file.get(), 0, SEEK_END);
    std::fflush(m_file.get());
    m_samplesInHeader = m_samples;
}

namespace {

Result<std::vector<Sample>> readAll(Result<WavReader> reader, std::size_t limit)
{
    if (!reader)
        return reader.error();
    std::vector<Sample> samples(std::min(reader->length(), limit));
    if (!reader->read(samples))
        return Error{"The WAV file could not be read to its end."};
    return samples;
}

} // namespace

Result<std::vector<Sample>> readWav(const std::string &path, std::size_t limit)
{
    return readAll(WavReader::open(path), limit);
}

Result<std::vector<Sample>> parseWav(std::span<const std::uint8_t> file, std::size_t limit)
{
    // Opened for reading only: nothing is written through the pointer.
    File stream(fmemopen(const_cast<std::uint8_t *>(file.data()), file.size(), "rb"));
    if (!stream)
        return withoutSound("The recording");
    return readAll(WavReader::read(std::move(stream), "The recording"), limit);
}

} // namespace media
