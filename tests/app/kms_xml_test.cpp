// SPDX-License-Identifier: Apache-2.0
// What a user makes of XML of TS 33.180 that others have written.
#include "account/kms_xml.h"

#include <QTest>

using namespace Qt::StringLiterals;
using namespace mikey;

class KmsXmlTest : public QObject
{
    Q_OBJECT

private:
    SystemRandom m_random;
    kms::SakkeMasters m_masters = kms::SakkeMasters::make(m_random);
    SakkeDomain m_domain = *kms::sakkeDomain(m_masters, "kms.example.org", SakkeIdScheme::Uid);
    account::KmsRequest m_request{u"sip:alice@example.org"_s, u"kms.example.org"_s, u"tablet"_s,
                                  u"https://kms.example.org/keymanagement/identity/v1/init"_s,
                                  NtpTime(std::uint64_t{0xeeb10000} << 32)};

    QByteArray init() const { return account::initXml(m_request, m_domain); }
    QByteArray keySet(std::uint64_t period)
    {
        return account::keyProvXml(m_request, m_domain,
                                   *kms::issueSakke(m_masters, m_domain, "sip:alice@example.org", period, m_random));
    }
    static QByteArray with(QByteArray xml, const QByteArray &before, const QByteArray &after)
    {
        if (!xml.contains(before))
            qFatal("there is no %s", before.constData());
        return xml.replace(before, after);
    }

private Q_SLOTS:
    void readsWhatItWrites()
    {
        const auto response = account::responseOf(init());
        QVERIFY(bool(response));
        QCOMPARE(response->certificates.size(), std::size_t{1});
        QVERIFY(response->certificates.front().domain.z == m_domain.z);
        const auto keys = account::responseOf(keySet(77));
        QVERIFY(bool(keys) && keys->keySets.size() == 1 && keys->keySets.front().keys.period == 77);
        QCOMPARE(keys->keySets.front().certificate, response->certificates.front().uri);
    }

    // Keys of several periods in one answer: none is lost
    void severalKeySets()
    {
        auto both = keySet(77);
        const auto other = keySet(78);
        const auto begin = other.indexOf("<KmsKeySet"), end = other.indexOf("</KmsKeyProv>");
        both.insert(both.indexOf("</KmsKeyProv>"), other.mid(begin, end - begin));
        const auto response = account::responseOf(both);
        QVERIFY2(bool(response), both.constData());
        QCOMPARE(response->keySets.size(), std::size_t{2});
        QCOMPARE(response->keySets[0].keys.period, std::uint64_t{77});
        QCOMPARE(response->keySets[1].keys.period, std::uint64_t{78});
    }

    void otherParameterSet()
    {
        const auto other =
            account::responseOf(with(init(), "<ParameterSet>1</ParameterSet>", "<ParameterSet>2</ParameterSet>"));
        QVERIFY(other && other->certificates.empty());
    }

    // A time without zone is UTC, and bounds that are not told do not hold
    void validity()
    {
        const auto read = [this](const QByteArray &bounds) {
            const auto response = account::responseOf(with(init(), "<UserIdFormat>", bounds + "<UserIdFormat>"));
            return response && !response->certificates.empty() ? std::optional(response->certificates.front().validity)
                                                               : std::nullopt;
        };
        const auto at = [](std::int64_t unixSeconds) { return NtpTime::fromUnixMicroseconds(unixSeconds * 1000000); };
        constexpr std::int64_t noon = 1795867200; // 2026-11-28T12:00:00Z
        for (const auto *text : {"2026-11-28T12:00:00Z", "2026-11-28T12:00:00", "2026-11-28T13:00:00+01:00"}) {
            const auto from = read("<ValidFrom>" + QByteArray(text) + "</ValidFrom>");
            QVERIFY(from && from->isAt(at(noon)) && from->isAt(at(noon + 1000000000)) && !from->isAt(at(noon - 1)));
            const auto to = read("<ValidTo>" + QByteArray(text) + "</ValidTo>");
            QVERIFY(to && to->isAt(at(noon)) && to->isAt(at(0)) && !to->isAt(at(noon + 1)));
        }
        for (const auto *text : {"2095-01-01T00:00:00Z", "2104-06-01T00:00:00Z", "9999-12-31T23:59:59Z"}) {
            QVERIFY(read("<ValidTo>" + QByteArray(text) + "</ValidTo>")->isAt(at(noon)));
            QVERIFY(!read("<ValidFrom>" + QByteArray(text) + "</ValidFrom>")->isAt(at(noon)));
        }
        QVERIFY(read({})->isAt(at(noon)));
        QVERIFY(!read("<ValidTo>some day</ValidTo>")); // of no use then
    }

    void domainList()
    {
        m_domain.hosts = {"example.org", "example.com"};
        const auto response = account::responseOf(init());
        QVERIFY(response && response->certificates.front().domain.hosts == m_domain.hosts);
        m_domain.hosts.clear();
    }

    // Signed forms: what is in them counts, as TLS proves the service
    void signedForms()
    {
        auto one = with(init(), "<KmsCertificate", "<SignedKmsCertificate><KmsCertificate");
        one = with(one, "</KmsCertificate>", "</KmsCertificate><Signature>x</Signature></SignedKmsCertificate>");
        auto response = account::responseOf(one);
        QVERIFY2(response && response->certificates.size() == 1, one.constData());
        auto all = with(init(), "<KmsResponse", "<SignedKmsResponse><KmsResponse");
        all = with(all, "</KmsResponse>", "</KmsResponse><Signature>x</Signature></SignedKmsResponse>");
        // The namespaces stand with the outer element as well.
        all = with(all, "<SignedKmsResponse>", "<SignedKmsResponse xmlns=\"urn:3gpp:ns:mcsecKMSInterface:1.0\">");
        response = account::responseOf(all);
        QVERIFY2(response && response->certificates.size() == 1, all.constData());
    }

    void nestedLists()
    {
        const auto deep = QByteArray("<KmsDomainList>").repeated(3000) + QByteArray("</KmsDomainList>").repeated(3000);
        const auto response = account::responseOf(with(init(), "<UserIdFormat>", deep + "<UserIdFormat>"));
        QVERIFY(!response || response->certificates.size() <= 1);
    }

    void errors()
    {
        QCOMPARE(account::responseOf(account::errorXml(u"403"_s, u"no"_s))->error, u"no"_s);
        const auto codeOnly = with(account::errorXml(u"403"_s, u"no"_s), "<ErrorMsg>no</ErrorMsg>", "");
        QCOMPARE(account::responseOf(codeOnly)->error, u"error 403"_s);
    }

    void revoked()
    {
        for (const auto *yes : {"true", "1"}) {
            const auto said =
                "<KmsUri>kms.example.org</KmsUri><Revoked>" + QByteArray(yes) + "</Revoked><UserIdFormat>";
            const auto response =
                account::responseOf(with(init(), "<KmsUri>kms.example.org</KmsUri><UserIdFormat>", said));
            QVERIFY(response && response->certificates.front().validity.revoked);
        }
        const auto response =
            account::responseOf(with(init(), "<KmsUri>kms.example.org</KmsUri><UserIdFormat>",
                                     "<KmsUri>kms.example.org</KmsUri><Revoked>false</Revoked><UserIdFormat>"));
        QVERIFY(response && !response->certificates.front().validity.revoked);
    }

    // An extension with elements of the same name says nothing about these
    void otherNamespaces()
    {
        const auto response = account::responseOf(
            with(init(), "<ParameterSet>1</ParameterSet>",
                 "<ParameterSet>1</ParameterSet><x:PubEncKey xmlns:x=\"urn:other\">00</x:PubEncKey>"));
        QVERIFY(bool(response));
        QVERIFY(response->certificates.front().domain.z == m_domain.z);
        QVERIFY(!account::responseOf(QByteArray(init()).replace("urn:3gpp:ns:mcsecKMSInterface:1.0", "urn:other")));
    }

    // K6507-002, K6508-003: public keys that are none are not taken
    void damagedPublicKeys()
    {
        for (const QByteArray element : {"PubAuthKey", "PubEncKey"}) {
            auto xml = init();
            const auto end = xml.indexOf("</" + element + '>');
            QVERIFY(end > 0);
            xml[end - 1] = xml[end - 1] == '0' ? '1' : '0';
            const auto response = account::responseOf(xml);
            QVERIFY(response && response->certificates.empty());
        }
    }

    void damaged()
    {
        const auto whole = init();
        for (qsizetype size = 0; size < whole.size() - 2; size += 5)
            QVERIFY(!account::responseOf(whole.left(size)));
    }
};

QTEST_GUILESS_MAIN(KmsXmlTest)
#include "kms_xml_test.moc"
