// SPDX-License-Identifier: Apache-2.0
#include "headless_demo.h"

#include "analysis/correlation.h"

#include <QCoreApplication>
#include <QThreadPool>

#include <algorithm>

using call::CallSnapshot;
using call::Phase;

namespace {

constexpr double heardFrom = 0.6; ///< normalised cross-correlation of speech after Opus
constexpr int setUpLimitMs = 10000;
constexpr int spareSeconds = 2; ///< recorded beyond the talk

bool sameKeys(const CallSnapshot &a, const CallSnapshot &b)
{
    const auto same = [](const call::KeyRow &x, const call::KeyRow &y) {
        return x.csId == y.csId && x.ssrc == y.ssrc && x.suite == y.suite && x.mki == y.mki &&
               x.tekFingerprint == y.tekFingerprint && x.saltFingerprint == y.saltFingerprint;
    };
    return !a.keys.empty() && std::equal(a.keys.begin(), a.keys.end(), b.keys.begin(), b.keys.end(), same);
}

bool heardBy(const DemoPair::Side &listener, const DemoPair::Side &speaker)
{
    if (!listener.heard || listener.heard->recording().empty())
        return false;
    const auto &recording = listener.heard->recording();
    // What the microphone played is the recording, again and again.
    std::vector<media::Sample> spoken(recording.size());
    for (std::size_t i = 0; i < spoken.size(); ++i)
        spoken[i] = speaker.speech[i % speaker.speech.size()];
    // On a busy machine the jitter buffer may change its delay once, which shifts what comes after that.
    const auto isFound = [&](std::size_t from, std::size_t count) {
        return media::correlate(std::span(spoken).subspan(from, count), std::span(recording).subspan(from, count))
                   .peak >= heardFrom;
    };
    const auto half = recording.size() / 2;
    return isFound(0, recording.size()) || isFound(0, half) || isFound(half, half);
}

} // namespace

HeadlessDemo::HeadlessDemo(QStringList methods, int seconds, JsonOutput &output)
    : m_pair(false, seconds + spareSeconds, call::Phone::Answering::Auto, 1000), m_output(output),
      m_aliceEvents(*m_pair.alice().phone, output, m_pair.alice().name),
      m_bobEvents(*m_pair.bob().phone, output, m_pair.bob().name), m_methods(std::move(methods)), m_seconds(seconds)
{
    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, &HeadlessDemo::talkIsOver);
    for (auto *side : {&m_pair.alice(), &m_pair.bob()}) {
        connect(side->phone.get(), &call::Phone::callChanged, this, &HeadlessDemo::onChange);
        connect(side->phone.get(), &call::Phone::callEnded, this, &HeadlessDemo::onEnded, Qt::QueuedConnection);
    }
}

void HeadlessDemo::start()
{
    if (const auto trouble = m_pair.trouble()) {
        m_aliceEvents.error(*trouble);
        QCoreApplication::exit(1);
        return;
    }
    m_aliceEvents.listening();
    m_bobEvents.listening();
    nextCall();
}

void HeadlessDemo::nextCall()
{
    if (++m_index >= m_methods.size()) {
        finish();
        return;
    }
    m_sidesEnded = 0;
    m_talking = false;
    const auto dialled = m_pair.aliceCallsBob(m_methods[m_index]);
    m_aliceCall = dialled.call;
    if (!m_aliceCall) {
        m_aliceEvents.error(dialled.trouble);
        m_allWell = false;
        m_runs.append(QJsonObject{{QStringLiteral("method"), m_methods[m_index]},
                                  {QStringLiteral("established"), false},
                                  {QStringLiteral("keys_match"), false},
                                  {QStringLiteral("heard"), false}});
        nextCall();
        return;
    }
    m_timer.start(setUpLimitMs);
}

void HeadlessDemo::onChange()
{
    const auto &alices = m_pair.alice().phone->snapshot().calls;
    const auto &bobs = m_pair.bob().phone->snapshot().calls;
    const bool established = !alices.empty() && !bobs.empty() && alices.back().phase == Phase::Established &&
                             bobs.back().phase == Phase::Established;
    if (established && !m_talking) {
        m_talking = true;
        m_timer.start(m_seconds * 1000);
    }
}

void HeadlessDemo::talkIsOver()
{
    m_pair.alice().phone->hangupAll();
}

void HeadlessDemo::onEnded()
{
    const bool bobHadOne = !m_pair.bob().phone->snapshot().calls.empty();
    if (++m_sidesEnded < (bobHadOne ? 2 : 1))
        return;
    m_timer.stop();
    QThreadPool::globalInstance()->waitForDone(); // the streams stop there; then what was heard may be read
    const auto run = judge();
    m_allWell = m_allWell && run.value(QLatin1String("established")).toBool() &&
                run.value(QLatin1String("keys_match")).toBool() && run.value(QLatin1String("heard")).toBool();
    m_runs.append(run);
    nextCall();
}

QJsonObject HeadlessDemo::judge() const
{
    const auto &alice = m_pair.alice();
    const auto &bob = m_pair.bob();
    const auto &caller = *alice.phone->snapshotOf(m_aliceCall);
    const auto &callees = bob.phone->snapshot().calls;
    const auto *callee = callees.empty() ? nullptr : &callees.back();
    int messages = 0;
    qsizetype octets = 0;
    for (const auto &step : caller.exchange) {
        if (!step.mikey.isEmpty() && !step.retransmission) {
            ++messages;
            octets += step.mikeyOctets.size();
        }
    }
    return {{QStringLiteral("method"), caller.security.method},
            {QStringLiteral("established"), m_talking},
            {QStringLiteral("keys_match"), callee && sameKeys(caller, *callee)},
            {QStringLiteral("heard"), heardBy(alice, bob) && heardBy(bob, alice)},
            {QStringLiteral("messages"), messages},
            {QStringLiteral("bytes"), octets},
            {QStringLiteral("setup_ms"), caller.setupMs},
            {QStringLiteral("mikey_ms"), caller.mikeyMs + (callee ? callee->mikeyMs : 0)}};
}

void HeadlessDemo::finish()
{
    m_output.write({{QStringLiteral("event"), QStringLiteral("summary")},
                    {QStringLiteral("at"), QDateTime::currentDateTimeUtc().toString(Qt::ISODateWithMs)},
                    {QStringLiteral("runs"), m_runs}});
    QCoreApplication::exit(m_allWell ? 0 : 1);
}
