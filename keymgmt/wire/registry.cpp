// SPDX-License-Identifier: Apache-2.0
#include "wire/registry.h"

#include <algorithm>

namespace mikey {

const RegistryValue *Registry::find(std::uint64_t value) const
{
    const auto it = std::find_if(values.begin(), values.end(), [value](const auto &v) { return v.value == value; });
    return it == values.end() ? nullptr : &*it;
}

std::string Registry::nameOf(std::uint64_t value) const
{
    const auto *known = find(value);
    return known ? std::string(known->name) : "unknown (" + std::to_string(value) + ")";
}

std::optional<std::size_t> Registry::impliedOctets(std::uint64_t value) const
{
    const auto *known = find(value);
    if (!known || known->impliedOctets < 0)
        return std::nullopt;
    return static_cast<std::size_t>(known->impliedOctets);
}

std::string messageName(std::uint8_t dataType)
{
    const auto *known = registry::dataType.find(dataType);
    return known ? std::string(known->name) : "unknown message (" + std::to_string(dataType) + ")";
}

namespace {

constexpr RegistryValue dataTypes[] = {
    {0, "PSK I_MESSAGE", "RFC 3830 6.1"},
    {1, "PSK R_MESSAGE", "RFC 3830 6.1"},
    {2, "PK I_MESSAGE", "RFC 3830 6.1"},
    {3, "PK R_MESSAGE", "RFC 3830 6.1"},
    {4, "DH I_MESSAGE", "RFC 3830 6.1"},
    {5, "DH R_MESSAGE", "RFC 3830 6.1"},
    {6, "Error", "RFC 3830 6.1"},
    {7, "DHHMAC I_MESSAGE", "RFC 4650 4.1"},
    {8, "DHHMAC R_MESSAGE", "RFC 4650 4.1"},
    {9, "RSA-R I_MESSAGE", "RFC 4738 3.9.1"},
    {10, "RSA-R R_MESSAGE", "RFC 4738 3.9.1"},
    {11, "REQUEST_INIT_PSK", "RFC 6043 6.1"},
    {12, "REQUEST_INIT_PK", "RFC 6043 6.1"},
    {13, "REQUEST_RESP", "RFC 6043 6.1"},
    {14, "TRANSFER_INIT", "RFC 6043 6.1"},
    {15, "TRANSFER_RESP", "RFC 6043 6.1"},
    {16, "RESOLVE_INIT_PSK", "RFC 6043 6.1"},
    {17, "RESOLVE_INIT_PK", "RFC 6043 6.1"},
    {18, "RESOLVE_RESP", "RFC 6043 6.1"},
    {19, "REQUEST_KEY_PSK", "RFC 6267 6.1"},
    {20, "REQUEST_KEY_PKE", "RFC 6267 6.1"},
    {21, "REQUEST_KEY_RESP", "RFC 6267 6.1"},
    {22, "I_MESSAGE_1", "RFC 6267 6.1"},
    {23, "R_MESSAGE_1", "RFC 6267 6.1"},
    {24, "I_MESSAGE_2", "RFC 6267 6.1"},
    {25, "R_MESSAGE_2", "RFC 6267 6.1"},
    {26, "SAKKE I_MESSAGE", "RFC 6509 4.1"},
};

constexpr RegistryValue nextPayloads[] = {
    {0, "Last payload", "RFC 3830 6.1"}, {1, "KEMAC", "RFC 3830 6.2"},
    {2, "PKE", "RFC 3830 6.3"},          {3, "DH", "RFC 3830 6.4"},
    {4, "SIGN", "RFC 3830 6.5"},         {5, "T", "RFC 3830 6.6"},
    {6, "ID", "RFC 3830 6.7"},           {7, "CERT", "RFC 3830 6.7"},
    {8, "CHASH", "RFC 3830 6.8"},        {9, "V", "RFC 3830 6.9"},
    {10, "SP", "RFC 3830 6.10"},         {11, "RAND", "RFC 3830 6.11"},
    {12, "ERR", "RFC 3830 6.12"},        {13, "TR", "RFC 6043 6.4"},
    {14, "IDR", "RFC 6043 6.6"},         {15, "RANDR", "RFC 6043 6.8"},
    {16, "TP", "RFC 6043 6.10"},         {17, "TICKET", "RFC 6043 6.10"},
    {20, "Key data", "RFC 3830 6.13"},   {21, "General Ext", "RFC 3830 6.15"},
    {22, "IBAKE", "RFC 6267 6.1.1"},     {23, "ESK", "RFC 6267 6.1.2"},
    {24, "SK", "RFC 6267 6.1.5"},        {25, "ECCPT", "RFC 6267 6.1.4"},
    {26, "SAKKE", "RFC 6509 4.2"},
};

constexpr RegistryValue prfFunctions[] = {{0, "MIKEY-1", "RFC 3830 4.1.2"}, {1, "PRF-HMAC-SHA-256", "RFC 6043 6.1"}};

constexpr RegistryValue csIdMapTypes[] = {
    {0, "SRTP-ID", "RFC 3830 6.1.1"}, {1, "Empty map", "RFC 4563 5"}, {2, "GENERIC-ID", "RFC 6043 6.1.1"}};

constexpr RegistryValue encryptions[] = {{0, "NULL", "RFC 3830 6.2"},
                                         {1, "AES-CM-128", "RFC 3830 6.2"},
                                         {2, "AES-KW-128", "RFC 3830 6.2"},
                                         {3, "AES-CM-256", "RFC 6043 6.2"}};

constexpr RegistryValue macs[] = {{0, "NULL", "RFC 3830 6.2", 0},
                                  {1, "HMAC-SHA-1-160", "RFC 3830 6.2", 20},
                                  {2, "HMAC-SHA-256-256", "RFC 6043 6.2", 32}};

constexpr RegistryValue cacheTypes[] = {
    {0, "No cache", "RFC 3830 6.3"}, {1, "Cache", "RFC 3830 6.3"}, {2, "Cache for CSB", "RFC 3830 6.3"}};

constexpr RegistryValue dhGroups[] = {
    {0, "OAKLEY 5", "RFC 3830 6.4", 192}, {1, "OAKLEY 1", "RFC 3830 6.4", 96}, {2, "OAKLEY 2", "RFC 3830 6.4", 128}};

constexpr RegistryValue signatureTypes[] = {
    {0, "RSA/PKCS#1/1.5", "RFC 3830 6.5"}, {1, "RSA/PSS", "RFC 3830 6.5"}, {2, "ECCSI", "RFC 6509 4.3"}};

constexpr RegistryValue timestampTypes[] = {{0, "NTP-UTC", "RFC 3830 6.6", 8},
                                            {1, "NTP", "RFC 3830 6.6", 8},
                                            {2, "COUNTER", "RFC 3830 6.6", 4},
                                            {3, "NTP-UTC-32", "RFC 6043 6.3", 4}};

constexpr RegistryValue idTypes[] = {
    {0, "NAI", "RFC 3830 6.7"}, {1, "URI", "RFC 3830 6.7"}, {2, "byte string", "RFC 6043 6.5"}};

constexpr RegistryValue certTypes[] = {{0, "X.509v3", "RFC 3830 6.7"},
                                       {1, "X.509v3 URL", "RFC 3830 6.7"},
                                       {2, "X.509v3 Sign", "RFC 3830 6.7"},
                                       {3, "X.509v3 Encr", "RFC 3830 6.7"}};

constexpr RegistryValue hashFunctions[] = {
    {0, "SHA-1", "RFC 3830 6.8", 20}, {1, "MD5", "RFC 3830 6.8", 16}, {2, "SHA-256", "RFC 6043 6.7", 32}};

constexpr RegistryValue protocolTypes[] = {{0, "SRTP", "RFC 3830 6.10"}, {1, "TESLA", "RFC 4442 4.1"}};

constexpr RegistryValue srtpParameters[] = {
    {0, "Encryption algorithm", "RFC 3830 6.10.1"},
    {1, "Session Encr. key length", "RFC 3830 6.10.1"},
    {2, "Authentication algorithm", "RFC 3830 6.10.1"},
    {3, "Session Auth. key length", "RFC 3830 6.10.1"},
    {4, "Session Salt key length", "RFC 3830 6.10.1"},
    {5, "SRTP Pseudo Random Function", "RFC 3830 6.10.1"},
    {6, "Key derivation rate", "RFC 3830 6.10.1"},
    {7, "SRTP encryption off/on", "RFC 3830 6.10.1"},
    {8, "SRTCP encryption off/on", "RFC 3830 6.10.1"},
    {9, "sender's FEC order", "RFC 3830 6.10.1"},
    {10, "SRTP authentication off/on", "RFC 3830 6.10.1"},
    {11, "Authentication tag length", "RFC 3830 6.10.1"},
    {12, "SRTP prefix length", "RFC 3830 6.10.1"},
    {13, "ROC transmission rate", "RFC 4771 4"},
    {14, "SRTP Auth. algorithm", "RFC 4771 4"},
    {15, "SRTCP Auth. algorithm", "RFC 4771 4"},
    {16, "SRTP Session Auth. key length", "RFC 4771 4"},
    {17, "SRTCP Session Auth. key length", "RFC 4771 4"},
    {18, "SRTP Authentication tag length", "RFC 4771 4"},
    {19, "SRTCP Authentication tag length", "RFC 4771 4"},
    {20, "AEAD authentication tag length", "RFC 7714 14.3"},
};

constexpr RegistryValue srtpEncryptions[] = {{0, "NULL", "RFC 3830 6.10.1"},
                                             {1, "AES-CM", "RFC 3830 6.10.1"},
                                             {2, "AES-F8", "RFC 3830 6.10.1"},
                                             {6, "AES-GCM", "RFC 7714 14.3"}};

constexpr RegistryValue srtpAuthentications[] = {{0, "NULL", "RFC 3830 6.10.1"},
                                                 {1, "HMAC-SHA-1", "RFC 3830 6.10.1"},
                                                 {2, "RCCm1", "RFC 4771 4"},
                                                 {3, "RCCm2", "RFC 4771 4"},
                                                 {4, "RCCm3", "RFC 4771 4"}};

constexpr RegistryValue srtpPrfs[] = {{0, "AES-CM", "RFC 3830 6.10.1"}};
constexpr RegistryValue fecOrders[] = {{0, "FEC-SRTP", "RFC 3830 6.10.1"}};
constexpr RegistryValue onOffValues[] = {{0, "off", "RFC 3830 6.10.1"}, {1, "on", "RFC 3830 6.10.1"}};

constexpr RegistryValue errorNumbers[] = {
    {0, "Authentication failure", "RFC 3830 6.12"},
    {1, "Invalid timestamp", "RFC 3830 6.12"},
    {2, "PRF function not supported", "RFC 3830 6.12"},
    {3, "MAC algorithm not supported", "RFC 3830 6.12"},
    {4, "Encryption algorithm not supported", "RFC 3830 6.12"},
    {5, "Hash function not supported", "RFC 3830 6.12"},
    {6, "DH group not supported", "RFC 3830 6.12"},
    {7, "ID not supported", "RFC 3830 6.12"},
    {8, "Certificate not supported", "RFC 3830 6.12"},
    {9, "SP type not supported", "RFC 3830 6.12"},
    {10, "SP parameters not supported", "RFC 3830 6.12"},
    {11, "Data type not supported", "RFC 3830 6.12"},
    {12, "Unspecified error", "RFC 3830 6.12"},
    {13, "Unsupported message", "RFC 4738 3.9.2"},
    {14, "Ticket type not supported", "RFC 6043 6.9"},
    {15, "Ticket policy parameters not supported", "RFC 6043 6.9"},
};

constexpr RegistryValue keyDataTypes[] = {{0, "TGK", "RFC 3830 6.13"},   {1, "TGK+SALT", "RFC 3830 6.13"},
                                          {2, "TEK", "RFC 3830 6.13"},   {3, "TEK+SALT", "RFC 3830 6.13"},
                                          {4, "GTGK", "RFC 6043 6.2.1"}, {5, "GTGK+SALT", "RFC 6043 6.2.1"},
                                          {6, "MPK", "RFC 6043 6.2.1"},  {7, "K_PR", "RFC 6267 6.1.3"}};

constexpr RegistryValue keyValidityTypes[] = {
    {0, "Null", "RFC 3830 6.13"}, {1, "SPI", "RFC 3830 6.13"}, {2, "Interval", "RFC 3830 6.13"}};

constexpr RegistryValue generalExtensionTypes[] = {{0, "Vendor ID", "RFC 3830 6.15"},  {1, "SDP IDs", "RFC 3830 6.15"},
                                                   {2, "TESLA I-Key", "RFC 4442 4.4"}, {3, "Key ID", "RFC 4563 4"},
                                                   {4, "CSB_ID", "RFC 4738 3.9.3"},    {5, "OMA BCAST", "RFC 5410 3"}};

constexpr RegistryValue timestampRoles[] = {{1, "TRi: time of issue", "RFC 6043 6.4"},
                                            {2, "TRs: start of validity", "RFC 6043 6.4"},
                                            {3, "TRe: end of validity", "RFC 6043 6.4"},
                                            {4, "TRr: rekeying interval", "RFC 6043 6.4"}};

constexpr RegistryValue idRoles[] = {{1, "Initiator", "RFC 6043 6.6"},
                                     {2, "Responder", "RFC 6043 6.6"},
                                     {3, "KMS", "RFC 6043 6.6"},
                                     {4, "Pre-Shared Key", "RFC 6043 6.6"},
                                     {5, "Application", "RFC 6043 6.6"},
                                     {6, "Initiator's KMS", "RFC 6509 4.4"},
                                     {7, "Responder's KMS", "RFC 6509 4.4"},
                                     {8, "Initiator's UID", "TS 33.180 E.4"},
                                     {9, "Responder's UID", "TS 33.180 E.4"}};

constexpr RegistryValue randRoles[] = {
    {1, "Initiator", "RFC 6043 6.8"}, {2, "Responder", "RFC 6043 6.8"}, {3, "KMS", "RFC 6043 6.8"}};

constexpr RegistryValue ticketTypes[] = {{1, "MIKEY Base Ticket", "RFC 6043 6.10"},
                                         {2, "3GPP Base Ticket", "RFC 6043 6.10"}};

// The octets of a field element; a point is 04 || X || Y.
constexpr RegistryValue ecCurves[] = {
    {1, "P-192", "RFC 6267 6.1.4", 24},     {2, "B-163", "RFC 6267 6.1.4", 21},  {3, "K-163", "RFC 6267 6.1.4", 21},
    {4, "sect163r1", "RFC 6267 6.1.4", 21}, {5, "P-224", "RFC 6267 6.1.4", 28},  {6, "B-233", "RFC 6267 6.1.4", 30},
    {7, "K-233", "RFC 6267 6.1.4", 30},     {8, "P-256", "RFC 6267 6.1.4", 32},  {9, "B-283", "RFC 6267 6.1.4", 36},
    {10, "K-283", "RFC 6267 6.1.4", 36},    {11, "P-384", "RFC 6267 6.1.4", 48}, {12, "B-409", "RFC 6267 6.1.4", 52},
    {13, "K-409", "RFC 6267 6.1.4", 52},    {14, "P-521", "RFC 6267 6.1.4", 66}, {15, "B-571", "RFC 6267 6.1.4", 72},
    {16, "K-571", "RFC 6267 6.1.4", 72},
};

constexpr RegistryValue secretKeyTypes[] = {{1, "SK", "RFC 6267 6.1.5"}};
constexpr RegistryValue sakkeParameterSets[] = {{1, "Parameter Set 1", "RFC 6509 4.2"}};
constexpr RegistryValue sakkeIdSchemes[] = {{1, "tel URI with monthly keys", "RFC 6509 4.2"},
                                            {2, "hashed UID", "TS 33.180 F.2.1"}};

} // namespace

namespace registry {
const Registry dataType{"data type", dataTypes, ErrorNumber::InvalidDataType};
const Registry nextPayload{"next payload", nextPayloads};
const Registry prfFunction{"PRF func", prfFunctions, ErrorNumber::InvalidPrf};
const Registry csIdMapType{"CS ID map type", csIdMapTypes};
const Registry encryption{"Encr alg", encryptions, ErrorNumber::InvalidEncryption};
const Registry mac{"MAC alg", macs, ErrorNumber::InvalidMac};
const Registry cacheType{"C", cacheTypes};
const Registry dhGroup{"DH-Group", dhGroups, ErrorNumber::InvalidDhGroup};
const Registry signatureType{"S type", signatureTypes};
const Registry timestampType{"TS type", timestampTypes, ErrorNumber::InvalidTimestamp};
const Registry idType{"ID type", idTypes, ErrorNumber::InvalidId};
const Registry certType{"Cert type", certTypes, ErrorNumber::InvalidCert};
const Registry hashFunction{"Hash func", hashFunctions, ErrorNumber::InvalidHash};
const Registry protocolType{"Prot type", protocolTypes, ErrorNumber::InvalidSp};
const Registry srtpParameter{"SRTP policy parameter", srtpParameters, ErrorNumber::InvalidSpParameters};
const Registry srtpEncryption{"SRTP encr alg", srtpEncryptions, ErrorNumber::InvalidSpParameters};
const Registry srtpAuthentication{"SRTP auth alg", srtpAuthentications, ErrorNumber::InvalidSpParameters};
const Registry srtpPrf{"SRTP PRF", srtpPrfs, ErrorNumber::InvalidSpParameters};
const Registry fecOrder{"FEC order", fecOrders, ErrorNumber::InvalidSpParameters};
const Registry onOff{"off/on", onOffValues, ErrorNumber::InvalidSpParameters};
const Registry errorNumber{"Error no", errorNumbers};
const Registry keyDataType{"Type", keyDataTypes};
const Registry keyValidityType{"KV", keyValidityTypes};
const Registry generalExtensionType{"Type", generalExtensionTypes};
const Registry timestampRole{"TS role", timestampRoles};
const Registry idRole{"ID role", idRoles, ErrorNumber::InvalidId};
const Registry randRole{"RAND role", randRoles};
const Registry ticketType{"Ticket Type", ticketTypes, ErrorNumber::InvalidTicket};
const Registry ecCurve{"ECC Curve", ecCurves};
const Registry secretKeyType{"Type", secretKeyTypes};
const Registry sakkeParameters{"SAKKE params", sakkeParameterSets};
const Registry sakkeIdScheme{"ID scheme", sakkeIdSchemes};
} // namespace registry

} // namespace mikey
