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

/// Texts of elements by name, which may be secret: they are wiped. Those of a list are put together, with blanks.
class Leaves
{
public:
    Leaves() = default;
    Leaves(Leaves &&) = default;
    Leaves(const Leaves &) = delete;
    Leaves &operator=(const Leaves &) = delete;
    ~Leaves()
    {
        for (auto &text : m_texts)
            text.fill(QChar(0));
    }

    QString operator[](const QString &name) const { return m_texts.value(name); }
    void add(const QString &name, const QString &text)
    {
        auto &all = m_texts[name];
        if (!all.isEmpty())
            all += QLatin1Char(' ');
        all += text;
    }

private:
    QHash<QString, QString> m_texts;
};

const auto space = QStringLiteral("urn:3gpp:ns:mcsecKMSInterface:1.0");
const auto schemaInstance = QStringLiteral("http://www.w3.org/2001/XMLSchema-instance");
const auto version = QStringLiteral("1.0.0");
/// UserIdFormat: 2 is the hashed UID of annex F.2.1; 1 stands for the Identifier of RFC 6509 3.2.
const auto ownRole = QStringLiteral("Root"), externalRole = QStringLiteral("External");
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
    constexpr qsizetype enough = 16 << 10; // what grows leaves copies behind
    QByteArray out;
    out.reserve(enough);
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
    auto digits = hexOf(key);
    xml.writeCharacters(digits);
    digits.fill(QChar(0));
    xml.writeEndElement();
}

void writeCertificate(QXmlStreamWriter &xml, const mikey::SakkeDomain &domain, const QString &role)
{
    const bool tel = domain.scheme == mikey::SakkeIdScheme::TelUriMonthly;
    begin(xml, QStringLiteral("KmsCertificate"));
    xml.writeAttribute(QStringLiteral("Role"), role);
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
    if (!domain.hosts.empty()) {
        xml.writeStartElement(space, QStringLiteral("KmsDomainList"));
        for (const auto &host : domain.hosts)
            xml.writeTextElement(space, QStringLiteral("KmsDomain"), told(host));
        xml.writeEndElement();
    }
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
        if (isOurs && name == QLatin1String("KmsDomainList")) {
            while (xml.readNextStartElement()) // each a KmsDomain
                leaves.add(name, xml.readElementText(QXmlStreamReader::SkipChildElements).trimmed());
            continue;
        }
        const auto text = xml.readElementText(QXmlStreamReader::SkipChildElements).trimmed();
        if (isOurs)
            leaves.add(name, text);
    }
    return leaves;
}

std::optional<qint64> unixMsOf(const QString &text)
{
    auto time = QDateTime::fromString(text, Qt::ISODateWithMs);
    if (!time.isValid())
        return std::nullopt;
    if (time.timeSpec() == Qt::LocalTime) // a time without zone is not one of ours
        time.setTimeSpec(Qt::UTC);
    return time.toMSecsSinceEpoch();
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
    for (const auto &host :
         leaves[QStringLiteral("KmsDomainList")].toLower().split(QLatin1Char(' '), Qt::SkipEmptyParts))
        domain->hosts.push_back(host.toStdString());
    if (format == telFormat) // calendar months
        return domain;
    bool period = false, offset = false;
    domain->keyPeriod = leaves[QStringLiteral("UserKeyPeriod")].toUInt(&period);
    domain->keyPeriodOffset = leaves[QStringLiteral("UserKeyOffset")].toUInt(&offset);
    return period && offset && domain->keyPeriod > 0 ? domain : std::nullopt;
}

std::optional<mikey::kms::SakkeIssue> keysOf(const Leaves &leaves)
{
    const auto octets = [&](const char *name) {
        auto digits = leaves[QLatin1String(name)].toLatin1();
        auto read = mikey::fromHex({digits.constData(), static_cast<std::size_t>(digits.size())});
        wipe(digits);
        return read;
    };
    auto rsk = octets("UserDecryptKey"), ssk = octets("UserSigningKeySSK");
    const auto pvt = octets("UserPubTokenPVT");
    bool number = false;
    const auto period = leaves[QStringLiteral("KeyPeriodNo")].toULongLong(&number);
    if (!rsk || !ssk || !pvt || !number) // one encrypted under a transport key is none of these
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

/// None: a bound that is no time.
std::optional<KmsValidity> validityOf(const Leaves &leaves)
{
    KmsValidity validity;
    validity.revoked = isTrue(leaves[QStringLiteral("Revoked")]);
    for (const auto &[name, bound] : {std::pair("ValidFrom", &validity.from), std::pair("ValidTo", &validity.to)}) {
        const auto text = leaves[QLatin1String(name)];
        if (!text.isEmpty() && !(*bound = unixMsOf(text)))
            return std::nullopt;
    }
    return validity;
}

/// KmsCertificate or KmsKeySet. What cannot be used is left out, so that it does not take the rest along.
void readOne(QXmlStreamReader &xml, KmsResponse &response)
{
    const auto name = xml.namespaceUri() == space ? xml.name().toString() : QString();
    const auto leaves = leavesOf(xml);
    const auto certificate = leaves[QStringLiteral("CertUri")];
    const auto validity = validityOf(leaves);
    if (!validity)
        return;
    if (name == QLatin1String("KmsCertificate")) {
        if (auto domain = domainOf(leaves))
            response.certificates.push_back({certificate, *validity, std::move(*domain)});
    } else if (name == QLatin1String("KmsKeySet")) {
        if (auto keys = keysOf(leaves))
            response.keySets.push_back({certificate, leaves[QStringLiteral("UserUri")], *validity, std::move(*keys)});
    }
}

/// KmsInit, KmsCertCache or KmsKeyProv.
void readMessage(QXmlStreamReader &xml, KmsResponse &response)
{
    while (xml.readNextStartElement()) {
        if (xml.name() != QLatin1String("SignedKmsCertificate"))
            readOne(xml, response);
        else
            while (xml.readNextStartElement()) // what is signed, and the signature
                readOne(xml, response);
    }
}

} // namespace

bool KmsValidity::isAt(mikey::NtpTime time) const
{
    const auto now = time.unixMilliseconds();
    return !revoked && !(from && *from > now) && !(to && *to < now);
}

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
    const auto time = unixMsOf(leaves[QStringLiteral("Time")]);
    if (!time)
        return QStringLiteral("the KmsRequest has no Time, or one that is none");
    KmsRequest request{leaves[QStringLiteral("UserUri")], leaves[QStringLiteral("KmsUri")],
                       leaves[QStringLiteral("DeviceId")], leaves[QStringLiteral("ClientReqUrl")],
                       mikey::NtpTime::fromUnixMicroseconds(*time * 1000)};
    if (request.userUri.isEmpty() || request.kmsUri.isEmpty() || request.clientReqUrl.isEmpty())
        return QStringLiteral("the KmsRequest lacks UserUri, KmsUri or ClientReqUrl");
    return request;
}

QByteArray initXml(const KmsRequest &request, const mikey::SakkeDomain &domain)
{
    return responseXml(request, QStringLiteral("KmsInit"),
                       [&](QXmlStreamWriter &xml) { writeCertificate(xml, domain, ownRole); });
}

QByteArray certCacheXml(const KmsRequest &request, std::span<const mikey::SakkeDomain> own,
                        std::span<const mikey::SakkeDomain> external)
{
    return responseXml(request, QStringLiteral("KmsCertCache"), [&](QXmlStreamWriter &xml) {
        for (const auto &domain : own)
            writeCertificate(xml, domain, ownRole);
        for (const auto &domain : external)
            writeCertificate(xml, domain, externalRole);
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

QByteArray errorXml(const QString &code, const QString &reason)
{
    QByteArray out;
    QXmlStreamWriter xml(&out);
    beginDocument(xml, QStringLiteral("KmsResponse"));
    xml.writeStartElement(space, QStringLiteral("KmsError"));
    writeAll(xml, {{QStringLiteral("ErrorCode"), code}, {QStringLiteral("ErrorMsg"), reason}});
    xml.writeEndDocument();
    return out;
}

Loaded<KmsResponse> responseOf(const QByteArray &xml)
{
    QXmlStreamReader reader(xml);
    bool isResponse = readRoot(reader, QStringLiteral("KmsResponse"));
    if (!isResponse && reader.name() == QLatin1String("SignedKmsResponse")) // which begins with what it signs
        isResponse = reader.readNextStartElement() && reader.name() == QLatin1String("KmsResponse");
    if (!isResponse)
        return QStringLiteral("the answer of the key management service is no KmsResponse");
    KmsResponse response;
    bool complete = false;
    while (reader.readNextStartElement()) {
        if (reader.namespaceUri() != space) {
            reader.skipCurrentElement();
        } else if (reader.name() == QLatin1String("KmsError")) {
            const auto leaves = leavesOf(reader);
            response.error = leaves[QStringLiteral("ErrorMsg")];
            if (response.error.isEmpty())
                response.error = QStringLiteral("error %1").arg(leaves[QStringLiteral("ErrorCode")]);
            complete = true;
        } else if (reader.name() == QLatin1String("KmsMessage")) {
            while (reader.readNextStartElement()) {
                readMessage(reader, response);
                complete = true;
            }
        } else {
            reader.skipCurrentElement();
        }
    }
    if (reader.hasError() || !complete)
        return QStringLiteral("the answer of the key management service is damaged");
    return response;
}

} // namespace account
