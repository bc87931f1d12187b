// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "wire/bytes.h"
#include "wire/codec.h"
#include "wire/registry.h"

/// The header and every payload of RFC 3830 section 6, described once. `fields` names the fields in wire order for
/// Reader and Writer alike; the Next payload octet that begins each payload (but SIGN) belongs to the chain and is
/// handled in message.cpp. A payload is a view: its octet fields point into the message decoded, or to what the sender
/// keeps until it is encoded. Payloads that later RFCs add stand in files of their own; wire/payloads.h joins them.
namespace mikey {

/// One stream of the SRTP-ID map (RFC 3830 6.1.1). Entry i, counted from 1, is Crypto Session i.
struct SrtpId
{
    std::uint8_t policyNo = 0;
    std::uint32_t ssrc = 0; ///< 0: to be filled in by the Responder
    std::uint32_t roc = 0;

    template <class Self, class Codec>
    static void fields(Self &p, Codec &c)
    {
        c.number("Policy_no", p.policyNo);
        c.number("SSRC", p.ssrc);
        c.number("ROC", p.roc);
    }
    bool operator==(const SrtpId &) const = default;
};

/// A number of a list that has no name of its own.
struct PolicyNo
{
    std::uint8_t number = 0;

    template <class Self, class Codec>
    static void fields(Self &p, Codec &c)
    {
        c.number("Policy_no", p.number);
    }
    bool operator==(const PolicyNo &) const = default;
};

/// One Crypto Session of the GENERIC-ID map (RFC 6043 6.1.1).
struct GenericId
{
    std::uint8_t csId = 0;
    ProtocolType protocol = ProtocolType::Srtp;
    bool s = false;                 ///< the session data has ROC and SEQ
    std::vector<PolicyNo> policies; ///< at most 127
    ByteView sessionData;           ///< for SRTP: SSRC, and with S the ROC and SEQ; may be empty in an I_MESSAGE
    ByteView spi;                   ///< of the session key that is used first

    template <class Self, class Codec>
    static void fields(Self &p, Codec &c)
    {
        c.number("CS ID", p.csId);
        c.number("Prot type", p.protocol, &registry::protocolType);
        c.bits("S", p.s, 1);
        c.repeatInner(p.policies, c.length("#P", p.policies.size(), 7));
        c.octets("Session Data", p.sessionData, c.length("Session Data Length", p.sessionData.size(), 16));
        c.octets("SPI", p.spi, c.length("SPI Length", p.spi.size(), 8));
    }
};

/// Common header (RFC 3830 6.1). Its Next payload field names the first payload and is part of the chain too.
struct Header
{
    static constexpr std::uint8_t supportedVersion = 1;

    std::uint8_t version = supportedVersion;
    DataType dataType = DataType::PskInit;
    std::uint8_t nextPayload = 0;
    bool v = false;
    Prf prf = Prf::Mikey1;
    std::uint32_t csbId = 0;
    std::uint8_t csCount = 0;
    CsIdMapType mapType = CsIdMapType::SrtpId;
    std::vector<SrtpId> map;           ///< csCount entries for SRTP-ID
    std::vector<GenericId> genericMap; ///< csCount entries for GENERIC-ID; views the octets decoded

    template <class Self, class Codec>
    static void fields(Self &p, Codec &c)
    {
        c.number("version", p.version);
        c.number("data type", p.dataType, &registry::dataType);
        c.number("next payload", p.nextPayload, &registry::nextPayload);
        c.bits("V", p.v, 1);
        c.bits("PRF func", p.prf, 7, &registry::prfFunction);
        c.number("CSB ID", p.csbId);
        c.number("#CS", p.csCount);
        c.number("CS ID map type", p.mapType, &registry::csIdMapType);
        // "CS ID map info (16 bits)" of the RFC's text is a slip: its length follows from type and #CS.
        if (p.mapType == CsIdMapType::SrtpId)
            c.repeat(p.map, p.csCount);
        else if (p.mapType == CsIdMapType::GenericId)
            c.repeat(p.genericMap, p.csCount);
        else if (p.mapType != CsIdMapType::Empty && p.csCount > 0)
            c.fail("the CS ID map is of a type that is not known here");
    }
};

/// Key validity data (RFC 3830 6.14), part of Key data and DH.
struct KeyValidity
{
    KeyValidityType type = KeyValidityType::Null;
    ByteView spi;       ///< SPI or MKI
    ByteView validFrom; ///< for SRTP the 48-bit index ROC || SEQ
    ByteView validTo;

    template <class Self, class Codec>
    static void fields(Self &p, Codec &c)
    {
        switch (p.type) {
        case KeyValidityType::Null:
            return;
        case KeyValidityType::Spi:
            c.octets("SPI", p.spi, c.length("SPI Length", p.spi.size(), 8));
            return;
        case KeyValidityType::Interval:
            c.octets("Valid From", p.validFrom, c.length("VF Length", p.validFrom.size(), 8));
            c.octets("Valid To", p.validTo, c.length("VT Length", p.validTo.size(), 8));
            return;
        }
        c.fail("the key validity type is not known");
    }
};

/// What the payload is called and where it stands.
struct PayloadName
{
    std::uint8_t number; ///< of the Next payload registry
    std::string_view name;
    std::string_view source;
};

struct Kemac
{
    static constexpr PayloadName name{1, "KEMAC", "RFC 3830 6.2"};
    Encryption encryption = Encryption::Null;
    ByteView encrData;
    MacAlgorithm macAlgorithm = MacAlgorithm::Null;
    ByteView mac;

    template <class Self, class Codec>
    static void fields(Self &p, Codec &c)
    {
        c.number("Encr alg", p.encryption, &registry::encryption);
        c.octets("Encr data", p.encrData, c.length("Encr data len", p.encrData.size(), 16));
        c.number("MAC alg", p.macAlgorithm, &registry::mac);
        // RFC 4650 4.2 prints the numbers of HMAC-SHA-1 and NULL the other way round, against the registry that its
        // section 7 claims to use. Who sent it by the letter is told by the 20 octets that follow.
        if (p.macAlgorithm == MacAlgorithm::Null && p.encrData.empty() && c.isDhHmacMacNext())
            c.octets("MAC", p.mac, 20);
        else
            c.implied("MAC", p.mac, registry::mac, p.macAlgorithm);
    }
};

struct Pke
{
    static constexpr PayloadName name{2, "PKE", "RFC 3830 6.3"};
    std::uint8_t cache = 0;
    ByteView data;

    template <class Self, class Codec>
    static void fields(Self &p, Codec &c)
    {
        c.bits("C", p.cache, 2, &registry::cacheType);
        c.octets("Data", p.data, c.length("Data len", p.data.size(), 14));
    }
};

struct Dh
{
    static constexpr PayloadName name{3, "DH", "RFC 3830 6.4"};
    std::uint8_t group = 0;
    ByteView value;
    std::uint8_t reserved = 0;
    KeyValidity validity;

    template <class Self, class Codec>
    static void fields(Self &p, Codec &c)
    {
        c.number("DH-Group", p.group, &registry::dhGroup);
        c.implied("DH-value", p.value, registry::dhGroup, p.group);
        c.bits("Reserv", p.reserved, 4);
        c.bits("KV", p.validity.type, 4, &registry::keyValidityType);
        KeyValidity::fields(p.validity, c);
    }
};

/// The only payload without a Next payload field: it is always the last.
struct Sign
{
    static constexpr PayloadName name{4, "SIGN", "RFC 3830 6.5"};
    std::uint8_t type = 0;
    ByteView signature;

    template <class Self, class Codec>
    static void fields(Self &p, Codec &c)
    {
        c.bits("S type", p.type, 4, &registry::signatureType);
        c.octets("Signature", p.signature, c.length("Signature len", p.signature.size(), 12));
    }
};

struct Timestamp
{
    static constexpr PayloadName name{5, "T", "RFC 3830 6.6"};
    TimestampType type = TimestampType::NtpUtc;
    ByteView value;

    template <class Self, class Codec>
    static void fields(Self &p, Codec &c)
    {
        c.number("TS type", p.type, &registry::timestampType);
        c.implied("TS value", p.value, registry::timestampType, p.type,
                  p.type == TimestampType::Counter ? Shown::Hex : Shown::Time);
    }
};

struct Id
{
    static constexpr PayloadName name{6, "ID", "RFC 3830 6.7"};
    IdType type = IdType::Uri;
    ByteView data; ///< no terminator

    template <class Self, class Codec>
    static void fields(Self &p, Codec &c)
    {
        c.number("ID type", p.type, &registry::idType);
        c.octets("ID data", p.data, c.length("ID len", p.data.size(), 16), Shown::Text);
    }
};

struct Cert
{
    static constexpr PayloadName name{7, "CERT", "RFC 3830 6.7"};
    std::uint8_t type = 0;
    ByteView data; ///< one DER certificate, or a URL in ASCII for type 1

    template <class Self, class Codec>
    static void fields(Self &p, Codec &c)
    {
        c.number("Cert type", p.type, &registry::certType);
        c.octets("Certificate", p.data, c.length("Cert len", p.data.size(), 16),
                 p.type == CertType::X509Url ? Shown::Text : Shown::Hex);
    }
};

struct Chash
{
    static constexpr PayloadName name{8, "CHASH", "RFC 3830 6.8"};
    std::uint8_t function = 0;
    ByteView hash;

    template <class Self, class Codec>
    static void fields(Self &p, Codec &c)
    {
        c.number("Hash func", p.function, &registry::hashFunction);
        c.implied("Hash", p.hash, registry::hashFunction, p.function);
    }
};

struct Verification
{
    static constexpr PayloadName name{9, "V", "RFC 3830 6.9"};
    MacAlgorithm algorithm = MacAlgorithm::Null;
    ByteView data;

    template <class Self, class Codec>
    static void fields(Self &p, Codec &c)
    {
        c.number("Auth alg", p.algorithm, &registry::mac);
        c.implied("Ver data", p.data, registry::mac, p.algorithm);
    }
};

/// The registry of the values of an SRTP policy parameter; null where the value is a plain number.
const Registry *srtpParameterValues(SrtpParameter type);

struct PolicyParameter
{
    SrtpParameter type = SrtpParameter::EncryptionAlgorithm;
    ByteView value;

    template <class Self, class Codec>
    static void fields(Self &p, Codec &c, ProtocolType protocol)
    {
        const bool srtp = protocol == ProtocolType::Srtp;
        c.parameter(p.type, p.value, srtp ? &registry::srtpParameter : nullptr, srtp ? &srtpParameterValues : nullptr);
    }
};

struct SecurityPolicy
{
    static constexpr PayloadName name{10, "SP", "RFC 3830 6.10"};
    std::uint8_t policyNo = 0;
    ProtocolType protocol = ProtocolType::Srtp;
    std::vector<PolicyParameter> parameters;

    template <class Self, class Codec>
    static void fields(Self &p, Codec &c)
    {
        c.number("Policy no", p.policyNo);
        c.number("Prot type", p.protocol, &registry::protocolType);
        c.fill(p.parameters, c.length("Policy param length", p.parameterOctets(), 16), p.protocol);
    }
    std::size_t parameterOctets() const
    {
        std::size_t octets = 0;
        for (const auto &parameter : parameters)
            octets += 2 + parameter.value.size(); // Type, Length, Value
        return octets;
    }
};

struct Rand
{
    static constexpr PayloadName name{11, "RAND", "RFC 3830 6.11"};
    ByteView rand;

    template <class Self, class Codec>
    static void fields(Self &p, Codec &c)
    {
        c.octets("RAND", p.rand, c.length("RAND len", p.rand.size(), 8));
    }
};

struct ErrorPayload
{
    static constexpr PayloadName name{12, "ERR", "RFC 3830 6.12"};
    ErrorNumber number = ErrorNumber::Unspecified;
    std::uint16_t reserved = 0;

    template <class Self, class Codec>
    static void fields(Self &p, Codec &c)
    {
        c.number("Error no", p.number, &registry::errorNumber);
        c.number("Reserved", p.reserved);
    }
};

/// Only ever inside the Encr data of a KEMAC (RFC 3830 6.13).
struct KeyData
{
    static constexpr PayloadName name{20, "Key data", "RFC 3830 6.13"};
    KeyDataType type = KeyDataType::Tgk;
    KeyValidity validity;
    ByteView key;
    ByteView salt; ///< for TGK+SALT, TEK+SALT and GTGK+SALT

    bool hasSalt() const
    {
        return type == KeyDataType::TgkSalt || type == KeyDataType::TekSalt || type == KeyDataType::GtgkSalt;
    }

    template <class Self, class Codec>
    static void fields(Self &p, Codec &c)
    {
        c.bits("Type", p.type, 4, &registry::keyDataType);
        c.bits("KV", p.validity.type, 4, &registry::keyValidityType);
        if (p.type > KeyDataType::KPr)
            c.fail("the type of the key is not known"); // and so it is not known whether a salt follows
        c.octets("Key data", p.key, c.length("Key data len", p.key.size(), 16));
        if (p.hasSalt())
            c.octets("Salt data", p.salt, c.length("Salt len", p.salt.size(), 16));
        KeyValidity::fields(p.validity, c);
    }
};

struct GeneralExtension
{
    static constexpr PayloadName name{21, "General Ext", "RFC 3830 6.15"};
    ExtensionType type = ExtensionType::VendorId;
    ByteView data;

    template <class Self, class Codec>
    static void fields(Self &p, Codec &c)
    {
        c.number("Type", p.type, &registry::generalExtensionType);
        const bool text = p.type == ExtensionType::SdpIds;
        c.octets("Data", p.data, c.length("Length", p.data.size(), 16), text ? Shown::Text : Shown::Hex);
    }
};

} // namespace mikey
