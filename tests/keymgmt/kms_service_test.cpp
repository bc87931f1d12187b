// SPDX-License-Identifier: Apache-2.0
#include "support.h"

#include "kms/memory_store.h"
#include "kms/service.h"
#include "wire/text.h"

#include <QTest>

#include <functional>

using namespace mikey;
using namespace mikey::test;
using kms::Refusal;

namespace {

const std::string aliceUri(aliceId), bobUri(bobId);

/// A store that goes away, or where another service is faster.
class TroubledStore final : public kms::MemoryStore
{
public:
    bool gone = false;
    std::function<void()> beforeIssue;

    kms::Stored<std::optional<kms::Account>> accountAt(ByteView locator) override
    {
        if (gone)
            return kms::StoreFault{"the database does not answer"};
        return MemoryStore::accountAt(locator);
    }
    kms::Stored<Bytes> issueOnce(const kms::IssueKey &key, ByteView sealed, const kms::AuditRow &audit) override
    {
        if (const auto first = std::exchange(beforeIssue, nullptr))
            first();
        if (gone)
            return kms::StoreFault{"the database does not answer"};
        return MemoryStore::issueOnce(key, sealed, audit);
    }
};

kms::ServiceProfile profile()
{
    kms::ServiceProfile profile;
    profile.kms = "kms.example.org";
    return profile;
}

struct Domain
{
    TroubledStore store;
    SystemRandom random;
    kms::Sealer sealer{random.secret(kms::Sealer::keyOctets)};
    kms::Service service{store, sealer, profile(), random};

    Domain()
    {
        if (const auto refusal = service.open(noon()))
            qFatal("%s", refusal->reason.c_str());
    }
    std::uint64_t period(NtpTime now = noon()) { return (*service.domain(now)).periodAt(now); }
    std::string lastAudit()
    {
        const auto rows = store.audit(0, 1000);
        return rows->back().event + ' ' + rows->back().identity + ": " + rows->back().detail;
    }
};

bool same(const kms::Delivery &a, const kms::Delivery &b)
{
    return sameOctets(a.keys.rsk.view(), b.keys.rsk.view()) && sameOctets(a.keys.ssk.view(), b.keys.ssk.view()) &&
           a.keys.pvt == b.keys.pvt && a.domain.z == b.domain.z;
}

/// What a client thinks of it.
std::optional<std::string> faultOf(const kms::Delivery &delivery, const std::string &uri)
{
    SakkeKeys keys;
    keys.uri = uri;
    keys.domains.push_back(delivery.domain);
    return keys.add(delivery.keys.period, delivery.keys.rsk, delivery.keys.ssk, delivery.keys.pvt);
}

} // namespace

class KmsServiceTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    // kms-reference 1.7: a secret that was replaced stays until nothing is under it any more, and is destroyed then
    void secretsAreReplacedAndDestroyed()
    {
        Domain d;
        constexpr std::int64_t day = 24 * 3600;
        const auto make = [&d] { return d.random.secret(32); };
        const auto secrets = [&](NtpTime now) { return std::move(*d.service.secretsOf("ticket", make, now)); };
        const auto first = secrets(noon());
        QCOMPARE(first.size(), std::size_t{1});
        QCOMPARE(*d.service.rotateSecret("ticket", make, noon().plusSeconds(7 * day)), 2u);
        const auto both = secrets(noon().plusSeconds(7 * day));
        QCOMPARE(both.size(), std::size_t{2});
        QVERIFY(equalSecrets(both[0].secret.view(), first[0].secret.view()));
        QVERIFY(!equalSecrets(both[1].secret.view(), first[0].secret.view()));
        // tickets last a day: a moment before and after that
        QVERIFY(!d.service.dropSecrets("ticket", noon().plusSeconds(7 * day - 1), noon().plusSeconds(8 * day)));
        QCOMPARE(secrets(noon()).size(), std::size_t{2});
        QVERIFY(!d.service.dropSecrets("ticket", noon().plusSeconds(7 * day), noon().plusSeconds(8 * day)));
        const auto left = secrets(noon());
        QCOMPARE(left.size(), std::size_t{1});
        QVERIFY(equalSecrets(left[0].secret.view(), both[1].secret.view()));
        QCOMPARE(d.lastAudit(), std::string("destroy : ticket secrets before 2"));
        QVERIFY(!d.service.dropSecrets("ticket", noon().plusSeconds(90 * day), noon())); // the one in force stays
        QCOMPARE(secrets(noon()).size(), std::size_t{1});
        // another process does not see what another key has sealed
        const kms::Sealer other{d.random.secret(kms::Sealer::keyOctets)};
        kms::Service stranger(d.store, other, profile(), d.random);
        QVERIFY(!stranger.secretsOf("ticket", make, noon()));
    }

    // K6509-046: from four days before the change on, the public keys of both periods are shown
    void publicKeysOfBothPeriods()
    {
        Domain d;
        const auto from = *d.service.rotate(noon());
        const auto start = (*d.service.domain(noon())).startOf(from);
        constexpr std::int64_t day = 24 * 3600;
        QCOMPARE((*d.service.domains(noon())).size(), std::size_t{1});
        const auto both = *d.service.domains(start.plusSeconds(-4 * day));
        QCOMPARE(both.size(), std::size_t{2});
        QVERIFY(both[0].z != both[1].z && both[1].fromPeriod == from);
        const auto after = *d.service.domains(start);
        QCOMPARE(after.size(), std::size_t{1});
        QVERIFY(after[0].z == both[1].z);
    }

    // K6508-022: each issue is written down
    void issuesToTheUser()
    {
        Domain d;
        const auto user = d.service.addUser("sip:Alice@EXAMPLE.org", noon());
        QVERIFY(bool(user));
        const auto wrong = d.service.authenticate((*user).token.substr(2) + "00", noon());
        QVERIFY(!wrong);
        const auto who = d.service.authenticate((*user).token, noon());
        QVERIFY(bool(who));
        const auto delivery = d.service.issue(*who, *who, d.period(), "phone", noon());
        QVERIFY(bool(delivery));
        QVERIFY(!faultOf(*delivery, *who));
        QCOMPARE(
            QString::fromStdString(d.lastAudit()),
            QStringLiteral("issue %1: sakke period %2 device phone").arg(QString::fromStdString(*who)).arg(d.period()));
    }

    // Rule S-8: a question asked again gets the stored answer; another device gets other signing keys, the same RSK.
    void answersTheSameAgain()
    {
        Domain d;
        d.service.addUser(aliceUri, noon());
        const auto first = d.service.issue(aliceUri, aliceUri, d.period(), "a", noon());
        const auto again = d.service.issue(aliceUri, aliceUri, d.period(), "a", noon().plusSeconds(60));
        const auto other = d.service.issue(aliceUri, aliceUri, d.period(), "b", noon());
        QVERIFY(same(*first, *again));
        QVERIFY((*first).keys.pvt != (*other).keys.pvt);
        QVERIFY(sameOctets((*first).keys.rsk.view(), (*other).keys.rsk.view()));
    }

    void theLoserOfARaceAnswersAsTheWinner()
    {
        Domain d;
        kms::Service second(d.store, d.sealer, profile(), d.random);
        QVERIFY(!second.open(noon()));
        std::optional<kms::Delivery> winner;
        d.store.beforeIssue = [&] {
            auto delivery = second.issue(aliceUri, aliceUri, d.period(), "a", noon());
            winner = std::move(*delivery);
        };
        const auto loser = d.service.issue(aliceUri, aliceUri, d.period(), "a", noon());
        QVERIFY(winner && bool(loser));
        QVERIFY(same(*winner, *loser));
    }

    // Whoever is not the identity he asks for gets nothing, and it is written down.
    void nobodyGetsAnothersKeys()
    {
        Domain d;
        d.service.addUser(aliceUri, noon());
        d.service.addUser(bobUri, noon());
        for (const auto &asked :
             std::vector<std::string>{"sip:bob@example.org", "sip:alice@example.com", "", "sip:alice@example.org/x"}) {
            const auto delivery = d.service.issue(aliceUri, asked, d.period(), {}, noon());
            QVERIFY(!delivery);
            QVERIFY(delivery.error().why == Refusal::Why::Forbidden);
            QVERIFY(d.lastAudit().starts_with("refuse " + aliceUri));
        }
        QVERIFY(!*d.store.issued({bobUri, d.period(), {}}));
    }

    void strangersAndRevokedUsersAreRefused()
    {
        Domain d;
        const auto user = d.service.addUser(aliceUri, noon());
        for (const auto &token :
             std::vector<std::string>{"", "zz", "00", (*user).token.substr(16), (*user).token + "00"}) {
            const auto who = d.service.authenticate(token, noon());
            QVERIFY(!who && who.error().why == Refusal::Why::Unauthenticated);
        }
        auto nearly = (*user).token;
        nearly.back() = nearly.back() == '0' ? '1' : '0';
        QVERIFY(!d.service.authenticate(nearly, noon()));
        const auto renewed = d.service.addUser(aliceUri, noon());
        QVERIFY(!d.service.authenticate((*user).token, noon())); // the new token is in its place
        QVERIFY(bool(d.service.authenticate((*renewed).token, noon())));
        QVERIFY(!d.service.revoke(aliceUri, noon()));
        const auto who = d.service.authenticate((*renewed).token, noon());
        QVERIFY(!who && who.error().why == Refusal::Why::Forbidden);
        QVERIFY(d.service.revoke("sip:nobody@example.org", noon()).has_value());
    }

    void issuesNoPeriodButTheCurrentOneAndTheNearNext()
    {
        Domain d;
        const auto period = d.period();
        const auto early = (*d.service.domain(noon())).startOf(period).plusSeconds(60);
        for (const auto asked : {period - 1, period + 1, period + 2})
            QVERIFY(!d.service.issue(aliceUri, aliceUri, asked, {}, early));
        const auto late = (*d.service.domain(noon())).startOf(period + 1).plusSeconds(-3 * 24 * 3600);
        QVERIFY(bool(d.service.issue(aliceUri, aliceUri, period + 1, {}, late)));
        QVERIFY(!d.service.issue(aliceUri, aliceUri, period, std::string(64, 'x'), noon()));
        QVERIFY(!d.service.issue(aliceUri, aliceUri, period, "a\nb", noon()));
    }

    // K6509-046: new masters never touch a period of which keys may be out: also those issued ahead on the day of the
    // change.
    void rotatesAtAPeriodOfWhichNothingIsOut()
    {
        Domain d;
        const auto period = d.period();
        const auto before = *d.service.domain(noon());
        const auto late = before.startOf(period + 1).plusSeconds(-3 * 24 * 3600);
        const auto ahead = d.service.issue(aliceUri, aliceUri, period + 1, "a", late);
        const auto from = d.service.rotate(late);
        QVERIFY(bool(from));
        QCOMPARE(*from, period + 2);
        const auto ahead2 = d.service.issue(bobUri, bobUri, period + 1, "a", late);
        QVERIFY((*ahead).domain.z == before.z && (*ahead2).domain.z == before.z);
        const auto then = before.startOf(period + 2).plusSeconds(60);
        kms::Service other(d.store, d.sealer, profile(), d.random); // started afresh
        QVERIFY(!other.open(then));
        const auto after = *other.domain(then);
        QVERIFY(after.z != before.z && after.kpak != before.kpak);
        const auto delivery = other.issue(aliceUri, aliceUri, period + 2, "a", then);
        QVERIFY((*delivery).domain.z == after.z);
        QVERIFY(!faultOf(*delivery, aliceUri));
        const auto same2 = d.service.issue(aliceUri, aliceUri, period + 2, "a", then); // the first learns of it
        QVERIFY(same(*delivery, *same2));
    }

    void saysWhenTheStoreIsGone()
    {
        Domain d;
        const auto user = d.service.addUser(aliceUri, noon());
        d.store.gone = true;
        const auto who = d.service.authenticate((*user).token, noon());
        QVERIFY(!who && who.error().why == Refusal::Why::Unavailable);
        const auto delivery = d.service.issue(aliceUri, aliceUri, d.period(), {}, noon());
        QVERIFY(!delivery && delivery.error().why == Refusal::Why::Unavailable); // not committed, so not sent
    }

    // What TICKET and IBAKE stand on: the key shared with a user, and one answer to a question, whoever gives it.
    void answersAMessageOnce()
    {
        Domain d;
        kms::Service second(d.store, d.sealer, profile(), d.random);
        const auto user = d.service.addUser(aliceUri, noon());
        const auto member = d.service.member(aliceUri);
        QVERIFY(sameOctets((*member)->psk.view(), (*user).psk.view()) && !(*member)->revoked);
        QVERIFY(!*d.service.member(bobUri));
        QVERIFY(!d.service.revoke(aliceUri, noon()));
        QVERIFY((*d.service.member(aliceUri))->revoked);
        const auto first = d.service.answerOnce(aliceUri, octets("01"), octets("aa"), "ticket request", noon());
        const auto again = second.answerOnce(aliceUri, octets("01"), octets("bb"), "ticket request", noon());
        const auto other = d.service.answerOnce(aliceUri, octets("02"), octets("cc"), "ticket request", noon());
        QVERIFY(sameOctets((*first).view(), octets("aa")) && sameOctets((*again).view(), octets("aa")));
        QVERIFY(sameOctets((*other).view(), octets("cc")));
        QCOMPARE(QString::fromStdString(d.lastAudit()), QStringLiteral("answer sip:alice@example.org: ticket request"));
    }

    // K6507-011, K6508-020: at rest nothing is in clear, and rows cannot be exchanged or opened without the service's
    // key.
    void keepsSecretsSealed()
    {
        Domain d;
        const auto user = d.service.addUser(aliceUri, noon());
        const auto mine = d.service.issue(aliceUri, aliceUri, d.period(), {}, noon());
        const auto row = **d.store.issued({aliceUri, d.period(), {}});
        QVERIFY(textOf(row).find(textOf((*mine).keys.ssk.view())) == std::string_view::npos);
        const auto account = **d.store.account(aliceUri);
        QVERIFY(textOf(account.psk).find(textOf((*user).psk.view())) == std::string_view::npos);
        d.store.issueOnce({bobUri, d.period(), {}}, row, {});
        const auto theirs = d.service.issue(bobUri, bobUri, d.period(), {}, noon());
        QVERIFY(!theirs && theirs.error().why == Refusal::Why::Unavailable);
        const kms::Sealer stranger(d.random.secret(kms::Sealer::keyOctets));
        kms::Service other(d.store, stranger, profile(), d.random);
        QVERIFY(other.open(noon()).has_value());
        const auto sealed = (*d.store.masters("sakke")).front().sealed;
        const auto masters = d.sealer.open(sealed, "master/sakke/1/0");
        QVERIFY(masters);
        const auto ksak = masters->view().last(32);
        QVERIFY(textOf(sealed).find(textOf(ksak)) == std::string_view::npos);
        const auto audit = *d.store.audit(0, 1000);
        for (const auto &line : audit) {
            QVERIFY(line.detail.find(hex(ksak)) == std::string::npos);
            QVERIFY(line.detail.find((*user).token) == std::string::npos);
            QVERIFY(line.detail.find(hex((*mine).keys.ssk.view())) == std::string::npos);
        }
    }

    void sealsAndOpens()
    {
        SystemRandom random;
        const kms::Sealer sealer(random.secret(kms::Sealer::keyOctets));
        const auto secret = octets("00112233");
        auto sealed = sealer.seal(secret, "here", random);
        QVERIFY(sameOctets(sealer.open(sealed, "here")->view(), secret));
        QVERIFY(!sealer.open(sealed, "there"));
        QVERIFY(sealed != sealer.seal(secret, "here", random));
        for (std::size_t i = 0; i < sealed.size(); ++i) {
            auto changed = sealed;
            changed[i] ^= 1;
            QVERIFY(!sealer.open(changed, "here"));
            QVERIFY(!sealer.open(ByteView(sealed).first(i), "here"));
        }
    }
};

QTEST_GUILESS_MAIN(KmsServiceTest)
#include "kms_service_test.moc"
