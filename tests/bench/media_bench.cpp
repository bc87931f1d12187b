// SPDX-License-Identifier: Apache-2.0
// A call's media without its signalling: two streams over loopback with the file back end, for some seconds of real
// time. Clicks in the file that one speaks are looked for in the file that the other hears; the distance is mouth to
// ear.
#include "audio/file_endpoints.h"
#include "stream/stream.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include <sys/resource.h>
#include <unistd.h>

using namespace media;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t clickEvery = sampleRate / 4 + 77; // no multiple of a frame, so that clicks fall anywhere in one
constexpr std::size_t clickLength = 48;

/// Notes when an endpoint's time began, so that positions in the two files can be compared.
class StampedMicrophone final : public Microphone
{
public:
    explicit StampedMicrophone(std::shared_ptr<Microphone> inner) : m_inner(std::move(inner)) {}

    std::optional<Error> start(Time now) override
    {
        begun = now;
        return m_inner->start(now);
    }
    void stop() override { m_inner->stop(); }
    std::size_t read(std::span<Sample> to, Time now) override { return m_inner->read(to, now); }

    Time begun{};

private:
    std::shared_ptr<Microphone> m_inner;
};

class StampedSpeaker final : public Speaker
{
public:
    explicit StampedSpeaker(std::shared_ptr<Speaker> inner) : m_inner(std::move(inner)) {}

    std::optional<Error> start(Time now) override
    {
        begun = now;
        return m_inner->start(now);
    }
    void stop() override { m_inner->stop(); }
    std::size_t wanted(Time now) const override { return m_inner->wanted(now); }
    void write(std::span<const Sample> samples, Time now) override { m_inner->write(samples, now); }

    Time begun{};

private:
    std::shared_ptr<Speaker> m_inner;
};

template <class T>
T need(Result<T> result)
{
    if (!result) {
        std::fprintf(stderr, "%s\n", result.error().sentence.c_str());
        std::exit(1);
    }
    return std::move(*result);
}

SrtpKey key(std::uint32_t ssrc)
{
    SrtpKey key;
    key.ssrc = ssrc;
    key.masterKey = SecretBytes(std::vector<std::uint8_t>(16, static_cast<std::uint8_t>(ssrc)));
    key.masterSalt = SecretBytes(std::vector<std::uint8_t>(14, static_cast<std::uint8_t>(ssrc)));
    return key;
}

std::vector<Sample> clicks(std::size_t length)
{
    std::vector<Sample> samples(length);
    for (std::size_t at = clickEvery; at + clickLength < length; at += clickEvery) {
        for (std::size_t i = 0; i < clickLength; ++i)
            samples[at + i] = i / 12 % 2 ? -20000 : 20000;
    }
    return samples;
}

std::size_t loudest(std::span<const Sample> samples)
{
    const auto at = std::ranges::max_element(samples, {}, [](Sample sample) { return std::abs(int{sample}); });
    return static_cast<std::size_t>(at - samples.begin());
}

/// In milliseconds, one for each click that was heard.
std::vector<double> delays(std::span<const Sample> spoken, std::span<const Sample> heard, Duration headStart)
{
    constexpr std::size_t window = sampleRate / 5;
    const double headStartMs = std::chrono::duration<double, std::milli>(headStart).count();
    std::vector<double> result;
    for (std::size_t at = clickEvery; at + window < std::min(spoken.size(), heard.size()); at += clickEvery) {
        const std::size_t there = loudest(heard.subspan(at, window));
        const std::size_t here = loudest(spoken.subspan(at, clickLength));
        if (std::abs(int{heard[at + there]}) > 2000)
            result.push_back((static_cast<double>(there) - static_cast<double>(here)) * 1000 / sampleRate -
                             headStartMs);
    }
    std::ranges::sort(result);
    return result;
}

double cpuSeconds()
{
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval &time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double residentMb()
{
    std::ifstream statm("/proc/self/statm");
    double total = 0, resident = 0;
    statm >> total >> resident;
    return resident * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1e6;
}

void report(const char *direction, const std::vector<double> &ms)
{
    if (ms.empty())
        std::printf("mouth to ear, %s: no click was heard\n", direction);
    else
        std::printf("mouth to ear, %s: median %.1f ms, %.1f to %.1f (%zu clicks; to hold: 60)\n", direction,
                    ms[ms.size() / 2], ms.front(), ms.back(), ms.size());
}

} // namespace

int main(int argc, char **argv)
{
    const int seconds = argc > 1 ? std::max(2, std::atoi(argv[1])) : 10;
    char pattern[] = "/tmp/media_bench.XXXXXX";
    const std::string folder = mkdtemp(pattern) ? pattern : ".";
    const auto spoken = clicks(static_cast<std::size_t>(seconds) * sampleRate);
    need(WavWriter::create(folder + "/in.wav")).write(spoken);

    std::unique_ptr<Stream> streams[2];
    std::shared_ptr<StampedMicrophone> microphones[2];
    std::shared_ptr<StampedSpeaker> speakers[2];
    const std::string heardFiles[2] = {folder + "/heard0.wav", folder + "/heard1.wav"};
    for (auto &stream : streams)
        stream = need(Stream::bind("127.0.0.1"));
    const double cpuBefore = cpuSeconds();
    for (int i : {0, 1}) {
        microphones[i] = std::make_shared<StampedMicrophone>(need(FileMicrophone::open(folder + "/in.wav")));
        speakers[i] = std::make_shared<StampedSpeaker>(need(FileSpeaker::open(heardFiles[i])));
        StreamConfig config;
        config.remoteRtp = {"127.0.0.1", streams[1 - i]->rtpPort()};
        config.sendKeys.push_back(key(static_cast<std::uint32_t>(1 + i)));
        config.receiveKeys.push_back(key(static_cast<std::uint32_t>(2 - i)));
        config.audio = {microphones[i], speakers[i]};
        if (const auto error = streams[i]->start(std::move(config))) {
            std::fprintf(stderr, "%s\n", error->sentence.c_str());
            return 1;
        }
    }
    std::this_thread::sleep_for(std::chrono::seconds(seconds));
    const double cpu = cpuSeconds() - cpuBefore, resident = residentMb();
    for (const auto &stream : streams)
        stream->stop();

    const char *directions[2] = {"one way", "other way"};
    for (int i : {0, 1}) {
        const auto heard = need(readWav(heardFiles[1 - i], spoken.size()));
        const auto headStart = std::chrono::duration_cast<Duration>(microphones[i]->begun - speakers[1 - i]->begun);
        report(directions[i], delays(spoken, heard, headStart));
    }
    std::printf("CPU of a call: %.2f %% of a core for each side (to hold: 3)\n", cpu * 100 / seconds / 2);
    std::printf("resident with two streams: %.1f MB\n", resident);
    std::filesystem::remove_all(folder);
    return 0;
}
