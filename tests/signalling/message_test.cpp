// SPDX-License-Identifier: Apache-2.0
// Messages: parser, serialiser, URIs and header fields; the torture messages of RFC 4475.
#include "sip/parser.h"
#include "sip/serialiser.h"
#include "sip/user_agent_core.h"

#include <QFile>
#include <QTest>

using namespace sip;

namespace {

std::string tortureMessage(const QString &name)
{
    QFile file(QStringLiteral(LATCHKEY_TEST_DATA "/vectors/sip-torture/") + name + QStringLiteral(".dat"));
    return file.open(QIODevice::ReadOnly) ? file.readAll().toStdString() : std::string();
}

enum Verdict { Incoming = -1, Silence = 0 };

/// What a user agent does with a datagram: the status it answers, a new call, or nothing.
int verdictOf(const std::string &datagram)
{
    std::uint64_t random = 1;
    UserAgentCore core({.identity = *Uri::parse("sip:bob@example.org"), .random = [&] { return random++; }});
    core.addListening(Transport::Udp, "192.0.2.1", 5060);
    core.receive(parseDatagram(datagram), {.localHost = "192.0.2.1", .remoteHost = "192.0.2.9", .remotePort = 5060},
                 {});
    int verdict = Silence;
    for (const auto &output : core.takeOutputs()) {
        if (std::holds_alternative<output::Incoming>(output))
            return Incoming;
        if (const auto *sent = std::get_if<output::Send>(&output))
            verdict = parseDatagram(sent->octets).response()->status;
    }
    return verdict;
}

std::string requestWith(const std::string &fields, const std::string &body = {})
{
    return "OPTIONS sip:bob@example.org SIP/2.0\r\n" + fields + "\r\n" + body;
}

const std::string mandatory = "Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKx\r\nFrom: <sip:a@example.org>;tag=1\r\n"
                              "To: <sip:b@example.org>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n";

} // namespace

class MessageTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void torture_data();
    void torture();
    void tortuousInvite();
    void escapes();
    void roundTrip_data() { torture_data(); }
    void roundTrip();
    void faults_data();
    void faults();
    void compactForms();
    void limits();
    void truncation();
    void stream();
    void brokenStream_data();
    void brokenStream();
    void uris_data();
    void uris();
    void brokenUris_data();
    void brokenUris();
    void addresses_data();
    void addresses();
    void reasonsAndWarnings();
    void statelessAnswersAreStable();
    void nothingIsInjected();
};

void MessageTest::torture_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<int>("verdict");
    struct Row
    {
        const char *name;
        int verdict;
    };
    // In the order of RFC 4475 section 3; REGISTER and MESSAGE are not for a phone (405). The first is sound, but its
    // To has a tag of a dialog that does not exist.
    const Row rows[] = {
        {"wsinv", 481},      {"intmeth", 501},      {"esc01", Incoming},   {"escnull", 405},      {"esc02", 501},
        {"lwsdisp", 200},    {"longreq", Incoming}, {"dblreq", 405},       {"semiuri", 200},      {"transports", 200},
        {"mpart01", 405},    {"unreason", Silence}, {"noreason", Silence}, {"badinv01", 400},     {"clerr", 400},
        {"ncl", 400},        {"scalar02", 400},     {"scalarlg", Silence}, {"quotbal", 400},      {"ltgtruri", 400},
        {"lwsruri", 400},    {"lwsstart", 400},     {"trws", 400},         {"escruri", 400},      {"baddate", Incoming},
        {"regbadct", 400},   {"badaspec", 400},     {"baddn", 400},        {"badvers", 505},      {"mismatch01", 400},
        {"mismatch02", 501}, {"bigcode", Silence},  {"badbranch", 200},    {"insuf", 400},        {"unkscm", 416},
        {"novelsc", 416},    {"unksm2", 405},       {"bext01", 420},       {"invut", 415},        {"regaut01", 405},
        {"multi01", 400},    {"mcl01", 400},        {"bcast", Silence},    {"zeromf", 200},       {"cparam01", 405},
        {"cparam02", 405},   {"regescrt", 405},     {"sdp01", 406},        {"inv2543", Incoming}, {"test", 400},
    };
    for (const auto &row : rows)
        QTest::newRow(row.name) << QString::fromLatin1(row.name) << row.verdict;
}

void MessageTest::torture()
{
    QFETCH(QString, name);
    QFETCH(int, verdict);
    const auto datagram = tortureMessage(name);
    QVERIFY(!datagram.empty());
    QCOMPARE(verdictOf(datagram), verdict);
}

void MessageTest::tortuousInvite() // RFC 4475 section 3.1.1.1
{
    const auto parsed = parseDatagram(tortureMessage(QStringLiteral("wsinv")));
    QVERIFY(!parsed.fault);
    const auto &request = *parsed.request();
    QCOMPARE(request.uri.toString(), "sip:vivekg@chair-dnrc.example.com;unknownparam");
    QCOMPARE(request.to().tag(), "1918181833n");
    QCOMPARE(request.from().displayName, "J Rosenberg \\\"");
    QCOMPARE(request.from().tag(), "98asjd8");
    QCOMPARE(request.cseq().number, 9u);
    QCOMPARE(request.cseq().method, "INVITE");
    QCOMPARE(request.headers.all("Via").size(), std::size_t(3));
    QCOMPARE(request.topVia().host, "192.0.2.2");
    QCOMPARE(request.topVia().branch(), "390skdjuw");
    QCOMPARE(Via::parse(request.headers.all("Via")[2])->branch(), "z9hG4bK30239");
    QCOMPARE(*request.headers.find("Subject"), "");
    QCOMPARE(*request.headers.find("NewFangledHeader"), "newfangled value continued newfangled value");
    QCOMPARE(*request.headers.find("UnknownHeaderWithUnusualValue"), ";;,,;;,;");
    QCOMPARE(request.content.size(), std::size_t(150));
    const auto contact = NameAddress::parse(*request.headers.find("Contact"));
    QCOMPARE(contact->displayName, "Quoted string \"\"");
    QCOMPARE(*findParameter(contact->parameters, "q")->value, "0.33");
}

void MessageTest::escapes()
{
    // section 3.1.1.2: quoted NUL, and characters of tokens everywhere
    const auto intmeth = parseDatagram(tortureMessage(QStringLiteral("intmeth")));
    QVERIFY(!intmeth.fault);
    QCOMPARE(intmeth.request()->method, "!interesting-Method0123456789_*+`.%indeed'~");
    QVERIFY(intmeth.request()->to().displayName.find('\0') != std::string::npos);
    // section 3.1.1.3: unescaped once, not recursively
    const auto esc01 = parseDatagram(tortureMessage(QStringLiteral("esc01")));
    QCOMPARE(esc01.request()->uri.user, "sips:user@example.com");
    const auto contact = NameAddress::parse(*esc01.request()->headers.find("Contact"));
    QCOMPARE(*findParameter(contact->uri.parameters, "name")->value, "value%41");
    // section 3.1.1.4: a NUL does not end a user name
    const auto escnull = parseDatagram(tortureMessage(QStringLiteral("escnull")));
    QCOMPARE(escnull.request()->to().uri.user, std::string("null-\0-null", 11));
    // section 3.1.1.5: % is no escape in names of header fields
    const auto esc02 = parseDatagram(tortureMessage(QStringLiteral("esc02")));
    QCOMPARE(esc02.request()->headers.all("Contact").size(), std::size_t(2));
    // section 3.1.1.9
    const auto semiuri = parseDatagram(tortureMessage(QStringLiteral("semiuri")));
    QCOMPARE(semiuri.request()->uri.user, "user;par=u@example.net");
    // section 3.1.1.8: what follows the body is ignored
    const auto dblreq = parseDatagram(tortureMessage(QStringLiteral("dblreq")));
    QVERIFY(!dblreq.fault);
    QCOMPARE(dblreq.request()->content, "");
    // section 3.3.12 and 3.3.13: parameters of the header field and of the URI
    const auto cparam01 = parseDatagram(tortureMessage(QStringLiteral("cparam01")));
    QVERIFY(
        findParameter(NameAddress::parse(*cparam01.request()->headers.find("Contact"))->parameters, "unknownparam"));
    const auto cparam02 = parseDatagram(tortureMessage(QStringLiteral("cparam02")));
    QVERIFY(findParameter(NameAddress::parse(*cparam02.request()->headers.find("Contact"))->uri.parameters,
                          "unknownparam"));
}

void MessageTest::roundTrip()
{
    QFETCH(QString, name);
    const auto parsed = parseDatagram(tortureMessage(name));
    if (parsed.fault)
        return;
    const auto text = parsed.request() ? serialise(*parsed.request()) : serialise(*parsed.response());
    const auto again = parseDatagram(text);
    QVERIFY(!again.fault);
    QCOMPARE(again.request() ? serialise(*again.request()) : serialise(*again.response()), text);
    const Message &before = parsed.request() ? static_cast<const Message &>(*parsed.request()) : *parsed.response();
    const Message &after = again.request() ? static_cast<const Message &>(*again.request()) : *again.response();
    QCOMPARE(after.content, before.content);
    QCOMPARE(after.from().toString(), before.from().toString());
    QCOMPARE(after.topVia().toString(), before.topVia().toString());
}

void MessageTest::faults_data()
{
    QTest::addColumn<QByteArray>("datagram");
    QTest::addColumn<int>("status");
    const auto row = [](const char *name, const std::string &datagram, int status) {
        QTest::newRow(name) << QByteArray::fromStdString(datagram) << status;
    };
    row("sound", requestWith(mandatory), 0);
    row("bare LF",
        "OPTIONS sip:b@h SIP/2.0\nVia: SIP/2.0/UDP h;branch=z9hG4bKx\nFrom: <sip:a@h>;tag=1\nTo: <sip:b@h>\n"
        "Call-ID: c\nCSeq: 1 OPTIONS\n\n",
        0);
    row("no empty line at the end", "OPTIONS sip:b@h SIP/2.0\r\n" + mandatory, 0);
    row("lower-case version", "OPTIONS sip:b@h sip/2.0\r\n" + mandatory + "\r\n", 0);
    row("empty", "", 0); // with no message either
    row("only line ends", "\r\n\r\n", 0);
    row("noise", std::string("\0\x01\xff\xfe", 4), 400);
    row("HTTP", "GET / HTTP/1.1\r\nHost: h\r\n\r\n", 400);
    row("no version", "OPTIONS sip:b@h\r\n" + mandatory + "\r\n", 400);
    row("version 1.0", "OPTIONS sip:b@h SIP/1.0\r\n" + mandatory + "\r\n", 505);
    row("bare CR in a header field", requestWith(mandatory + "X: a\rb\r\n"), 400);
    row("no colon", requestWith(mandatory + "nonsense\r\n"), 400);
    row("header name with a space", requestWith(mandatory + "a b: c\r\n"), 400);
    row("two CSeq", requestWith(mandatory + "CSeq: 2 OPTIONS\r\n"), 400);
    row("CSeq too large",
        requestWith("Via: SIP/2.0/UDP h\r\nFrom: <sip:a@h>\r\nTo: <sip:b@h>\r\nCall-ID: c\r\n"
                    "CSeq: 2147483648 OPTIONS\r\n"),
        400);
    row("Content-Length negative", requestWith(mandatory + "l: -1\r\n"), 400);
    row("Content-Length too long", requestWith(mandatory + "l: 5\r\n", "four"), 400);
    row("empty list element", requestWith(mandatory + "Allow: INVITE,,ACK\r\n"), 400);
    row("empty list", requestWith(mandatory + "Supported:\r\n"), 0);
    row("Via of SIP/3.0", requestWith(mandatory + "Via: SIP/3.0/UDP h\r\n"), 400);
    row("Via port too large", requestWith(mandatory + "Via: SIP/2.0/UDP h:70000\r\n"), 400);
    row("Via IPv6", requestWith(mandatory + "Via: SIP/2.0/UDP [2001:db8::1]:5060;received=[2001:db8::2]\r\n"), 0);
    row("unclosed <", requestWith(mandatory + "Contact: <sip:a@h\r\n"), 400);
    row("Contact *", requestWith(mandatory + "Contact: *\r\n"), 0);
    row("status 099", "SIP/2.0 099 Low\r\n" + mandatory + "\r\n", 400);
    row("status without phrase", "SIP/2.0 200\r\n" + mandatory + "\r\n", 0);
    row("status of four digits", "SIP/2.0 2000 OK\r\n" + mandatory + "\r\n", 400);
}

void MessageTest::faults()
{
    QFETCH(QByteArray, datagram);
    QFETCH(int, status);
    const auto parsed = parseDatagram(datagram.toStdString());
    QCOMPARE(parsed.fault ? parsed.fault->status : 0, status);
    if (parsed.fault)
        QVERIFY2(parsed.fault->sentence.ends_with('.'), parsed.fault->sentence.c_str());
}

void MessageTest::compactForms()
{
    const auto parsed =
        parseDatagram("INVITE sip:b@h SIP/2.0\r\nv: SIP/2.0/UDP h;branch=z9hG4bKx\r\nF: <sip:a@h>;tag=1\r\n"
                      "t: <sip:b@h>\r\ni: c\r\ncSEQ: 1 INVITE\r\nm: <sip:a@h>\r\nk: timer\r\n"
                      "c: text/plain\r\nl: 2\r\n\r\nhi");
    QVERIFY(!parsed.fault);
    const auto &headers = parsed.request()->headers;
    for (const char *name : {"Via", "From", "To", "Call-ID", "CSeq", "Contact", "Supported", "Content-Type"})
        QVERIFY2(headers.has(name), name);
    QCOMPARE(parsed.request()->body().content, "hi");
}

void MessageTest::limits()
{
    const auto longField = requestWith(mandatory + "X: " + std::string(ParserLimits::head, 'x') + "\r\n");
    QCOMPARE(parseDatagram(longField).fault->status, 513);
    std::string many = mandatory;
    for (std::size_t i = 0; i < ParserLimits::headers; ++i)
        many += "X:\r\n";
    QCOMPARE(parseDatagram(requestWith(many)).fault->status, 400);
    const auto body = std::string(ParserLimits::content + 1, 'x');
    QCOMPARE(parseDatagram(requestWith(mandatory, body)).fault->status, 513);
    std::string parameters = "Contact: <sip:a@h>";
    for (int i = 0; i < 1000; ++i)
        parameters += ";p" + std::to_string(i);
    QCOMPARE(parseDatagram(requestWith(mandatory + parameters + "\r\n")).fault->status, 400);
}

void MessageTest::truncation()
{
    // However a message is cut off, it is read without harm, and without its header fields it is never sound.
    for (const char *name : {"wsinv", "longreq", "intmeth", "mpart01"}) {
        const auto whole = tortureMessage(QString::fromLatin1(name));
        for (std::size_t length = 0; length < whole.size(); ++length) {
            const auto parsed = parseDatagram(whole.substr(0, length));
            if (length < whole.find("\r\n\r\n") / 2)
                QVERIFY(parsed.fault || length == 0);
        }
    }
}

void MessageTest::stream()
{
    const std::vector<std::string> messages{
        requestWith(mandatory + "Content-Length: 4\r\n", "body"),
        requestWith(mandatory + "l: 0\r\n"),
        "\r\n\r\n" + requestWith(mandatory + "Content-Length : 6\r\n", "\r\n\r\nxy"),
    };
    std::string all;
    for (const auto &message : messages)
        all += message;
    for (std::size_t step = 1; step < all.size(); step += 7) {
        StreamParser parser;
        std::vector<std::string> bodies;
        for (std::size_t at = 0; at < all.size(); at += step) {
            parser.append(std::string_view(all).substr(at, step));
            while (auto parsed = parser.next()) {
                QVERIFY(!parsed->fault);
                bodies.push_back(parsed->request()->content);
            }
        }
        QCOMPARE(bodies, (std::vector<std::string>{"body", "", "\r\n\r\nxy"}));
        QVERIFY(!parser.isBroken());
        QVERIFY(!parser.isWaiting());
    }
}

void MessageTest::brokenStream_data()
{
    QTest::addColumn<QByteArray>("octets");
    QTest::addColumn<int>("status");
    const auto row = [](const char *name, const std::string &octets, int status) {
        QTest::newRow(name) << QByteArray::fromStdString(octets) << status;
    };
    row("no Content-Length", requestWith(mandatory), 400);
    row("negative Content-Length", tortureMessage(QStringLiteral("ncl")), 400); // RFC 4475 section 3.1.2.3
    row("two Content-Length", tortureMessage(QStringLiteral("mcl01")), 400);    // RFC 4475 section 3.3.9
    row("endless header fields", "OPTIONS sip:b@h SIP/2.0\r\n" + std::string(2 * ParserLimits::head, 'x'), 513);
    row("huge body", requestWith(mandatory + "Content-Length: 4294967295\r\n"), 513);
    row("noise with line ends", "one\r\ntwo\r\n\r\n", 400);
}

void MessageTest::brokenStream()
{
    QFETCH(QByteArray, octets);
    QFETCH(int, status);
    StreamParser parser;
    parser.append(octets.toStdString());
    const auto parsed = parser.next();
    QVERIFY(parsed && parsed->fault);
    QCOMPARE(parsed->fault->status, status);
    QVERIFY(parser.isBroken());
    parser.append(requestWith(mandatory + "l: 0\r\n"));
    QVERIFY(!parser.next());
}

void MessageTest::uris_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("user");
    QTest::addColumn<QString>("host");
    QTest::addColumn<int>("port");
    QTest::addColumn<QString>("again"); // how it is written
    const auto row = [](const char *text, const char *user, const char *host, int port, const char *again = nullptr) {
        QTest::newRow(text) << QString::fromLatin1(text) << QString::fromLatin1(user) << QString::fromLatin1(host)
                            << port << QString::fromLatin1(again ? again : text);
    };
    row("sip:alice@example.com", "alice", "example.com", 0);
    row("SIP:Alice@Example.COM:5070", "Alice", "example.com", 5070, "sip:Alice@example.com:5070");
    row("sip:127.0.0.1:5070", "", "127.0.0.1", 5070);
    row("sip:bob@[2001:db8::1]:5070;transport=tcp", "bob", "2001:db8::1", 5070);
    row("sips:bob:secret@h;lr?Subject=x&a=b", "bob", "h", 0);
    row("sip:a%20b@h", "a b", "h", 0);
    row("sip:%61lice@h", "alice", "h", 0, "sip:alice@h");
    row("sip:+1-212-555;phone-context=x@h;user=phone", "+1-212-555;phone-context=x", "h", 0);
    row("sip:u?v@h", "u?v", "h", 0);
}

void MessageTest::uris()
{
    QFETCH(QString, text);
    QFETCH(QString, user);
    QFETCH(QString, host);
    QFETCH(int, port);
    QFETCH(QString, again);
    const auto uri = Uri::parse(text.toStdString());
    QVERIFY(uri);
    QCOMPARE(uri->user, user.toStdString());
    QCOMPARE(uri->host, host.toStdString());
    QCOMPARE(int(uri->port), port);
    QCOMPARE(uri->toString(), again.toStdString());
    QVERIFY(Uri::parse(uri->toString())->sameTarget(*uri));
}

void MessageTest::brokenUris_data()
{
    QTest::addColumn<QString>("text");
    for (const char *text :
         {"",          "alice",      "sip:",       "sip:@h",    "sip:a@",    "sip:a@h:",   "sip:a@h:0", "sip:a@h:65536",
          "sip:a@h:x", "sip:a%2@h",  "sip:a%zz@h", "sip:a b@h", "sip:a@b@c", "sip:a@[::1", "sip:a@::1", "sip:a@[h]",
          "sip:a@h;",  "sip:a@h;=x", "sip:a@h?",   "sip:a@h/x", "<sip:a@h>", "1sip:a@h",   ":a@h",      "tel:"})
        QTest::newRow(text) << QString::fromLatin1(text);
}

void MessageTest::brokenUris()
{
    QFETCH(QString, text);
    const auto uri = Uri::parse(text.toStdString());
    QVERIFY(!uri);
    QCOMPARE(uri.fault().status, 400);
}

void MessageTest::addresses_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<bool>("valid");
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("tag");
    const auto row = [](const char *text, bool valid, const char *name = "", const char *tag = "") {
        QTest::newRow(text) << QString::fromLatin1(text) << valid << QString::fromLatin1(name)
                            << QString::fromLatin1(tag);
    };
    row("sip:a@h", true);
    row("sip:a@h;tag=1", true, "", "1");
    row("<sip:a@h;x=y>;tag=1", true, "", "1");
    row("Alice B <sip:a@h>", true, "Alice B");
    row("Alice<sip:a@h>", true, "Alice");
    row("\"A, \\\"B\\\" <x>\" <sip:a@h> ; TAG = z", true, "A, \"B\" <x>", "z");
    row("<sip:a@h>;x=\"q;tag=no\";tag=yes", true, "", "yes");
    row("tel:+123", true);
    row("<sip:a@h> trailing", false);
    row("<sip:a@h>;", false);
    row("<sip:a@h>;tag=", false);
    row("Alice, B <sip:a@h>", false);
    row("\"open <sip:a@h>", false);
    row("sip:a@h?x=y", false);
    row("", false);
}

void MessageTest::addresses()
{
    QFETCH(QString, text);
    QFETCH(bool, valid);
    QFETCH(QString, name);
    QFETCH(QString, tag);
    const auto address = NameAddress::parse(text.toStdString());
    QCOMPARE(address.has_value(), valid);
    if (!address)
        return;
    QCOMPARE(address->displayName, name.toStdString());
    QCOMPARE(std::string(address->tag()), tag.toStdString());
    QCOMPARE(NameAddress::parse(address->toString())->toString(), address->toString());
}

void MessageTest::reasonsAndWarnings()
{
    const auto reason = Reason::parse("SIP ;cause=488 ;text=\"No \\\"keys\\\"\"");
    QCOMPARE(reason->cause, 488);
    QCOMPARE(reason->text, "No \"keys\"");
    QCOMPARE(reason->toString(), "SIP;cause=488;text=\"No \\\"keys\\\"\"");
    QVERIFY(!Reason::parse(";cause=1"));
    const auto warning = Warning::parse("399 example.org:5060 \"what, now\"");
    QCOMPARE(warning->code, 399);
    QCOMPARE(warning->text, "what, now");
    QCOMPARE(warning->toString(), "399 example.org:5060 \"what, now\"");
    QVERIFY(!Warning::parse("1812 overture \"In Progress\"")); // RFC 4475 section 3.1.2.5
    QVERIFY(!Warning::parse("399 h unquoted"));
}

void MessageTest::statelessAnswersAreStable() // RFC 3261 section 8.2.7
{
    std::uint64_t random = 1;
    UserAgentCore core({.random = [&] { return random++; }});
    const auto options = requestWith(mandatory);
    QStringList answers;
    for (int i = 0; i < 2; ++i) {
        core.receive(parseDatagram(options), {.localHost = "192.0.2.1", .remoteHost = "192.0.2.9", .remotePort = 5060},
                     {});
        for (const auto &output : core.takeOutputs())
            answers << QString::fromStdString(std::get<output::Send>(output).octets);
    }
    QCOMPARE(answers.size(), 2);
    QCOMPARE(answers[0], answers[1]);
    QVERIFY(answers[0].startsWith(QStringLiteral("SIP/2.0 200 OK\r\n")));
    QVERIFY(!core.deadline());
}

void MessageTest::nothingIsInjected()
{
    Response response = makeResponse(*parseDatagram(requestWith(mandatory)).request(), 488, "t");
    response.reason = "No\r\nX-Evil: 1";
    response.headers.add("Warning", Warning{399, "h", "a\r\nX-Evil: 2\r\n\r\nbody"}.toString());
    const auto parsed = parseDatagram(serialise(response));
    QVERIFY(!parsed.fault);
    QVERIFY(!parsed.response()->headers.has("X-Evil"));
    QCOMPARE(parsed.response()->content, "");
}

QTEST_GUILESS_MAIN(MessageTest)
#include "message_test.moc"
