// SPDX-License-Identifier: Apache-2.0
#include "audio/device_endpoints.h"

#include "audio/port_audio.h"
#include "audio/spsc_ring.h"

#include <algorithm>

namespace media {

namespace {

using SampleRing = SpscRing<Sample, 8192>; // 170 ms

/// One open PortAudio stream of one side, 48 kHz mono in buffers of 10 ms.
class DeviceStream
{
public:
    ~DeviceStream() { close(); }

    /// The callback gets `context` and must not wait for anything.
    std::optional<Error> open(const std::string &name, PortAudio::Side side, PaStreamCallback *callback, void *context);
    void close();
    bool isOpen() const { return m_stream; }

private:
    std::optional<Error> fail(const char *what, PaError status);

    std::shared_ptr<PortAudio> m_portAudio;
    PaStream *m_stream = nullptr;
};

std::optional<Error> DeviceStream::open(const std::string &name, PortAudio::Side side, PaStreamCallback *callback,
                                        void *context)
{
    close();
    const std::lock_guard guard(PortAudio::lock());
    Result<std::shared_ptr<PortAudio>> portAudio = PortAudio::acquire();
    if (!portAudio)
        return portAudio.error();
    m_portAudio = std::move(*portAudio);
    const char *what = side == PortAudio::Side::Capture ? "microphone" : "speaker";
    Result<PaDeviceIndex> device = m_portAudio->find(name, side);
    if (!device) {
        m_portAudio.reset();
        return device.error();
    }
    // Less than two buffers of latency slips audio.
    const PaStreamParameters parameters{*device, 1, paInt16, 0.020, nullptr};
    const bool captures = side == PortAudio::Side::Capture;
    if (const PaError status =
            Pa_OpenStream(&m_stream, captures ? &parameters : nullptr, captures ? nullptr : &parameters, sampleRate,
                          samplesPerQuantum, paClipOff | paDitherOff, callback, context);
        status != paNoError)
        return fail(what, status);
    if (const PaError status = Pa_StartStream(m_stream); status != paNoError)
        return fail(what, status);
    return std::nullopt;
}

/// With the lock held.
std::optional<Error> DeviceStream::fail(const char *what, PaError status)
{
    if (m_stream)
        Pa_CloseStream(m_stream);
    m_stream = nullptr;
    m_portAudio.reset();
    return Error{std::string("The ") + what + " can't be opened: " + Pa_GetErrorText(status) + "."};
}

void DeviceStream::close()
{
    if (!m_stream)
        return;
    const std::lock_guard guard(PortAudio::lock());
    Pa_AbortStream(m_stream);
    Pa_CloseStream(m_stream);
    m_stream = nullptr;
    m_portAudio.reset();
}

class DeviceMicrophone final : public Microphone
{
public:
    explicit DeviceMicrophone(std::string name) : m_name(std::move(name)) {}

    std::optional<Error> start(Time) override
    {
        return m_stream.open(m_name, PortAudio::Side::Capture, &DeviceMicrophone::captured, this);
    }

    void stop() override { m_stream.close(); }

    std::size_t read(std::span<Sample> to, Time) override { return m_ring.read(to); }

private:
    /// On PortAudio's thread. A full ring means that nobody reads; what is new is lost then.
    static int captured(const void *input, void *, unsigned long count, const PaStreamCallbackTimeInfo *,
                        PaStreamCallbackFlags, void *self)
    {
        if (input)
            static_cast<DeviceMicrophone *>(self)->m_ring.write({static_cast<const Sample *>(input), count});
        return paContinue;
    }

    const std::string m_name;
    SampleRing m_ring;
    DeviceStream m_stream; // last, so that the callback ends before what it uses
};

class DeviceSpeaker final : public Speaker
{
public:
    explicit DeviceSpeaker(std::string name) : m_name(std::move(name)) {}

    std::optional<Error> start(Time) override
    {
        return m_stream.open(m_name, PortAudio::Side::Playback, &DeviceSpeaker::play, this);
    }

    void stop() override { m_stream.close(); }

    /// Two quanta wait for the callback: one it takes next and one for the media thread's being late.
    std::size_t wanted(Time) const override
    {
        constexpr std::size_t level = 2 * samplesPerQuantum;
        if (!m_stream.isOpen())
            return 0;
        return level - std::min(level, m_ring.size());
    }

    void write(std::span<const Sample> samples, Time) override { m_ring.write(samples); }

private:
    /// On PortAudio's thread.
    static int play(const void *, void *output, unsigned long count, const PaStreamCallbackTimeInfo *,
                    PaStreamCallbackFlags, void *self)
    {
        const std::span<Sample> to(static_cast<Sample *>(output), count);
        const std::size_t filled = static_cast<DeviceSpeaker *>(self)->m_ring.read(to);
        std::ranges::fill(to.subspan(filled), Sample{0});
        return paContinue;
    }

    const std::string m_name;
    SampleRing m_ring;
    DeviceStream m_stream; // last, so that the callback ends before what it uses
};

} // namespace

std::shared_ptr<Microphone> deviceMicrophone(std::string name)
{
    return std::make_shared<DeviceMicrophone>(std::move(name));
}

std::shared_ptr<Speaker> deviceSpeaker(std::string name)
{
    return std::make_shared<DeviceSpeaker>(std::move(name));
}

} // namespace media
