// SPDX-License-Identifier: Apache-2.0
// The models beside the views, and the words and colours that the views are made of.
#include "calls_model.h"
#include "exchange_model.h"
#include "keys_model.h"
#include "payload_model.h"
#include "samples.h"
#include "security_words.h"
#include "text.h"
#include "theme.h"

#include <QAbstractItemModelTester>
#include <QApplication>
#include <QSignalSpy>
#include <QTest>

using Level = call::Security::Level;
using Reporting = QAbstractItemModelTester::FailureReportingMode;

class ModelsTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void exchangeGrowsWithoutReset();
    void exchangeTellsOutcome();
    void exchangeOfAnotherCall();
    void payloadTree();
    void payloadOctetsFindTheirField();
    void payloadOfDamagedMessage();
    void keysUpdateInPlace();
    void keysTellTheirLife();
    void keysTickWithoutMoving();
    void renewalKeepsRows();
    void callsNewestFirst();
    void hostileTextIsSpelledOut_data();
    void hostileTextIsSpelledOut();
    void hostileTextInModels();
    void words();
    void securityHasFourFacts_data();
    void securityHasFourFacts();
    void certificateIsTold();
    void warningsTakeTheGreenAway();
    void keysOfACallNotAnswered();
    void onlyVerifiedIsGreen();
    void contrastSuffices_data();
    void contrastSuffices();
};

void ModelsTest::exchangeGrowsWithoutReset()
{
    ui::ExchangeModel model;
    QAbstractItemModelTester tester(&model, Reporting::QtTest);
    const call::CallSnapshot call = samples::established();
    call::CallSnapshot before = call;
    before.exchange.resize(2);
    before.exchange.front().accepted.reset();
    model.setCall(before);
    QCOMPARE(model.rowCount(), 2);
    const QPersistentModelIndex first = model.index(0, 0);
    QSignalSpy resets(&model, &QAbstractItemModel::modelReset), inserts(&model, &QAbstractItemModel::rowsInserted),
        changes(&model, &QAbstractItemModel::dataChanged);

    model.setCall(before);
    QCOMPARE(inserts.count() + changes.count(), 0);

    model.setCall(call);
    QCOMPARE(model.rowCount(), 4);
    QCOMPARE(inserts.count(), 1);
    QCOMPARE(changes.count(), 1); // the INVITE has been accepted
    QCOMPARE(changes.first().first().toModelIndex().row(), 0);
    QCOMPARE(resets.count(), 0);
    QVERIFY(first.isValid());
    QCOMPARE(first.row(), 0);
}

void ModelsTest::exchangeTellsOutcome()
{
    ui::ExchangeModel model;
    QAbstractItemModelTester tester(&model, Reporting::QtTest);
    model.setCall(samples::wrongKey());
    const QModelIndex invite = model.index(0, 0), refusal = model.index(1, 0);
    QCOMPARE(invite.data().toString(), QStringLiteral("INVITE + PSK I_MESSAGE, refused"));
    QVERIFY(invite.data(ui::ExchangeModel::SentRole).toBool());
    QVERIFY(invite.data(ui::ExchangeModel::RefusedRole).toBool());
    QVERIFY(invite.data(Qt::AccessibleTextRole).toString().contains(QStringLiteral("Authentication failure")));
    QVERIFY(!refusal.data(ui::ExchangeModel::SentRole).toBool());
    QVERIFY(refusal.data(ui::ExchangeModel::MikeyRole).toString().isEmpty());
    QCOMPARE(model.index(1, ui::ExchangeModel::Size).data().toString(), QStringLiteral("512 B"));
    QCOMPARE(model.index(1, ui::ExchangeModel::Time).data().toString(), QStringLiteral("3.8 ms"));
}

void ModelsTest::exchangeOfAnotherCall()
{
    ui::ExchangeModel model;
    QAbstractItemModelTester tester(&model, Reporting::QtTest);
    model.setCall(samples::established());
    call::CallSnapshot other = samples::established();
    other.id = 2;
    other.exchange.pop_back();
    QSignalSpy resets(&model, &QAbstractItemModel::modelReset);
    model.setCall(other);
    QCOMPARE(resets.count(), 1);
    QCOMPARE(model.rowCount(), 3);
    model.clear();
    QCOMPARE(model.rowCount(), 0);
}

void ModelsTest::payloadTree()
{
    ui::PayloadModel model;
    QAbstractItemModelTester tester(&model, Reporting::QtTest);
    const auto message = samples::calling().exchange.front().inspected;
    QSignalSpy resets(&model, &QAbstractItemModel::modelReset);
    model.setMessage(message);
    model.setMessage(message);
    QCOMPARE(resets.count(), 1);

    QCOMPARE(model.rowCount(), int(message->payloads.size()));
    const QModelIndex hdr = model.index(0, 0);
    QCOMPARE(hdr.data().toString(), QStringLiteral("HDR"));
    QCOMPARE(hdr.siblingAtColumn(ui::PayloadModel::Value).data().toString(), QStringLiteral("RFC 3830 6.1"));
    QCOMPARE(model.index(0, 0, hdr).data(ui::PayloadModel::RfcRole).toString(), QStringLiteral("RFC 3830 6.1"));
    QCOMPARE(model.rangeOf(hdr), (ui::OctetRange{0, int(message->payloads.front().length)}));
    QVERIFY(model.rowCount(hdr) > 5);

    model.setMessage(nullptr);
    QCOMPARE(model.rowCount(), 0);
}

void ModelsTest::payloadOctetsFindTheirField()
{
    ui::PayloadModel model;
    const call::ExchangeStep step = samples::calling().exchange.front();
    model.setMessage(step.inspected);
    for (int octet = 0; octet < step.mikeyOctets.size(); ++octet) {
        const QModelIndex index = model.indexOfOctet(octet);
        QVERIFY2(index.isValid(), qPrintable(QString::number(octet)));
        QVERIFY2(model.rangeOf(index).contains(octet), qPrintable(QString::number(octet)));
        QVERIFY2(index.parent().isValid(), "a field, not only the payload");
    }
    QVERIFY(!model.indexOfOctet(-1).isValid());
    QVERIFY(!model.indexOfOctet(int(step.mikeyOctets.size())).isValid());
}

void ModelsTest::payloadOfDamagedMessage()
{
    ui::PayloadModel model;
    QAbstractItemModelTester tester(&model, Reporting::QtTest);
    auto damaged = std::make_shared<mikey::InspectedMessage>();
    damaged->message = "?";
    model.setMessage(damaged);
    QCOMPARE(model.rowCount(), 0);
    QVERIFY(!model.indexOfOctet(0).isValid());
}

void ModelsTest::keysUpdateInPlace()
{
    ui::KeysModel model;
    QAbstractItemModelTester tester(&model, Reporting::QtTest);
    std::vector<call::KeyRow> keys = samples::established().keys;
    model.setKeys(keys, samples::later());
    QCOMPARE(model.rowCount(), 2);
    QCOMPARE(model.index(0, ui::KeysModel::Ssrc).data().toString(), QStringLiteral("deadbeef"));
    QCOMPARE(model.index(0, ui::KeysModel::Key).data().toString(), QStringLiteral("9c1f03aa5be47210"));

    QSignalSpy changes(&model, &QAbstractItemModel::dataChanged), resets(&model, &QAbstractItemModel::modelReset);
    keys[1].packets += 50;
    model.setKeys(keys, samples::later());
    QCOMPARE(changes.count(), 1);
    QCOMPARE(changes.first().first().toModelIndex(), model.index(1, ui::KeysModel::Packets));
    keys.pop_back();
    model.setKeys(keys, samples::later());
    QCOMPARE(model.rowCount(), 1);
    keys.push_back(keys.front());
    model.setKeys(keys, samples::later()); // the same twice
    model.setKeys({keys.front()}, samples::later());
    QCOMPARE(model.rowCount(), 1);
    model.setKeys({}, {});
    QCOMPARE(model.rowCount(), 0);
    QCOMPARE(resets.count(), 0);
}

void ModelsTest::keysTellTheirLife()
{
    ui::KeysModel model;
    QAbstractItemModelTester tester(&model, Reporting::QtTest);
    const call::CallSnapshot call = samples::renewed();
    model.setKeys(call.keys, samples::later(), call.security.renewalDue);
    const auto cell = [&](int row, int column) { return model.index(row, column).data().toString(); };
    const QStringList states{QStringLiteral("agreed, not used yet"), QStringLiteral("in use"),
                             QStringLiteral("kept for late packets")};
    const QStringList ages{QStringLiteral("0 s"), QStringLiteral("12 s"), QStringLiteral("57 s")};
    for (int row = 0; row < 6; ++row) {
        QCOMPARE(cell(row, ui::KeysModel::Generation).toInt(), 3 - row / 2); // the newest first
        QCOMPARE(cell(row, ui::KeysModel::State), states[row / 2]);
        QCOMPARE(cell(row, ui::KeysModel::Age), ages[row / 2]);
        QCOMPARE(model.index(row, 0).data(Qt::ForegroundRole).isValid(), row / 2 != 1); // grey besides
    }
    QCOMPARE(cell(2, ui::KeysModel::Left), QStringLiteral("14:32, ≈ 2⁴⁸ packets"));
    QCOMPARE(cell(4, ui::KeysModel::Left), QStringLiteral("≈ 2⁴⁸ packets"));
}

void ModelsTest::keysTickWithoutMoving()
{
    ui::KeysModel model;
    const call::CallSnapshot call = samples::renewed();
    model.setKeys(call.keys, samples::later(), call.security.renewalDue);
    const auto width = [&](int column) { return model.index(2, column).data(Qt::SizeHintRole).toSize().width(); };
    const int age = width(ui::KeysModel::Age), left = width(ui::KeysModel::Left);
    QVERIFY(age > 0 && left > 0);
    QSignalSpy changes(&model, &QAbstractItemModel::dataChanged);
    model.tick(samples::later());
    QCOMPARE(changes.count(), 0);
    model.tick(samples::later().addSecs(1));
    QCOMPARE(model.index(2, ui::KeysModel::Age).data().toString(), QStringLiteral("13 s"));
    QCOMPARE(model.index(2, ui::KeysModel::Left).data().toString(), QStringLiteral("14:31, ≈ 2⁴⁸ packets"));
    for (const auto &change : changes) {
        const int column = change.first().toModelIndex().column();
        QVERIFY(column == ui::KeysModel::Age || column == ui::KeysModel::Left);
    }
    model.tick(samples::later().addSecs(600));
    QCOMPARE(model.index(2, ui::KeysModel::Age).data().toString(), QStringLiteral("10:12"));
    QCOMPARE(width(ui::KeysModel::Age), age);
    QCOMPARE(width(ui::KeysModel::Left), left);
}

/// A row that is selected stays the same key when another generation comes and an old one goes.
void ModelsTest::renewalKeepsRows()
{
    ui::KeysModel model;
    QAbstractItemModelTester tester(&model, Reporting::QtTest);
    const std::vector<call::KeyRow> all = samples::renewed().keys;
    model.setKeys({all.begin(), all.begin() + 4}, samples::later());
    const QPersistentModelIndex kept = model.index(0, ui::KeysModel::Key);
    const QString fingerprint = kept.data().toString();
    model.setKeys({all.begin() + 2, all.end()}, samples::later());
    QCOMPARE(model.rowCount(), 4);
    QVERIFY(kept.isValid());
    QCOMPARE(kept.row(), 2);
    QCOMPARE(kept.data().toString(), fingerprint);
}

void ModelsTest::callsNewestFirst()
{
    ui::CallsModel model;
    QAbstractItemModelTester tester(&model, Reporting::QtTest);
    call::CallSnapshot first = samples::ended(), second = samples::calling(), third = samples::incoming();
    second.id = 2;
    third.id = 3;
    model.setCalls({first, second});
    QCOMPARE(model.index(0).data(ui::CallsModel::CallIdRole).toInt(), 2);
    QCOMPARE(model.indexOfCall(1).row(), 1);
    QCOMPARE(model.index(1).data().toString(), QStringLiteral("bob\nCall ended after 01:34"));

    const QPersistentModelIndex kept = model.indexOfCall(2);
    model.setCalls({second, third}); // the phone forgets its oldest
    QCOMPARE(model.rowCount(), 2);
    QVERIFY(!model.indexOfCall(1).isValid());
    QCOMPARE(kept.row(), 1);
    model.setCalls({});
    QCOMPARE(model.rowCount(), 0);
}

void ModelsTest::hostileTextIsSpelledOut_data()
{
    QTest::addColumn<QString>("hostile");
    QTest::addColumn<QString>("shown");
    QTest::newRow("plain") << QStringLiteral("Zoë Müller") << QStringLiteral("Zoë Müller");
    QTest::newRow("right-to-left letters stay") << QStringLiteral("שלום") << QStringLiteral("שלום");
    QTest::newRow("override") << QStringLiteral("a\u202Eb") << QStringLiteral("a‹U+202E›b");
    QTest::newRow("isolate") << QStringLiteral("\u2067") << QStringLiteral("‹U+2067›");
    QTest::newRow("zero width") << QStringLiteral("a\u200Bb") << QStringLiteral("a‹U+200B›b");
    QTest::newRow("line break") << QStringLiteral("a\nb\u2028") << QStringLiteral("a‹U+000A›b‹U+2028›");
    QTest::newRow("null") << QString(QChar(0)) << QStringLiteral("‹U+0000›");
    QTest::newRow("emoji stays") << QStringLiteral("\U0001F600") << QStringLiteral("\U0001F600");
    QTest::newRow("tag characters") << QStringLiteral("\U000E0041") << QStringLiteral("‹U+E0041›");
}

void ModelsTest::hostileTextIsSpelledOut()
{
    QFETCH(QString, hostile);
    QFETCH(QString, shown);
    QCOMPARE(ui::plain(hostile), shown);
}

void ModelsTest::hostileTextInModels()
{
    const call::CallSnapshot call = samples::hostile(samples::established());
    ui::ExchangeModel exchange;
    exchange.setCall(call);
    ui::KeysModel keys;
    keys.setKeys(call.keys, samples::later());
    ui::CallsModel calls;
    calls.setCalls({call});
    for (const QAbstractItemModel *model : std::initializer_list<QAbstractItemModel *>{&exchange, &keys, &calls}) {
        for (int column = 0; column < model->columnCount(); ++column) {
            for (const int role : {Qt::DisplayRole, Qt::ToolTipRole, Qt::AccessibleTextRole}) {
                const QString text = model->index(0, column).data(role).toString();
                QVERIFY2(text.size() < 2000, qPrintable(text));
                QVERIFY2(!text.contains(QChar(0x202e)), qPrintable(text));
                QVERIFY2(role != Qt::ToolTipRole || !text.contains(QStringLiteral("<b>")), qPrintable(text));
            }
        }
    }
    QVERIFY(ui::plain(std::string(1 << 20, 'x')).size() <= ui::nameLimit + 1);
    QCOMPARE(ui::toolTip(QStringLiteral("<b>x</b>")), QStringLiteral("<p>&lt;b&gt;x&lt;/b&gt;</p>"));
}

void ModelsTest::words()
{
    QCOMPARE(ui::clock(27), QStringLiteral("00:27"));
    QCOMPARE(ui::clock(3627), QStringLiteral("1:00:27"));
    QCOMPARE(ui::clock(-5), QStringLiteral("00:00"));
    QCOMPARE(ui::age(12), QStringLiteral("12 s"));
    QCOMPARE(ui::age(185), QStringLiteral("3:05"));
    QCOMPARE(ui::age(3785), QStringLiteral("1:03:05"));
    QCOMPARE(ui::age(-1), QStringLiteral("0 s"));
    QCOMPARE(ui::magnitude(1340), QStringLiteral("1\u202f340"));
    QCOMPARE(ui::magnitude(quint64(1) << 48), QStringLiteral("≈ 2⁴⁸"));
    QCOMPARE(ui::magnitude(~quint64(0)), QStringLiteral("≈ 2⁶⁴"));
    QCOMPARE(ui::fingerprintInGroups(QStringLiteral("9c1f03aa5b"), 2), QStringLiteral("9C1F 03AA\n5B"));
    QCOMPARE(ui::elapsed(0), QStringLiteral("0 ms"));
    QCOMPARE(ui::elapsed(3100), QStringLiteral("3.1 ms"));
    QCOMPARE(ui::elapsed(2'400'000), QStringLiteral("2.40 s"));
    QCOMPARE(ui::grouped(1234567), QStringLiteral("1\u202f234\u202f567"));
    QCOMPARE(ui::hex(QByteArray::fromHex("3f91"), 1), QStringLiteral("3f …"));
    QCOMPARE(ui::shortAddress(QStringLiteral("sip:bob@h")), QStringLiteral("bob@h"));
    QCOMPARE(ui::suiteInWords(QStringLiteral("AES_CM_128_HMAC_SHA1_80")),
             QStringLiteral("AES-128, 80-bit authentication tag"));
    QCOMPARE(ui::suiteInWords(QStringLiteral("NULL")), QStringLiteral("NULL"));
}

void ModelsTest::securityHasFourFacts_data()
{
    QTest::addColumn<int>("level");
    QTest::newRow("verified") << int(Level::Verified);
    QTest::newRow("unverified") << int(Level::Unverified);
    QTest::newRow("weak") << int(Level::Weak);
}

void ModelsTest::securityHasFourFacts()
{
    QFETCH(int, level);
    const call::Security security = samples::established(Level(level)).security;
    const ui::SecurityWords words = ui::securityWords(security, ui::Tense::Present);
    const QString sentence = words.sentence + u' ' + words.keys;
    QVERIFY2(sentence.contains(QStringLiteral("AES-128")), qPrintable(sentence));
    QVERIFY2(sentence.contains(QStringLiteral("Pre-shared key")), qPrintable(sentence));
    QVERIFY2(sentence.contains(Level(level) == Level::Unverified ? QStringLiteral("Nobody is verified")
                                                                 : QStringLiteral("by a shared key")),
             qPrintable(sentence));
    QVERIFY2(sentence.contains(security.agreedAt.toLocalTime().toString(QStringLiteral("HH:mm:ss"))),
             qPrintable(sentence));
}

void ModelsTest::certificateIsTold()
{
    const call::Security security = samples::renewed().security;
    const ui::SecurityWords words = ui::securityWords(security, ui::Tense::Present, samples::later());
    QVERIFY2(words.sentence.contains(QStringLiteral(
                 "bob@example.org\u2069 is verified by a certificate of Example CA (until 2027-03-01).")),
             qPrintable(words.sentence));
    const QString when = security.agreedAt.toLocalTime().toString(QStringLiteral("HH:mm:ss"));
    QCOMPARE(words.keys, QStringLiteral("Keys agreed by Diffie-Hellman, signed at %1 with forward secrecy, renewed 2 "
                                        "times, next in 14:32.")
                             .arg(when));
    QVERIFY(words.fingerprint.startsWith(QStringLiteral("9C1F 03AA 5BE4 7210 41D0 C7E2 F8A9 B635\n77D1")));
    const ui::SecurityWords first = ui::securityWords(samples::firstUse().security, ui::Tense::Present);
    QVERIFY(first.sentence.contains(QStringLiteral("is known only by a certificate that nobody vouches for")));
    QCOMPARE(first.tone, ui::Tone::Caution);
    QCOMPARE(first.warnings.size(), 2);
    QVERIFY(words.details.contains(QStringLiteral("stolen later does not open this call")));
    QVERIFY(words.warnings.isEmpty());
    QVERIFY(!ui::keysInWords(security, ui::Tense::Past, samples::later()).contains(QStringLiteral("next")));
    QVERIFY(
        ui::keysInWords(security, ui::Tense::Present, security.renewalDue).contains(QStringLiteral("next due now")));
    QVERIFY(ui::securityWords(samples::established().security, ui::Tense::Present)
                .details.contains(QStringLiteral("No forward secrecy")));
}

void ModelsTest::warningsTakeTheGreenAway()
{
    call::Security security = samples::renewed().security;
    security.warnings = {QStringLiteral("A weaker method than the one wanted was used.")};
    const ui::SecurityWords words = ui::securityWords(security, ui::Tense::Present);
    QCOMPARE(words.tone, ui::Tone::Caution);
    QCOMPARE(words.headline, QStringLiteral("Encrypted and verified, with a warning"));
    QCOMPARE(words.warnings, security.warnings);
    security.level = Level::Refused;
    QCOMPARE(ui::securityWords(security, ui::Tense::Past).tone, ui::Tone::Bad);
    security.warnings = QStringList(1000, QString(10'000, u'x'));
    QVERIFY(ui::securityWords(security, ui::Tense::Past).warnings.join(u' ').size() < 4000);
}

// A call that is declined may have keys (IBAKE agrees on them before it rings); nothing was encrypted with them
void ModelsTest::keysOfACallNotAnswered()
{
    call::CallSnapshot call = samples::established();
    call.phase = call::Phase::Ringing;
    call.establishedAt = {};
    ui::SecurityWords words = ui::securityWords(call.security, ui::tenseOf(call));
    QCOMPARE(words.headline, QStringLiteral("Verified, will be encrypted"));
    QVERIFY2(words.sentence.contains(QStringLiteral("is verified by a shared key")), qPrintable(words.sentence));

    call.phase = call::Phase::Ended;
    words = ui::securityWords(call.security, ui::tenseOf(call));
    QCOMPARE(words.headline, QStringLiteral("Keys were agreed and not used"));
    QCOMPARE(words.tone, ui::Tone::Neutral);
    QVERIFY2(words.sentence.startsWith(QStringLiteral("No sound was sent. ")), qPrintable(words.sentence));
    QVERIFY(words.sentence.contains(QStringLiteral("was verified by a shared key")));
    call.security = samples::calling().security;
    words = ui::securityWords(call.security, ui::tenseOf(call));
    QCOMPARE(words.headline, QStringLiteral("No keys were agreed"));
    QCOMPARE(words.keys, QStringLiteral("Keys would have been agreed by Pre-shared key without forward secrecy."));
}

void ModelsTest::onlyVerifiedIsGreen()
{
    for (const Level level : {Level::Pending, Level::Verified, Level::Unverified, Level::Weak, Level::Refused}) {
        call::Security security;
        security.level = level;
        for (const ui::Tense tense : {ui::Tense::Future, ui::Tense::Present, ui::Tense::Past}) {
            const ui::SecurityWords words = ui::securityWords(security, tense);
            QCOMPARE(words.tone == ui::Tone::Good, level == Level::Verified);
            QCOMPARE(words.tone == ui::Tone::Bad, level == Level::Refused);
            QVERIFY(!words.headline.isEmpty() && !words.icon.isEmpty() && !words.sentence.isEmpty());
        }
    }
}

void ModelsTest::contrastSuffices_data()
{
    QTest::addColumn<int>("theme");
    QTest::newRow("light") << int(ui::Theme::Light);
    QTest::newRow("dark") << int(ui::Theme::Dark);
}

void ModelsTest::contrastSuffices()
{
    QFETCH(int, theme);
    ui::applyTheme(*qApp, ui::Theme(theme));
    const QPalette palette = QApplication::palette();
    QCOMPARE(ui::isDark(palette), ui::Theme(theme) == ui::Theme::Dark);
    const auto color = [&](QPalette::ColorRole role) { return palette.color(role); };
    struct Pair
    {
        const char *what;
        QColor text, background;
    };
    std::vector<Pair> pairs{
        {"window", color(QPalette::WindowText), color(QPalette::Window)},
        {"base", color(QPalette::Text), color(QPalette::Base)},
        {"button", color(QPalette::ButtonText), color(QPalette::Button)},
        {"highlight", color(QPalette::HighlightedText), color(QPalette::Highlight)},
        {"tool tip", color(QPalette::ToolTipText), color(QPalette::ToolTipBase)},
        {"placeholder", color(QPalette::PlaceholderText), color(QPalette::Base)},
        {"link", color(QPalette::Link), color(QPalette::Base)},
        {"secondary on window", ui::secondaryText(palette), color(QPalette::Window)},
        {"secondary on base", ui::secondaryText(palette), color(QPalette::Base)},
        {"accent button", ui::accentButton().color(QPalette::ButtonText), ui::accentButton().color(QPalette::Button)},
        {"end button", ui::endButton().color(QPalette::ButtonText), ui::endButton().color(QPalette::Button)},
    };
    for (const ui::Tone tone : {ui::Tone::Neutral, ui::Tone::Good, ui::Tone::Caution, ui::Tone::Bad})
        pairs.push_back({"tone", ui::toneColors(tone, palette).text, ui::toneColors(tone, palette).background});
    pairs.push_back({"refused on base", ui::toneColors(ui::Tone::Bad, palette).text, color(QPalette::Base)});
    for (const Pair &pair : pairs) {
        const double ratio = ui::contrast(pair.text, pair.background);
        QVERIFY2(ratio >= 4.5, qPrintable(QStringLiteral("%1: %2").arg(QLatin1String(pair.what)).arg(ratio)));
    }
}

QTEST_MAIN(ModelsTest)
#include "models_test.moc"
