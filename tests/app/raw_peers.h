// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "two_phones.h"

#include "call/sdp_body.h"
#include "call/words.h"
#include "methods/method.h"
#include "sip/parser.h"
#include "sip/serialiser.h"

#include <QUdpSocket>

/// A peer on loopback that keeps to no order: what it writes of SIP is the test's.
struct RawPeer
{
    RawPeer() { socket.bind(QHostAddress(QHostAddress::LocalHost), 0); }

    std::string self() const { return "127.0.0.1:" + std::to_string(socket.localPort()); }

    void write(const std::string &text, quint16 port)
    {
        socket.writeDatagram(text.data(), static_cast<qint64>(text.size()), QHostAddress(QHostAddress::LocalHost),
                             port);
    }

    /// The next message that `wanted` gives something of; what comes before it is dropped.
    template <class Wanted>
    auto next(const Wanted &wanted, int timeoutMs = 5000) -> decltype(wanted(sip::Parsed()))
    {
        QElapsedTimer waiting;
        for (waiting.start(); waiting.elapsed() < timeoutMs; QTest::qWait(5)) {
            while (socket.hasPendingDatagrams()) {
                QByteArray octets(static_cast<qsizetype>(socket.pendingDatagramSize()), 0);
                socket.readDatagram(octets.data(), octets.size(), nullptr, &sender);
                if (auto found = wanted(sip::parseDatagram(octets.toStdString())))
                    return found;
            }
        }
        return {};
    }

    sdp::LocalAudio audio(const mikey::Bytes &message)
    {
        sdp::LocalAudio local;
        local.address = "127.0.0.1";
        local.port = 40000;
        local.rtcpPort = 40001;
        local.sessionId = 1;
        local.version = ++version;
        local.keyManagement.push_back(call::mikeyLine(message));
        return local;
    }

    QUdpSocket socket;
    quint16 sender = 0; ///< port of who sent the latest message
    std::uint64_t version = 0;
    mikey::EndpointState state;
    mikey::SystemRandom random;
};

/// A caller with somebody's keys.
struct RawCaller : RawPeer
{
    RawCaller(const TestPhone &owner, const TestPhone &callee) : port(callee.phone.snapshot().listening.front().port)
    {
        mikey::Offer offer;
        offer.peer = bobsIdentity;
        offer.sdpProtocols = {"mikey"};
        auto made = mikey::method("ibake")->initiate({owner.phone.endpoint(), state, random}, offer, call::ntpNow());
        if (!made)
            qFatal("%s", made.error().reason.c_str());
        initiator = std::move(*made);
    }

    void send(const std::string &method, const std::string &more, const sip::Body &body)
    {
        ++cseq;
        write(method + " sip:x@127.0.0.1:" + std::to_string(port) + " SIP/2.0\r\nVia: SIP/2.0/UDP " + self() +
                  ";branch=z9hG4bK" + std::to_string(cseq) +
                  "\r\nMax-Forwards: 70\r\nFrom: <sip:alice@example.org>;tag=raw\r\nTo: <sip:bob@example.org>" +
                  (tag.empty() ? "" : ";tag=" + tag) + "\r\nCall-ID: raw\r\nCSeq: " + std::to_string(cseq) + ' ' +
                  method + "\r\nContact: <sip:alice@" + self() + ">\r\n" + more +
                  (body.empty() ? "" : "Content-Type: " + body.type + "\r\n") +
                  "Content-Length: " + std::to_string(body.content.size()) + "\r\n\r\n" + body.content,
              port);
    }

    /// The ACK of the 2xx to the INVITE of that number.
    void acknowledge(int invite)
    {
        const auto latest = std::exchange(cseq, invite - 1);
        send("ACK", {}, {});
        cseq = latest;
    }

    /// The next response with that status to that method.
    std::optional<sip::Response> receive(int status, const std::string &method, int timeoutMs = 5000)
    {
        return next(
            [&](const sip::Parsed &parsed) -> std::optional<sip::Response> {
                const auto *response = parsed.response();
                if (!response || response->status != status || response->cseq().method != method)
                    return std::nullopt;
                tag = response->to().tag();
                return *response;
            },
            timeoutMs);
    }

    sip::Body offer(const mikey::Bytes &message) { return call::toBody(sdp::makeOffer(audio(message))); }

    quint16 port;
    int cseq = 0;
    std::string tag;
    std::unique_ptr<mikey::Initiator> initiator;
};

/// One who is called, with somebody's keys.
struct RawCallee : RawPeer
{
    explicit RawCallee(mikey::Endpoint owner) : endpoint(std::move(owner)) {}

    QString address() const { return QStringLiteral("sip:x@") + QString::fromStdString(self()); }

    /// The next request with that method; not a copy of the one before it.
    std::optional<sip::Request> receive(const std::string &method)
    {
        return next([&](const sip::Parsed &parsed) -> std::optional<sip::Request> {
            const auto *request = parsed.request();
            if (!request || request->method != method || request->topVia().branch() == lastBranch)
                return std::nullopt;
            lastBranch = request->topVia().branch();
            return *request;
        });
    }

    void respond(const sip::Request &request, int status, const std::string &tag, const std::string &more = {},
                 const sip::Body &body = {})
    {
        auto response = sip::makeResponse(request, status, tag);
        response.setBody(body);
        auto text = sip::serialise(response);
        write(text.insert(text.find("\r\n") + 2, "Contact: <sip:bob@" + self() + contactTransport + ">\r\n" + more),
              sender);
    }

    /// What our responder says to the MIKEY message in a request.
    mikey::Step take(const sip::Request &request)
    {
        mikey::Arrival arrival;
        arrival.peer = alicesIdentity;
        arrival.sdpProtocols = {"mikey"};
        const auto octets = call::mikeyOctets(request.body()).value_or(QByteArray());
        return mikey::respond({endpoint, state, random}, call::viewOf(octets), arrival, call::ntpNow());
    }

    /// A description that answers that of the request.
    sip::Body answer(const sip::Request &request, const mikey::Bytes &message)
    {
        const auto offer = call::descriptionOf(request.body());
        const auto theirs = offer ? sdp::readOffer(*offer) : sdp::Result<sdp::RemoteAudio>(offer.fault());
        if (!theirs)
            qFatal("%s", theirs.fault().sentence.c_str());
        return call::toBody(sdp::makeAnswer(*offer, *theirs, audio(message)));
    }

    mikey::Endpoint endpoint;
    std::string lastBranch;
    std::string contactTransport; ///< ";transport=tcp"; empty: none
};

inline std::string reliable(int rseq)
{
    return "Require: 100rel\r\nRSeq: " + std::to_string(rseq) + "\r\n";
}
