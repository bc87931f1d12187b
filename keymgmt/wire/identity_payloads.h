// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "wire/base_payloads.h"

/// The payloads of the identity-based methods: IBAKE (RFC 6267) and SAKKE (RFC 6509).
namespace mikey {

struct Ibake
{
    static constexpr PayloadName name{22, "IBAKE", "RFC 6267 6.1.1"};
    ByteView encrData; ///< encrypted under the identity of who gets it

    template <class Self, class Codec>
    static void fields(Self &p, Codec &c)
    {
        c.octets("Encr data", p.encrData, c.length("Encr data len", p.encrData.size(), 16));
    }
};

struct EncryptedSecretKey
{
    static constexpr PayloadName name{23, "ESK", "RFC 6267 6.1.2"};
    ByteView encrData; ///< encrypted under the identity of whom it is for

    template <class Self, class Codec>
    static void fields(Self &p, Codec &c)
    {
        c.octets("Encr data", p.encrData, c.length("Encr data len", p.encrData.size(), 16));
    }
};

/// Only ever inside the plain Encr data of an ESK.
struct SecretKey
{
    static constexpr PayloadName name{24, "SK", "RFC 6267 6.1.5"};
    SecretKeyType type = SecretKeyType::Sk;
    KeyValidity validity;
    ByteView key;

    template <class Self, class Codec>
    static void fields(Self &p, Codec &c)
    {
        c.bits("Type", p.type, 4, &registry::secretKeyType);
        c.bits("KV", p.validity.type, 4, &registry::keyValidityType);
        c.octets("Key data", p.key, c.length("Key data len", p.key.size(), 16));
        KeyValidity::fields(p.validity, c);
    }
};

/// Only ever inside the plain Encr data of an IBAKE payload.
struct EcPoint
{
    static constexpr PayloadName name{25, "ECCPT", "RFC 6267 6.1.4"};
    std::uint8_t curve = 0;
    std::uint8_t form = 4; ///< uncompressed, the only one
    ByteView x;
    ByteView y;
    MacAlgorithm authAlgorithm = MacAlgorithm::Null; ///< not used: 0 is sent, what arrives is ignored
    std::uint16_t tgkLength = 0;                     ///< likewise
    std::uint8_t reserved = 0;
    KeyValidity validity;

    template <class Self, class Codec>
    static void fields(Self &p, Codec &c)
    {
        c.number("ECC Curve", p.curve, &registry::ecCurve);
        c.number("form", p.form);
        if (p.form != 4)
            c.fail("the point is not in uncompressed form");
        c.implied("X", p.x, registry::ecCurve, p.curve);
        c.implied("Y", p.y, registry::ecCurve, p.curve);
        // Next payload, curve and point are padded to a multiple of four octets.
        c.padding(3 + p.x.size() + p.y.size(), 4);
        c.number("Auth alg", p.authAlgorithm, &registry::mac);
        c.number("TGK len", p.tgkLength);
        c.bits("Reserv", p.reserved, 4);
        c.bits("KV", p.validity.type, 4, &registry::keyValidityType);
        KeyValidity::fields(p.validity, c);
    }
};

struct Sakke
{
    static constexpr PayloadName name{26, "SAKKE", "RFC 6509 4.2"};
    SakkeParameters parameters = SakkeParameters::Set1;
    SakkeIdScheme idScheme = SakkeIdScheme::TelUriMonthly;
    ByteView data; ///< SAKKE Encapsulated Data of RFC 6508 4

    template <class Self, class Codec>
    static void fields(Self &p, Codec &c)
    {
        c.number("SAKKE params", p.parameters, &registry::sakkeParameters);
        c.number("ID scheme", p.idScheme, &registry::sakkeIdScheme);
        c.octets("SAKKE data", p.data, c.length("SAKKE data length", p.data.size(), 16));
    }
};

} // namespace mikey
