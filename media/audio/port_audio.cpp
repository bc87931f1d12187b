// SPDX-License-Identifier: Apache-2.0
#include "audio/port_audio.h"

#include <dlfcn.h>

namespace media {

namespace {

const char *const noDevice = "There is no sound device on this machine.";

void discardAlsaMessage(const char *, int, const char *, int, const char *, ...) {}
void discardJackMessage(const char *) {}

/// PortAudio tries every device of every host API, and ALSA and JACK tell stderr about each one that is not there. What
/// matters comes back as an error code, so their handlers are replaced where the libraries are loaded.
void silenceHostApis()
{
    using AlsaHandler = void (*)(const char *, int, const char *, int, const char *, ...);
    using JackHandler = void (*)(const char *);
    if (void *function = dlsym(RTLD_DEFAULT, "snd_lib_error_set_handler"))
        reinterpret_cast<int (*)(AlsaHandler)>(function)(discardAlsaMessage);
    for (const char *name : {"jack_set_error_function", "jack_set_info_function"}) {
        if (void *function = dlsym(RTLD_DEFAULT, name))
            reinterpret_cast<void (*)(JackHandler)>(function)(discardJackMessage);
    }
}

int channels(const PaDeviceInfo &device, PortAudio::Side side)
{
    return side == PortAudio::Side::Capture ? device.maxInputChannels : device.maxOutputChannels;
}

} // namespace

std::mutex &PortAudio::lock()
{
    static std::mutex mutex;
    return mutex;
}

Result<std::shared_ptr<PortAudio>> PortAudio::acquire()
{
    static std::weak_ptr<PortAudio> current;
    if (auto running = current.lock())
        return running;
    silenceHostApis();
    if (const PaError status = Pa_Initialize(); status != paNoError)
        return Error{std::string("The sound system does not work: ") + Pa_GetErrorText(status) + "."};
    std::shared_ptr<PortAudio> fresh(new PortAudio);
    current = fresh;
    return fresh;
}

PortAudio::~PortAudio()
{
    Pa_Terminate();
}

Result<PaDeviceIndex> PortAudio::find(const std::string &name, Side side) const
{
    if (Pa_GetDeviceCount() <= 0)
        return Error{noDevice};
    const char *what = side == Side::Capture ? "microphone" : "speaker";
    if (name.empty()) {
        const PaDeviceIndex index = side == Side::Capture ? Pa_GetDefaultInputDevice() : Pa_GetDefaultOutputDevice();
        if (index == paNoDevice)
            return Error{std::string("There is no ") + what + " on this machine."};
        return index;
    }
    for (PaDeviceIndex index = 0; index < Pa_GetDeviceCount(); ++index) {
        const PaDeviceInfo *device = Pa_GetDeviceInfo(index);
        if (device && name == device->name && channels(*device, side) > 0)
            return index;
    }
    return Error{std::string("There is no ") + what + " called \"" + name + "\"."};
}

std::vector<AudioDevice> PortAudio::devices() const
{
    std::vector<AudioDevice> list;
    for (PaDeviceIndex index = 0; index < Pa_GetDeviceCount(); ++index) {
        if (const PaDeviceInfo *device = Pa_GetDeviceInfo(index))
            list.push_back({device->name, channels(*device, Side::Capture) > 0, channels(*device, Side::Playback) > 0});
    }
    return list;
}

Result<std::vector<AudioDevice>> audioDevices()
{
    const std::lock_guard guard(PortAudio::lock());
    Result<std::shared_ptr<PortAudio>> portAudio = PortAudio::acquire();
    if (!portAudio)
        return portAudio.error();
    std::vector<AudioDevice> devices = (*portAudio)->devices();
    portAudio->reset();
    if (devices.empty())
        return Error{noDevice};
    return devices;
}

} // namespace media
