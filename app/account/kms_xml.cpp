// SPDX-License-Identifier: Apache-2.0
#include "account/kms_xml.h"

#include "crypto/digest.h"
#include "wire/text.h"

#include <QDateTime>
#include <QHash>
#include <QXmlStreamReader>
#include <QXmlStreamWriter>

namespace account {

namespace {

using Leaves = QHash<QString, QString>;

const auto space = QStringLiteral("urn:3gpp:ns:mcsecKMSInterface:1.0");
const auto schemaInstance = QStringLiteral("http://www.w3.org/2001/XMLSchema-instance");
const auto version = QStringLiteral("1.0.0");
/// UserIdFormat: 2 is the hashed UID of annex F.2.1; 1 stands for the Identifier of RFC 6509 3.2.
const auto hashedFormat = QStringLiteral("2"), telFormat = QStringLiteral("1");

QString told(const std::string &text)
{
    return QString::fromStdString(text);
}

QString hexOf(mikey::ByteView octets)
{
    return told(mikey::hex(octets));
}

QString timeText(mikey::NtpTime time)
{
    return QDateTime::fromMSecsSinceEpoch(time.unixMilliseconds(), Qt::UTC).toString(Qt::ISODateWithMs);
}

/// Names a pair of public keys, so that keys of users can say which they belong to.
QString certificateOf(const mikey::SakkeDomain &domain)
{
    auto both = domain.z;
    mikey::append(both, domain.kpak);
    return told(domain.kms + "#" + mikey::fingerprint(both));
}

// --- writing ---------------------------------------------------------------------------------------------------------

struct Element
{
    QString name;
    QString text;
};

void writeAll(QXmlStreamWriter &xml, const QList<Element> &elements)
{
    for (const auto &element : elements) {
        if (!element.text.isEmpty())
            xml.writeTextElement(space, element.name, element.text);
    }
}

void begin(QXmlStreamWriter &xml, const QString &name)
{
    xml.writeStartElement(space, name);
    xml.writeAttribute(QStringLiteral("Version"), version);
}

void beginDocument(QXmlStreamWriter &xml, const QString &name)
{
    xml.writeStartDocument();
    xml.writeDefaultNamespace(space);
    xml.writeNamespace(schemaInstance, QStringLiteral("xsi"));
    begin(xml, name);
}

/// A response up to its message, which `message` writes.
template <class Message>
QByteArray responseXml(const KmsRequest &request, const QString &kind, const Message &message)
{
    QByteArray out;
    QXmlStreamWriter xml(&out);
    beginDocument(xml, QStringLiteral("KmsResponse"));
    writeAll(xml, {{QStringLiteral("KmsUri"), request.kmsUri},
                   {QStringLiteral("UserUri"), request.userUri},
                   {QStringLiteral("Time"), timeText(request.time)},
                   {QStringLiteral("ClientReqUrl"), request.clientReqUrl}});
    xml.writeStartElement(space, QStringLiteral("KmsMessage"));
    begin(xml, kind);
    message(xml);
    xml.writeEndDocument();
    return out;
}

void writeKey(QXmlStreamWriter &xml, const QString &name, mikey::ByteView key)
{
    xml.writeStartElement(space, name);
    xml.writeAttribute(schemaInstance, QStringLiteral("type"), QStringLiteral("KeyContentType"));
    xml.writeCharacters(hexOf(key));
    xml.writeEndElement();
}

void writeCertificate(QXmlStreamWriter &xml, const mikey::SakkeDomain &domain)
{
    const bool tel = domain.scheme == mikey::SakkeIdScheme::TelUriMonthly;
    begin(xml, QStringLiteral("KmsCertificate"));
    xml.writeAttribute(QStringLiteral("Role"), QStringLiteral("Root"));
    writeAll(xml, {{QStringLiteral("CertUri"), certificateOf(domain)},
                   {QStringLiteral("KmsUri"), told(domain.kms)},
                   {QStringLiteral("ValidFrom"),
                    domain.fromPeriod > 0 ? timeText(domain.startOf(domain.fromPeriod)) : QString()},
                   {QStringLiteral("UserIdFormat"), tel ? telFormat : hashedFormat},
                   {QStringLiteral("UserKeyPeriod"), QString::number(domain.keyPeriod)},
                   {QStringLiteral("UserKeyOffset"), QString::number(domain.keyPeriodOffset)},
                   {QStringLiteral("PubEncKey"), hexOf(domain.z)},
                   {QStringLiteral("PubAuthKey"), hexOf(domain.kpak)},
                   {QStringLiteral("ParameterSet"), QStringLiteral("1")}});
    xml.writeEndElement();
}

// --- reading ---------------------------------------------------------------------------------------------------------

/// The texts of the elements within the one at hand, by name. To its end.
Leaves leavesOf(QXmlStreamReader &xml)
{
    Leaves leaves;
    while (xml.readNextStartElement()) {
        const bool isOurs = xml.namespaceUri() == space;
        const auto name = xml.name().toString();
        const auto text = xml.readElementText(QXmlStreamReader::SkipChildElements).trimmed();
        if (isOurs)
            leaves[name] = text;
    }
    return leaves;
}

std::optional<mikey::NtpTime> timeOf(const QString &text)
{
    const auto time = QDateTime::fromString(text, Qt::ISODateWithMs);
    if (!time.isValid())
        return std::nullopt;
    return mikey::NtpTime::fromUnixMicroseconds(time.toMSecsSinceEpoch() * 1000);
}

/// Before the root element; it has to have that name.
bool readRoot(QXmlStreamReader &xml, const QString &name)
{
    while (!xml.atEnd() && !xml.isStartElement()) {
        xml.readNext();
        if (xml.isDTD())
            return false;
    }
    return xml.isStartElement() && xml.name() == name && xml.namespaceUri() == space;
}

std::optional<mikey::SakkeDomain> domainOf(const Leaves &leaves)
{
    const auto octets = [&](const char *name) {
        return mikey::fromHex(leaves[QLatin1String(name)].toStdString()).value_or(mikey::Bytes());
    };
    const auto set = leaves[QStringLiteral("ParameterSet")];
    if (!set.isEmpty() && set != QLatin1String("1")) // RFC 6509 Appendix A has no other
        return std::nullopt;
    const auto format = leaves[QStringLiteral("UserIdFormat")];
    if (format != hashedFormat && format != telFormat)
        return std::nullopt;
    auto domain = mikey::makeSakkeDomain(
        leaves[QStringLiteral("KmsUri")].toStdString(), octets("PubAuthKey"), octets("PubEncKey"),
        format == telFormat ? mikey::SakkeIdScheme::TelUriMonthly : mikey::SakkeIdScheme::Uid);
    if (!domain || domain->kms.empty())
        return std::nullopt;
    bool period = false, offset = false;
    domain->keyPeriod = leaves[QStringLiteral("UserKeyPeriod")].toUInt(&period);
    domain->keyPeriodOffset = leaves[QStringLiteral("UserKeyOffset")].toUInt(&offset);
    return period && offset && domain->keyPeriod > 0 ? domain : std::nullopt;
}

std::optional<mikey::kms::SakkeIssue> keysOf(const Leaves &leaves)
{
    const auto octets = [&](const char *name) { return mikey::fromHex(leaves[QLatin1String(name)].toStdString()); };
    auto rsk = octets("UserDecryptKey"), ssk = octets("UserSigningKeySSK");
    const auto pvt = octets("UserPubTokenPVT");
    bool number = false;
    const auto period = leaves[QStringLiteral("KeyPeriodNo")].toULongLong(&number);
    if (!rsk || !ssk || !pvt || !number)
        return std::nullopt;
    const auto id = QByteArray::fromBase64(leaves[QStringLiteral("UserID")].toLatin1());
    mikey::kms::SakkeIssue keys{period, mikey::Bytes(id.begin(), id.end()), mikey::Secret(mikey::ByteView(*rsk)),
                                mikey::Secret(mikey::ByteView(*ssk)), *pvt};
    mikey::wipe(*rsk);
    mikey::wipe(*ssk);
    return keys;
}

bool isTrue(const QString &text) ///< of xsd:boolean
{
    return text == QLatin1String("true") || text == QLatin1String("1");
}

/// KmsInit, KmsCertCache or KmsKeyProv, without what is revoked. False if it does not have what it is for.
bool readMessage(QXmlStreamReader &xml, KmsResponse &response)
{
    bool complete = true;
    while (xml.readNextStartElement()) {
        const auto name = xml.namespaceUri() == space ? xml.name().toString() : QString();
        const auto leaves = leavesOf(xml);
        if (name != QLatin1String("KmsCertificate") && name != QLatin1String("KmsKeySet"))
            continue;
        const auto certificate = leaves[QStringLiteral("CertUri")];
        if (isTrue(leaves[QStringLiteral("Revoked")]))
            continue;
        if (name == QLatin1String("KmsCertificate")) {
            if (auto domain = domainOf(leaves))
                response.certificates.push_back({certificate, std::move(*domain)});
            else
                complete = false;
        } else {
            if (auto keys = keysOf(leaves))
                response.keySets.push_back({certificate, std::move(*keys)});
            else
                complete = false;
        }
    }
    return complete && (!response.certificates.empty() || !response.keySets.empty());
}

} // namespace

QByteArray requestXml(const KmsRequest &request)
{
    QByteArray out;
    QXmlStreamWriter xml(&out);
    beginDocument(xml, QStringLiteral("KmsRequest"));
    writeAll(xml, {{QStringLiteral("UserUri"), request.userUri},
                   {QStringLiteral("KmsUri"), request.kmsUri},
                   {QStringLiteral("Time"), timeText(request.time)},
                   {QStringLiteral("DeviceId"), request.deviceId},
                   {QStringLiteral("ClientReqUrl"), request.clientReqUrl}});
    xml.writeEndDocument();
    return out;
}

Loaded<KmsRequest> requestOf(const QByteArray &xml)
{
    QXmlStreamReader reader(xml);
    if (!readRoot(reader, QStringLiteral("KmsRequest")))
        return QStringLiteral("this is no KmsRequest");
    const auto leaves = leavesOf(reader);
    while (!reader.atEnd())
        reader.readNext();
    if (reader.hasError())
        return QStringLiteral("the XML is damaged in line %1").arg(reader.lineNumber());
    const auto time = timeOf(leaves[QStringLiteral("Time")]);
    if (!time)
        return QStringLiteral("the KmsRequest has no Time, or one that is none");
    KmsRequest request{leaves[QStringLiteral("UserUri")], leaves[QStringLiteral("KmsUri")],
                       leaves[QStringLiteral("DeviceId")], leaves[QStringLiteral("ClientReqUrl")], *time};
    if (request.userUri.isEmpty() || request.kmsUri.isEmpty() || request.clientReqUrl.isEmpty())
        return QStringLiteral("the KmsRequest lacks UserUri, KmsUri or ClientReqUrl");
    return request;
}

QByteArray initXml(const KmsRequest &request, const mikey::SakkeDomain &domain)
{
    return responseXml(request, QStringLiteral("KmsInit"),
                       [&](QXmlStreamWriter &xml) { writeCertificate(xml, domain); });
}

QByteArray certCacheXml(const KmsRequest &request, std::span<const mikey::SakkeDomain> domains)
{
    return responseXml(request, QStringLiteral("KmsCertCache"), [&](QXmlStreamWriter &xml) {
        for (const auto &domain : domains)
            writeCertificate(xml, domain);
    });
}

QByteArray keyProvXml(const KmsRequest &request, const mikey::SakkeDomain &domain, const mikey::kms::SakkeIssue &keys)
{
    return responseXml(request, QStringLiteral("KmsKeyProv"), [&](QXmlStreamWriter &xml) {
        begin(xml, QStringLiteral("KmsKeySet"));
        const auto id = QByteArray(reinterpret_cast<const char *>(keys.identifier.data()),
                                   static_cast<qsizetype>(keys.identifier.size()));
        writeAll(xml, {{QStringLiteral("KmsUri"), told(domain.kms)},
                       {QStringLiteral("CertUri"), certificateOf(domain)},
                       {QStringLiteral("UserUri"), request.userUri},
                       {QStringLiteral("UserID"), QString::fromLatin1(id.toBase64())},
                       {QStringLiteral("ValidFrom"), timeText(domain.startOf(keys.period))},
                       {QStringLiteral("ValidTo"), timeText(domain.startOf(keys.period + 1))},
                       {QStringLiteral("KeyPeriodNo"), QString::number(keys.period)}});
        writeKey(xml, QStringLiteral("UserDecryptKey"), keys.rsk.view());
        writeKey(xml, QStringLiteral("UserSigningKeySSK"), keys.ssk.view());
        writeKey(xml, QStringLiteral("UserPubTokenPVT"), keys.pvt);
        xml.writeEndElement();
    });
}

QByteArray errorXml(const QString &reason)
{
    QByteArray out;
    QXmlStreamWriter xml(&out);
    beginDocument(xml, QStringLiteral("KmsResponse"));
    xml.writeStartElement(space, QStringLiteral("KmsError"));
    writeAll(xml, {{QStringLiteral("ErrorMsg"), reason}});
    xml.writeEndDocument();
    return out;
}

Loaded<KmsResponse> responseOf(const QByteArray &xml)
{
    QXmlStreamReader reader(xml);
    if (!readRoot(reader, QStringLiteral("KmsResponse")))
        return QStringLiteral("the answer of the key management service is no KmsResponse");
    KmsResponse response;
    bool complete = false;
    while (reader.readNextStartElement()) {
        if (reader.namespaceUri() != space) {
            reader.skipCurrentElement();
        } else if (reader.name() == QLatin1String("KmsError")) {
            response.error = leavesOf(reader)[QStringLiteral("ErrorMsg")];
            complete = !response.error.isEmpty();
        } else if (reader.name() == QLatin1String("KmsMessage")) {
            while (reader.readNextStartElement())
                complete = readMessage(reader, response);
        } else {
            reader.skipCurrentElement();
        }
    }
    if (reader.hasError() || !complete)
        return QStringLiteral("the answer of the key management service is damaged");
    return response;
}

} // namespace account
