// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "audio/samples.h"
#include "media_result.h"

#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <vector>

/// WAV files of the one format: 48 kHz, mono, 16 bit PCM. Other chunks than `fmt ` and `data` are skipped.
namespace media {

struct FileCloser
{
    void operator()(std::FILE *file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, FileCloser>;

/// Reads samples in order, from the start again after the last.
class WavReader
{
public:
    static Result<WavReader> open(const std::string &path);
    /// `name` stands in errors.
    static Result<WavReader> read(File file, const std::string &name);

    std::size_t length() const { return m_length; } ///< in samples, at least 1

    /// Fills `to`, looping. False if the file can't be read any more; `to` is silence then.
    bool read(std::span<Sample> to);
    void rewind();

private:
    WavReader(File file, long dataOffset, std::size_t length);

    File m_file;
    long m_dataOffset;
    std::size_t m_length;
    std::size_t m_position = 0;
};

/// Writes samples. The header is brought up to date about every second, at flush() and on destruction, so that a file
/// of a program that was killed is valid, too. Stops growing at the 4 GiB that the format can tell.
class WavWriter
{
public:
    static Result<WavWriter> create(const std::string &path);

    WavWriter(WavWriter &&) = default;
    WavWriter &operator=(WavWriter &&) = delete;
    ~WavWriter();

    void write(std::span<const Sample> samples);
    void flush();

private:
    explicit WavWriter(File file);

    File m_file;
    std::uint64_t m_samples = 0;
    std::uint64_t m_samplesInHeader = 0;
};

/// The whole of a file, for short ones: at most `limit` samples (default: a minute).
Result<std::vector<Sample>> readWav(const std::string &path, std::size_t limit = 60 * sampleRate);

/// The same for a file that lies in memory.
Result<std::vector<Sample>> parseWav(std::span<const std::uint8_t> file, std::size_t limit = 60 * sampleRate);

} // namespace media
