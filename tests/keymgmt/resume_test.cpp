// SPDX-License-Identifier: Apache-2.0
#include "certified.h"

#include "wire/pack.h"
#include "wire/text.h"

#include <QTest>

using namespace mikey;
using namespace mikey::test;

namespace {

QByteArray hexOf(ByteView view)
{
    return QByteArray::fromStdString(hex(view));
}

const QByteArray kinds[] = {"psk", "pk", "dh", "dh-hmac", "rsa-r", "rsa-r join"};

void kindRows()
{
    QTest::addColumn<QByteArray>("kind");
    QTest::addColumn<bool>("update");
    for (const auto &kind : kinds) {
        QTest::addRow("%s", kind.data()) << kind << false;
        if (kind != "rsa-r join")
            QTest::addRow("%s update", kind.data()) << kind << true;
    }
}

/// An exchange begun by Alice, saved, and answered by Bob.
struct Saved
{
    Side a = certifiedSide(aliceId);
    Side b = certifiedSide(bobId);
    GroupKeys group;
    std::shared_ptr<Csb> bobs;
    Bytes message;
    DataType type{};
    Bytes octets;
    Step answer;

    Saved(const QByteArray &kind, bool update)
    {
        const auto name = kind.split(' ').front().toStdString();
        auto offer = offerToBob();
        offer.cache = EnvelopeCache::None;
        offer.join = kind.endsWith("join");
        if (offer.join) {
            group.csbId = 7;
            group.rand = Bytes(16, 1);
            group.map = {{0, 1, 0}, {0, 2, 0}};
            group.suite = &defaultSrtpSuite();
            group.tgk = Secret(ByteView(sharedKey()));
        }
        std::unique_ptr<Initiator> initiator;
        Arrival arrival;
        arrival.group = offer.join ? &group : nullptr;
        if (update) {
            const auto both = exchange(name, a, b, offer);
            bobs = both->responder.csb;
            arrival.bundles = {bobs.get()};
            initiator = std::move(*mikey::update(a.context(), *both->initiator.csb, {}, noon().plusSeconds(1)));
        } else {
            initiator = initiate(name, a, offer);
        }
        message = initiator->message();
        type = decode(message)->header.dataType;
        octets = test::octets(initiator->save().view());
        answer = b.respond(message, noon().plusSeconds(1), arrival);
    }
};

} // namespace

/// Exchanges and bundles that were put to disk and read again, as they were or damaged.
class ResumeTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void goingOn_data() { kindRows(); }
    void goingOn()
    {
        QFETCH(const QByteArray, kind);
        QFETCH(const bool, update);
        Saved saved(kind, update);
        QVERIFY(saved.answer.agreement);
        const auto initiator = mikey::resume(saved.a.context(), saved.type, saved.octets);
        QVERIFY(initiator);
        QCOMPARE(hexOf((*initiator)->message()), hexOf(saved.message));
        QCOMPARE(hexOf((*initiator)->save().view()), hexOf(saved.octets));
        const auto step = (*initiator)->receive(*saved.answer.send, noon().plusSeconds(1));
        QVERIFY2(step.agreement, step.error ? step.error->reason.c_str() : "");
        QVERIFY(sameKeys(*step.agreement, *saved.answer.agreement));
        QCOMPARE(step.agreement->renewal, update);
    }

    // Whatever octet is damaged, or missing, or too many
    void damaged_data() { kindRows(); }
    void damaged()
    {
        QFETCH(const QByteArray, kind);
        QFETCH(const bool, update);
        Saved saved(kind, update);
        const auto refused = [&](ByteView octets) {
            const auto initiator = mikey::resume(saved.a.context(), saved.type, octets);
            return !initiator && !initiator.error().number && !initiator.error().reason.empty();
        };
        for (std::size_t i = 0; i < saved.octets.size(); ++i) {
            for (const int flip : {0x01, 0x80}) {
                auto changed = saved.octets;
                changed[i] = static_cast<std::uint8_t>(changed[i] ^ flip);
                QVERIFY2(refused(changed), qPrintable(QString::number(i)));
            }
            QVERIFY(refused(ByteView(saved.octets).first(i)));
        }
        auto longer = saved.octets;
        longer.push_back(0);
        QVERIFY(refused(longer));
    }

    // Sound files that say what cannot be: secrets that do not belong to the message
    void notBelongingTogether()
    {
        const auto refused = [](const char *method, const std::function<void(Packer &)> &secrets) {
            auto a = certifiedSide(aliceId);
            Packer packer;
            secrets(packer);
            packer.add(ByteView(initiate(method, a)->message())).add(ByteView());
            return !mikey::resume(a.context(), mikey::method(method)->firstMessage, packer.take().view());
        };
        SystemRandom random;
        const auto other = DhKey::generate(DhGroup::Oakley5, random);
        const auto none = [](Packer &to) { to.number(0).number(0).add(ByteView()); };
        const auto wrong = [&](Packer &to) { to.number(1).number(0).add(other.exponent()); };
        QVERIFY(refused("dh", none));
        QVERIFY(refused("dh", wrong));
        QVERIFY(refused("dh-hmac", [&](Packer &to) {
            none(to);
            to.add(ByteView(sharedKey()));
        }));
        QVERIFY(refused("dh-hmac", [&](Packer &to) {
            wrong(to);
            to.add(ByteView(sharedKey()));
        }));
        QVERIFY(refused("psk", [](Packer &to) { to.add(ByteView(Bytes(16))); }));
        QVERIFY(refused("pk", [](Packer &to) { to.add(ByteView(Bytes(16))).add(ByteView(Bytes(16))); }));
    }

    void ofAnotherMethod()
    {
        for (const auto &kind : kinds) {
            Saved saved(kind, false);
            for (int type = 0; type < 256; ++type) {
                if (type == static_cast<int>(saved.type))
                    continue;
                QVERIFY(!mikey::resume(saved.a.context(), static_cast<DataType>(type), saved.octets));
            }
        }
    }

    // All of a bundle comes back, and what is updated with it is the same.
    void bundles_data() { kindRows(); }
    void bundles()
    {
        QFETCH(const QByteArray, kind);
        QFETCH(const bool, update);
        Saved saved(kind, update);
        const auto &csb = *saved.answer.agreement->csb;
        const auto packed = csb.save();
        auto loaded = Csb::load(packed.view());
        QVERIFY(loaded);
        QCOMPARE(hexOf(loaded->save().view()), hexOf(packed.view()));
        QCOMPARE(loaded->method, csb.method);
        QCOMPARE(loaded->peer().canonical(), std::string(aliceId));
        QVERIFY(loaded->map == csb.map && loaded->suites == csb.suites);
        QVERIFY(loaded->rand == csb.rand && loaded->peerCertificates == csb.peerCertificates);
        QVERIFY(equalSecrets(loaded->envelopeKey.view(), csb.envelopeKey.view()));
        if (kind == "rsa-r join")
            return;
        const auto initiator = mikey::resume(saved.a.context(), saved.type, saved.octets);
        const auto agreed = (*initiator)->receive(*saved.answer.send, noon().plusSeconds(1));
        QVERIFY(updated(saved.b, *loaded, saved.a, *agreed.agreement->csb, {}, noon().plusSeconds(2)));
    }

    void damagedBundles_data() { kindRows(); }
    void damagedBundles()
    {
        QFETCH(const QByteArray, kind);
        QFETCH(const bool, update);
        Saved saved(kind, update);
        const auto packed = octets(saved.answer.agreement->csb->save().view());
        for (std::size_t i = 0; i < packed.size(); ++i) {
            auto changed = packed;
            changed[i] ^= 0x01;
            QVERIFY(!Csb::load(changed));
            QVERIFY(!Csb::load(ByteView(packed).first(i)));
        }
        QVERIFY(!Csb::load(saved.octets)); // sound, but no bundle
        auto unknown = saved.answer.agreement->csb->clone();
        unknown.method = "rot13";
        QVERIFY(!Csb::load(unknown.save().view()));
    }
};

QTEST_GUILESS_MAIN(ResumeTest)
#include "resume_test.moc"
