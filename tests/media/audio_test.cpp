// SPDX-License-Identifier: Apache-2.0
#include "analysis/correlation.h"
#include "audio/backends.h"
#include "audio/device_endpoints.h"
#include "audio/file_endpoints.h"
#include "audio/level.h"
#include "audio/virtual_endpoints.h"
#include "audio/wav.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <random>

using namespace media;
using namespace std::chrono_literals;

namespace {

constexpr Time epoch{1000s};

std::vector<Sample> ramp(std::size_t count)
{
    std::vector<Sample> samples(count);
    for (std::size_t i = 0; i < count; ++i)
        samples[i] = static_cast<Sample>(i);
    return samples;
}

std::vector<Sample> noise(std::size_t count, unsigned seed)
{
    std::mt19937 random(seed);
    std::normal_distribution<double> normal(0, 3000);
    std::vector<Sample> samples(count);
    std::ranges::generate(samples, [&] { return static_cast<Sample>(std::clamp(normal(random), -32000.0, 32000.0)); });
    return samples;
}

std::vector<Sample> delayed(std::span<const Sample> samples, std::size_t by)
{
    std::vector<Sample> result(by);
    result.insert(result.end(), samples.begin(), samples.end());
    return result;
}

std::vector<Sample> speechOf(const char *name)
{
    auto samples = readWav(std::string(LATCHKEY_TEST_DATA "/../resources/speech/") + name);
    return samples ? *samples : std::vector<Sample>();
}

QByteArray little(quint32 value, int octets)
{
    QByteArray bytes;
    for (int i = 0; i < octets; ++i)
        bytes.append(static_cast<char>(value >> (8 * i)));
    return bytes;
}

QByteArray chunk(const char *name, const QByteArray &body)
{
    return QByteArray(name, 4) + little(static_cast<quint32>(body.size()), 4) + body +
           QByteArray(body.size() % 2, '\0');
}

QByteArray fmt(quint32 format, quint32 channels, quint32 rate, quint32 bits)
{
    return chunk("fmt ", little(format, 2) + little(channels, 2) + little(rate, 4) +
                             little(rate * channels * bits / 8, 4) + little(channels * bits / 8, 2) + little(bits, 2));
}

QByteArray riff(const QByteArray &chunks)
{
    return "RIFF" + little(static_cast<quint32>(chunks.size()) + 4, 4) + "WAVE" + chunks;
}

} // namespace

class AudioTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void clockKeepsTime();
    void clockForgivesAPause();
    void wavRoundTrip();
    void wavOfAKilledProgramIsValid();
    void wavIsChecked_data();
    void wavIsChecked();
    void fileMicrophoneLoops();
    void fileSpeakerRecords();
    void toneIsHeard();
    void memoryIsBounded();
    void teePlaysOnBoth();
    void teeGoesOnWithoutItsPrimary();
    void backendsAreNamed_data();
    void backendsAreNamed();
    void devicesAreListed();
    void noDeviceIsASentence();
    void levels();
    void correlationFindsDelay_data();
    void correlationFindsDelay();
    void correlationTellsSpeakersApart();
    void correlationOfNothing();

private:
    std::string path(const char *name) const { return m_folder.filePath(QString::fromLatin1(name)).toStdString(); }
    std::string write(const char *name, const QByteArray &content) const;

    QTemporaryDir m_folder;
};

std::string AudioTest::write(const char *name, const QByteArray &content) const
{
    QFile file(QString::fromStdString(path(name)));
    if (!file.open(QIODevice::WriteOnly) || file.write(content) != content.size())
        return {};
    return path(name);
}

/// One sound device that goes nowhere, whatever the machine has; the plug-ins of a full ALSA configuration leak.
void AudioTest::initTestCase()
{
    QVERIFY(m_folder.isValid());
    const std::string configuration = write("asound.conf", "pcm.default { type null }\nctl.default { type null }\n");
    QVERIFY(qputenv("ALSA_CONFIG_PATH", QByteArray::fromStdString(configuration)));
}

void AudioTest::clockKeepsTime()
{
    SampleClock clock;
    clock.start(epoch, samplesPerQuantum);
    std::size_t taken = 0;
    std::mt19937 random(1);
    Time now = epoch;
    while (now < epoch + 3600s) { // read at odd times for an hour: it neither drifts nor runs ahead
        now += Duration(1 + random() % 30'000);
        const std::size_t due = clock.due(now);
        QCOMPARE(due % samplesPerQuantum, 0u);
        clock.take(due, now);
        taken += due;
    }
    const auto quanta = (now - epoch) / quantum + 1;
    QCOMPARE(taken, static_cast<std::size_t>(quanta) * samplesPerQuantum);
}

void AudioTest::clockForgivesAPause()
{
    SampleClock clock;
    clock.start(epoch);
    const Time later = epoch + 1h;
    QCOMPARE(clock.due(later), samplesPerQuantum);
    clock.take(samplesPerQuantum, later);
    QCOMPARE(clock.due(later), 0u);
    QCOMPARE(clock.due(later + 20ms), 2 * samplesPerQuantum);
}

void AudioTest::wavRoundTrip()
{
    const std::vector<Sample> samples = ramp(100'000);
    {
        auto writer = WavWriter::create(path("a.wav"));
        QVERIFY(writer);
        writer->write(std::span(samples).first(60'000));
        writer->write(std::span(samples).subspan(60'000));
    }
    auto back = readWav(path("a.wav"), samples.size() + 1);
    QVERIFY(back);
    QCOMPARE(*back, samples);
    back = readWav(path("a.wav"), 10);
    QVERIFY(back);
    QCOMPARE(back->size(), 10u);
    QVERIFY(!WavWriter::create("/no/such/folder/a.wav"));
}

void AudioTest::wavOfAKilledProgramIsValid()
{
    auto writer = WavWriter::create(path("killed.wav"));
    QVERIFY(writer);
    for (int i = 0; i < 150; ++i) // 1.5 s
        writer->write(ramp(samplesPerQuantum));
    const auto now = readWav(path("killed.wav")); // while it is open
    QVERIFY(now);
}

void AudioTest::wavIsChecked_data()
{
    QTest::addColumn<QByteArray>("content");
    QTest::addColumn<int>("samples"); // 0: refused
    QTest::addColumn<QByteArray>("says");
    const QByteArray good = fmt(1, 1, 48000, 16);
    const QByteArray data = chunk("data", QByteArray(20, 'x'));
    const auto row = [](const char *name, const QByteArray &content, int samples, const char *says = "") {
        QTest::newRow(name) << content << samples << QByteArray(says);
    };
    row("good", riff(good + data), 10);
    row("other chunks", riff(chunk("LIST", "abc") + good + chunk("fact", "abcd") + data + chunk("id3 ", "x")), 10);
    row("extensible", riff(fmt(0xfffe, 1, 48000, 16) + data), 10);
    row("empty file", "", 0, "not a WAV file");
    row("not RIFF", "This is not a WAV file at all", 0, "not a WAV file");
    row("44.1 kHz", riff(fmt(1, 1, 44100, 16) + data), 0, "44100 Hz");
    row("stereo", riff(fmt(1, 2, 48000, 16) + data), 0, "2 channel(s)");
    row("8 bit", riff(fmt(1, 1, 48000, 8) + data), 0, "8 bit");
    row("A-law", riff(fmt(6, 1, 48000, 16) + data), 0, "PCM");
    row("no data", riff(good), 0, "without sound");
    row("empty data", riff(good + chunk("data", "")), 0, "without sound");
    row("data before fmt", riff(data + good), 0, "without sound");
    row("data longer than the file", riff(good + "data" + little(0xffffffff, 4) + QByteArray(20, 'x')), 10);
    row("data length never written", riff(good + "data" + little(0, 4) + QByteArray(20, 'x')), 10);
    row("chunk longer than the file", riff("junk" + little(0x7fffffff, 4) + "xx"), 0, "without sound");
    row("fmt cut short", riff("fmt " + little(16, 4) + "xx"), 0, "without sound");
}

void AudioTest::wavIsChecked()
{
    QFETCH(QByteArray, content);
    QFETCH(int, samples);
    QFETCH(QByteArray, says);
    const std::string file = write("checked.wav", content);
    QVERIFY(!file.empty());
    auto read = readWav(file);
    QCOMPARE(bool(read), samples > 0);
    if (read)
        QCOMPARE(static_cast<int>(read->size()), samples);
    else
        QVERIFY2(read.error().sentence.find(says.toStdString()) != std::string::npos, read.error().sentence.c_str());
    auto parsed = parseWav(
        {reinterpret_cast<const std::uint8_t *>(content.constData()), static_cast<std::size_t>(content.size())});
    QCOMPARE(bool(parsed), samples > 0);
    if (parsed)
        QCOMPARE(*parsed, *read);
}

void AudioTest::fileMicrophoneLoops()
{
    {
        auto writer = WavWriter::create(path("loop.wav"));
        QVERIFY(writer);
        writer->write(ramp(700));
    }
    auto microphone = FileMicrophone::open(path("loop.wav"));
    QVERIFY(microphone);
    QVERIFY(!(*microphone)->start(epoch));
    std::vector<Sample> read(2000);
    QCOMPARE((*microphone)->read(read, epoch), 0u);
    QCOMPARE((*microphone)->read(std::span(read).first(100), epoch + 40ms), 100u);
    QCOMPARE((*microphone)->read(std::span(read).subspan(100), epoch + 40ms), 1820u);
    for (std::size_t i = 0; i < 1920; ++i)
        QCOMPARE(read[i], static_cast<Sample>(i % 700));
    QVERIFY(!FileMicrophone::open(path("none.wav")));
}

void AudioTest::fileSpeakerRecords()
{
    auto speaker = FileSpeaker::open(path("out.wav"));
    QVERIFY(speaker);
    for (int call = 0; call < 2; ++call) { // the second call is appended
        QVERIFY(!(*speaker)->start(epoch));
        QCOMPARE((*speaker)->wanted(epoch), samplesPerQuantum);
        (*speaker)->write(ramp(samplesPerQuantum), epoch);
        QCOMPARE((*speaker)->wanted(epoch), 0u);
        (*speaker)->stop();
    }
    const auto recorded = readWav(path("out.wav"));
    QVERIFY(recorded);
}

void AudioTest::toneIsHeard()
{
    ToneMicrophone microphone;
    QVERIFY(!microphone.start(epoch));
    std::vector<Sample> second(sampleRate);
    QCOMPARE(microphone.read(second, epoch + 1s), second.size());
    QVERIFY(qAbs(loudness(std::span(second).first(sampleRate / 2)) + 20) < 0.1);
    QCOMPARE(loudness(std::span(second).subspan(sampleRate / 2)), LevelMeter::silence);
    int crossings = 0;
    for (std::size_t i = 1; i < second.size() / 2; ++i)
        crossings += second[i - 1] < 0 && second[i] >= 0;
    QCOMPARE(crossings, 219); // 440 Hz for half a second; the first period begins at zero
}

void AudioTest::memoryIsBounded()
{
    MemorySpeaker speaker(1000);
    QVERIFY(!speaker.start(epoch));
    for (int i = 0; i < 10; ++i)
        speaker.write(ramp(samplesPerQuantum), epoch);
    QCOMPARE(speaker.recording().size(), 1000u);
    QVERIFY(MemoryMicrophone({}).start(epoch)); // nothing to speak is an error
}

void AudioTest::teePlaysOnBoth()
{
    auto first = std::make_shared<MemorySpeaker>(1000), second = std::make_shared<MemorySpeaker>(1000);
    TeeSpeaker tee(first, second);
    QVERIFY(!tee.start(epoch));
    QCOMPARE(tee.wanted(epoch), samplesPerQuantum);
    tee.write(ramp(samplesPerQuantum), epoch);
    QCOMPARE(tee.wanted(epoch), 0u);
    tee.stop();
    QCOMPARE(first->recording(), ramp(samplesPerQuantum));
    QCOMPARE(second->recording(), ramp(samplesPerQuantum));
}

void AudioTest::teeGoesOnWithoutItsPrimary()
{
    auto copy = std::make_shared<MemorySpeaker>(1000);
    TeeSpeaker tee(deviceSpeaker("a device that nobody has"), copy);
    const auto trouble = tee.start(epoch);
    QVERIFY(trouble);
    QCOMPARE(tee.wanted(epoch), samplesPerQuantum);
    tee.write(ramp(samplesPerQuantum), epoch);
    tee.stop();
    QCOMPARE(copy->recording().size(), samplesPerQuantum);
}

void AudioTest::backendsAreNamed_data()
{
    QTest::addColumn<QByteArray>("description");
    QTest::addColumn<bool>("opens");
    const QByteArray folder = m_folder.path().toUtf8();
    write("in.wav", riff(fmt(1, 1, 48000, 16) + chunk("data", QByteArray(20, 'x'))));
    QTest::newRow("device") << QByteArray("device") << true;
    QTest::newRow("device by name") << QByteArray("device:phone_A") << true;
    QTest::newRow("tone") << QByteArray("tone") << true;
    QTest::newRow("none") << QByteArray("none") << true;
    QTest::newRow("file") << "file:" + folder + "/in.wav," + folder + "/out2.wav" << true;
    QTest::newRow("one file") << "file:" + folder + "/in.wav" << false;
    QTest::newRow("no output") << "file:" + folder + "/in.wav," << false;
    QTest::newRow("no input there") << "file:" + folder + "/nothing.wav," + folder + "/out2.wav" << false;
    QTest::newRow("output not writable") << "file:" + folder + "/in.wav,/no/such/folder/out.wav" << false;
    QTest::newRow("empty") << QByteArray() << false;
    QTest::newRow("unknown") << QByteArray("gramophone") << false;
    QTest::newRow("tone of what") << QByteArray("tone:440") << false;
}

void AudioTest::backendsAreNamed()
{
    QFETCH(QByteArray, description);
    QFETCH(bool, opens);
    auto endpoints = openAudio(description.toStdString());
    QCOMPARE(bool(endpoints), opens);
    if (endpoints)
        QVERIFY(endpoints->microphone && endpoints->speaker);
    else
        QVERIFY(endpoints.error().sentence.ends_with('.'));
}

void AudioTest::devicesAreListed()
{
    auto devices = audioDevices();
    QVERIFY(devices);
    const auto device = std::ranges::find(*devices, "default", &AudioDevice::name);
    QVERIFY(device != devices->end());
    QVERIFY(device->captures && device->plays);
}

void AudioTest::noDeviceIsASentence()
{
    const auto microphone = deviceMicrophone("a device that nobody has");
    const auto speaker = deviceSpeaker("a device that nobody has");
    for (int i = 0; i < 2; ++i) { // PortAudio begins and ends each time
        const auto trouble = microphone->start(epoch);
        QVERIFY(trouble);
        QVERIFY(trouble->sentence.find("a device that nobody has") != std::string::npos);
        QVERIFY(speaker->start(epoch));
        microphone->stop();
        speaker->stop();
    }
    std::array<Sample, 10> samples{};
    QCOMPARE(microphone->read(samples, epoch), 0u);
    QCOMPARE(speaker->wanted(epoch), 0u);
}

void AudioTest::levels()
{
    QCOMPARE(loudness({}), LevelMeter::silence);
    std::vector<Sample> full(480, -32768);
    QCOMPARE(loudness(full), 0.0);
    std::vector<Sample> half(480, 16384);
    QVERIFY(qAbs(loudness(half) + 6.02) < 0.01);
    LevelMeter meter;
    meter.add(half);
    const double loud = meter.db();
    const std::vector<Sample> silence(sampleRate / 10);
    meter.add(silence);
    QVERIFY(qAbs(meter.db() - (loud - 3)) < 0.01);
    for (int i = 0; i < 100; ++i)
        meter.add(silence);
    QCOMPARE(meter.db(), LevelMeter::silence);
}

void AudioTest::correlationFindsDelay_data()
{
    QTest::addColumn<int>("delayMs");
    for (const int delay : {0, 6, 46, 226, 1499})
        QTest::addRow("%d ms", delay) << delay;
}

void AudioTest::correlationFindsDelay()
{
    QFETCH(int, delayMs);
    const std::vector<Sample> spoken = speechOf("alice.wav");
    QVERIFY(!spoken.empty());
    const std::vector<Sample> heard = delayed(spoken, static_cast<std::size_t>(delayMs) * 48);
    const Correlation later = correlate(spoken, heard), earlier = correlate(heard, spoken);
    QVERIFY2(later.peak > 0.99, qPrintable(QString::number(later.peak)));
    QCOMPARE(later.delay.count(), delayMs);
    QVERIFY(earlier.peak > 0.99);
    QCOMPARE(earlier.delay.count(), -delayMs);
}

void AudioTest::correlationTellsSpeakersApart()
{
    const std::vector<Sample> alice = speechOf("alice.wav"), bob = speechOf("bob.wav");
    QVERIFY(correlate(alice, bob).peak < 0.3);
    QVERIFY(correlate(alice, noise(alice.size(), 1)).peak < 0.2);
    // Volume does not count, noise does.
    std::vector<Sample> quieter = alice;
    std::ranges::transform(alice, noise(alice.size(), 2), quieter.begin(),
                           [](Sample a, Sample b) { return static_cast<Sample>(a / 4 + b / 100); });
    QVERIFY(correlate(alice, quieter).peak > 0.9);
}

void AudioTest::correlationOfNothing()
{
    const std::vector<Sample> alice = speechOf("alice.wav");
    QCOMPARE(correlate({}, alice).peak, 0.0);
    QCOMPARE(correlate(alice, {}).peak, 0.0);
    QCOMPARE(correlate(alice, std::vector<Sample>(alice.size())).peak, 0.0);
}

QTEST_APPLESS_MAIN(AudioTest)
#include "audio_test.moc"
