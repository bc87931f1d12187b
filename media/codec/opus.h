// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "audio/samples.h"
#include "media_result.h"

#include <memory>
#include <span>

struct OpusEncoder; // of libopus, which stays inside media/codec
struct OpusDecoder;

namespace media {

/// Opus for speech: 48 kHz mono, frames of 20 ms, 32 kbit/s. The rate is constant, since the sizes of encrypted packets
/// of variable rate tell what is spoken (RFC 6562). Encoding and decoding do not allocate.
class VoiceEncoder
{
public:
    static Result<VoiceEncoder> create();

    static constexpr std::size_t largestFrame = 1275; ///< octets

    /// The size of the payload, 0 if the codec failed.
    std::size_t encode(std::span<const Sample, samplesPerFrame> frame, std::span<std::uint8_t, largestFrame> payload);

    /// What the peer loses, 0 to 100 percent. From 1 on packets carry the one before at low rate (in-band FEC).
    void expectLoss(int percent);

private:
    struct Deleter
    {
        void operator()(OpusEncoder *encoder) const;
    };
    explicit VoiceEncoder(std::unique_ptr<OpusEncoder, Deleter> encoder) : m_encoder(std::move(encoder)) {}
    std::unique_ptr<OpusEncoder, Deleter> m_encoder;
};

class VoiceDecoder
{
public:
    static Result<VoiceDecoder> create();

    /// Samples in a payload at 48 kHz; 0 if it is not Opus.
    static std::size_t duration(std::span<const std::uint8_t> payload);
    /// Whether the payload carries the frame before it as well.
    static bool carriesPrevious(std::span<const std::uint8_t> payload);

    /// Each returns how many samples it wrote to `to`, 0 if the codec failed.
    std::size_t decode(std::span<const std::uint8_t> payload, std::span<Sample> to);
    std::size_t decodePrevious(std::span<const std::uint8_t> payload, std::span<Sample> to); ///< fills `to`
    std::size_t conceal(std::span<Sample> to);                                               ///< fills `to`

private:
    struct Deleter
    {
        void operator()(OpusDecoder *decoder) const;
    };
    explicit VoiceDecoder(std::unique_ptr<OpusDecoder, Deleter> decoder) : m_decoder(std::move(decoder)) {}
    std::size_t run(std::span<const std::uint8_t> payload, std::span<Sample> to, bool previous);
    std::unique_ptr<OpusDecoder, Deleter> m_decoder;
};

} // namespace media
