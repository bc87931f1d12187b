// SPDX-License-Identifier: Apache-2.0
#include "codec/opus.h"

#include <opus.h>

#include <algorithm>

namespace media {

namespace {

constexpr int bitRate = 32'000;
constexpr int complexity = 1; // of 10; more takes much more CPU for what is hardly heard at this rate

Error failed(const char *what, int status)
{
    return {std::string("The Opus ") + what + " could not be made: " + opus_strerror(status) + "."};
}

} // namespace

void VoiceEncoder::Deleter::operator()(OpusEncoder *encoder) const
{
    opus_encoder_destroy(encoder);
}

Result<VoiceEncoder> VoiceEncoder::create()
{
    int status = OPUS_OK;
    // "Audio" with the voice signal codes speech as "VoIP" does, but without its filters, which take away from the
    // sound.
    std::unique_ptr<OpusEncoder, Deleter> encoder(opus_encoder_create(sampleRate, 1, OPUS_APPLICATION_AUDIO, &status));
    if (!encoder)
        return failed("encoder", status);
    opus_encoder_ctl(encoder.get(), OPUS_SET_BITRATE(bitRate));
    opus_encoder_ctl(encoder.get(), OPUS_SET_VBR(0));
    opus_encoder_ctl(encoder.get(), OPUS_SET_COMPLEXITY(complexity));
    opus_encoder_ctl(encoder.get(), OPUS_SET_SIGNAL(OPUS_SIGNAL_VOICE));
    return VoiceEncoder(std::move(encoder));
}

std::size_t VoiceEncoder::encode(std::span<const Sample, samplesPerFrame> frame,
                                 std::span<std::uint8_t, largestFrame> payload)
{
    const int size =
        opus_encode(m_encoder.get(), frame.data(), samplesPerFrame, payload.data(), static_cast<int>(payload.size()));
    return static_cast<std::size_t>(std::max(size, 0));
}

/// At this bit rate libopus finds FEC worth its bits only from some 8 percent on; speech gains from it at less.
void VoiceEncoder::expectLoss(int percent)
{
    const bool fec = percent > 0;
    opus_encoder_ctl(m_encoder.get(), OPUS_SET_INBAND_FEC(fec));
    opus_encoder_ctl(m_encoder.get(), OPUS_SET_PACKET_LOSS_PERC(fec ? std::clamp(percent, 10, 100) : 0));
}

void VoiceDecoder::Deleter::operator()(OpusDecoder *decoder) const
{
    opus_decoder_destroy(decoder);
}

Result<VoiceDecoder> VoiceDecoder::create()
{
    int status = OPUS_OK;
    std::unique_ptr<OpusDecoder, Deleter> decoder(opus_decoder_create(sampleRate, 1, &status));
    if (!decoder)
        return failed("decoder", status);
    return VoiceDecoder(std::move(decoder));
}

std::size_t VoiceDecoder::duration(std::span<const std::uint8_t> payload)
{
    if (payload.empty())
        return 0;
    const int samples = opus_packet_get_nb_samples(payload.data(), static_cast<opus_int32>(payload.size()), sampleRate);
    return static_cast<std::size_t>(std::max(samples, 0));
}

/// The LBRR flag, second to the voice activity flags at the start of a SILK frame (RFC 6716 section 4.2.3).
bool VoiceDecoder::carriesPrevious(std::span<const std::uint8_t> payload)
{
    constexpr std::uint8_t firstCeltOnly = 0x80;
    if (payload.empty() || payload[0] >= firstCeltOnly)
        return false;
    const unsigned char *frames[48];
    opus_int16 sizes[48];
    const auto size = static_cast<opus_int32>(payload.size());
    if (opus_packet_parse(payload.data(), size, nullptr, frames, sizes, nullptr) <= 0 || sizes[0] == 0)
        return false;
    const int silkFrames = std::max(1, opus_packet_get_samples_per_frame(payload.data(), sampleRate) / 960);
    return frames[0][0] >> (7 - silkFrames) & 1;
}

std::size_t VoiceDecoder::decode(std::span<const std::uint8_t> payload, std::span<Sample> to)
{
    return payload.empty() ? 0 : run(payload, to, false);
}

std::size_t VoiceDecoder::decodePrevious(std::span<const std::uint8_t> payload, std::span<Sample> to)
{
    return payload.empty() ? 0 : run(payload, to, true);
}

std::size_t VoiceDecoder::conceal(std::span<Sample> to)
{
    return run({}, to, false);
}

std::size_t VoiceDecoder::run(std::span<const std::uint8_t> payload, std::span<Sample> to, bool previous)
{
    const int samples =
        opus_decode(m_decoder.get(), payload.empty() ? nullptr : payload.data(),
                    static_cast<opus_int32>(payload.size()), to.data(), static_cast<int>(to.size()), previous);
    return static_cast<std::size_t>(std::max(samples, 0));
}

} // namespace media
