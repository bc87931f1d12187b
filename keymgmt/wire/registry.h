// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

/// The numbers of MIKEY: each registry is one table, which gives value, name, length implied by the value where the RFC
/// implies one, and where it is written. Names are those of the RFCs' tables.
namespace mikey {

struct RegistryValue
{
    std::uint16_t value;
    std::string_view name;
    std::string_view source; ///< "RFC 3830 6.6"
    int impliedOctets = -1;  ///< octets of the field that the value gives the length of; -1: none implied
};

/// RFC 3830 6.12 and the RFCs that add to it.
enum class ErrorNumber : std::uint8_t {
    AuthFailure = 0,
    InvalidTimestamp = 1,
    InvalidPrf = 2,
    InvalidMac = 3,
    InvalidEncryption = 4,
    InvalidHash = 5,
    InvalidDhGroup = 6,
    InvalidId = 7,
    InvalidCert = 8,
    InvalidSp = 9,
    InvalidSpParameters = 10,
    InvalidDataType = 11,
    Unspecified = 12,
    UnsupportedMessage = 13, ///< RFC 4738 3.9.2
    InvalidTicket = 14,      ///< RFC 6043 6.9: the ticket type is not supported
    InvalidTicketPolicy = 15,
};

struct Registry
{
    std::string_view title;
    std::span<const RegistryValue> values;
    ErrorNumber whenUnknown = ErrorNumber::Unspecified; ///< what a peer is told that sent a value not listed here

    const RegistryValue *find(std::uint64_t value) const;
    std::string nameOf(std::uint64_t value) const; ///< "unknown (7)" where not listed
    std::optional<std::size_t> impliedOctets(std::uint64_t value) const;
};

namespace registry {
extern const Registry dataType, nextPayload, prfFunction, csIdMapType, encryption, mac, cacheType, dhGroup,
    signatureType, timestampType, idType, certType, hashFunction, protocolType, srtpParameter, srtpEncryption,
    srtpAuthentication, srtpPrf, fecOrder, onOff, errorNumber, keyDataType, keyValidityType, generalExtensionType,
    timestampRole, idRole, randRole, ticketType, ecCurve, secretKeyType, sakkeParameters, sakkeIdScheme;
} // namespace registry

enum class DataType : std::uint8_t {
    PskInit = 0,
    PskResponse = 1,
    PkInit = 2,
    PkResponse = 3,
    DhInit = 4,
    DhResponse = 5,
    Error = 6,
    DhHmacInit = 7,
    DhHmacResponse = 8,
    RsaRInit = 9,
    RsaRResponse = 10,
    RequestInitPsk = 11,
    RequestInitPk = 12,
    RequestResponse = 13,
    TransferInit = 14,
    TransferResponse = 15,
    ResolveInitPsk = 16,
    ResolveInitPk = 17,
    ResolveResponse = 18,
    RequestKeyPsk = 19,
    RequestKeyPk = 20,
    RequestKeyResponse = 21,
    IbakeInit1 = 22,
    IbakeResponse1 = 23,
    IbakeInit2 = 24,
    IbakeResponse2 = 25,
    SakkeInit = 26,
};

enum class CsIdMapType : std::uint8_t { SrtpId = 0, Empty = 1, GenericId = 2 };
enum class Prf : std::uint8_t { Mikey1 = 0, HmacSha256 = 1 };
enum class Encryption : std::uint8_t { Null = 0, AesCm128 = 1, AesKw128 = 2, AesCm256 = 3 };
enum class MacAlgorithm : std::uint8_t { Null = 0, HmacSha1_160 = 1, HmacSha256_256 = 2 };
enum class TimestampType : std::uint8_t { NtpUtc = 0, Ntp = 1, Counter = 2, NtpUtc32 = 3 };
enum class IdType : std::uint8_t { Nai = 0, Uri = 1, ByteString = 2 };
enum class KeyDataType : std::uint8_t {
    Tgk = 0,
    TgkSalt = 1,
    Tek = 2,
    TekSalt = 3,
    Gtgk = 4,
    GtgkSalt = 5,
    Mpk = 6,
    KPr = 7
};
enum class KeyValidityType : std::uint8_t { Null = 0, Spi = 1, Interval = 2 };
enum class ExtensionType : std::uint8_t { VendorId = 0, SdpIds = 1, CsbId = 4 };
enum class ProtocolType : std::uint8_t { Srtp = 0 };

/// RFC 6043 6.4: what the time of a TR payload is.
enum class TimestampRole : std::uint8_t { Issue = 1, Start = 2, End = 3, Rekey = 4 };

/// RFC 6043 6.6 and RFC 6509 4.4; 8 and 9 are those of 3GPP TS 33.180.
enum class IdRole : std::uint8_t {
    Initiator = 1,
    Responder = 2,
    Kms = 3,
    Psk = 4,
    Application = 5,
    InitiatorKms = 6,
    ResponderKms = 7,
    InitiatorUid = 8,
    ResponderUid = 9,
};

/// RFC 6043 6.8.
enum class RandRole : std::uint8_t { Initiator = 1, Responder = 2, Kms = 3 };

/// RFC 6043 6.10.
enum class TicketType : std::uint16_t { MikeyBase = 1, ThirdGenerationBase = 2 };

/// RFC 6267 6.1.5.
enum class SecretKeyType : std::uint8_t { Sk = 1 };

/// RFC 6509 4.2.
enum class SakkeParameters : std::uint8_t { Set1 = 1 };
/// RFC 6509 4.2; 2 is that of 3GPP TS 33.180.
enum class SakkeIdScheme : std::uint8_t { TelUriMonthly = 1, Uid = 2 };

/// Of CERT payloads (RFC 3830 6.7).
namespace CertType {
inline constexpr std::uint8_t X509 = 0, X509Url = 1, X509Sign = 2, X509Encrypt = 3;
}

/// RFC 3830 6.10.1 and RFC 7714 14.3.
enum class SrtpParameter : std::uint8_t {
    EncryptionAlgorithm = 0,
    SessionEncryptionKeyLength = 1,
    AuthenticationAlgorithm = 2,
    SessionAuthenticationKeyLength = 3,
    SessionSaltKeyLength = 4,
    PseudoRandomFunction = 5,
    KeyDerivationRate = 6,
    SrtpEncryption = 7,
    SrtcpEncryption = 8,
    FecOrder = 9,
    SrtpAuthentication = 10,
    AuthenticationTagLength = 11,
    SrtpPrefixLength = 12,
    AeadTagLength = 20,
};

enum class SrtpCipher : std::uint8_t { Null = 0, AesCm = 1, AesF8 = 2, AesGcm = 6 };
enum class SrtpMac : std::uint8_t { Null = 0, HmacSha1 = 1 };

/// The name of a data type as people say it: "PSK I_MESSAGE"; "unknown message (99)" where not known.
std::string messageName(std::uint8_t dataType);

} // namespace mikey
