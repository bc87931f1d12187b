// SPDX-License-Identifier: Apache-2.0
#include "vector_keys.h"

namespace tool {

namespace {

void append32(mikey::Bytes &to, std::uint32_t number)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        to.push_back(static_cast<std::uint8_t>(number >> shift));
}

} // namespace

QJsonArray hexArray(const std::vector<mikey::Bytes> &all)
{
    QJsonArray array;
    for (const auto &octets : all)
        array += hexText(octets);
    return array;
}

mikey::Bytes labelOctets(mikey::KeyUse use, std::uint8_t csId, const mikey::BundleLabel &bundle)
{
    mikey::Bytes label;
    append32(label, static_cast<std::uint32_t>(use));
    label.push_back(csId);
    append32(label, bundle.csbId);
    mikey::append(label, bundle.rand);
    return label;
}

QJsonObject DerivedKey::json() const
{
    return {{QStringLiteral("label"), hexText(label)}, {QStringLiteral("key"), hexText(key.view())}};
}

DerivedKey derive(mikey::Prf prf, mikey::ByteView inkey, mikey::KeyUse use, const mikey::BundleLabel &bundle,
                  std::size_t octets)
{
    auto label = labelOctets(use, noCryptoSession, bundle);
    auto derived = mikey::prf(prf, inkey, label, octets);
    return {std::move(label), std::move(derived)};
}

MessageKeys::MessageKeys(const char *what, mikey::ByteView inkey, const mikey::BundleLabel &bundle,
                         const MessageAlgorithms &algorithms)
    : kind(QString::fromUtf8(what)), key(inkey), csbId(bundle.csbId),
      encr(derive(algorithms.prf, inkey, mikey::KeyUse::MessageEncr, bundle, algorithms.encrOctets)),
      salt(derive(algorithms.prf, inkey, mikey::KeyUse::MessageSalt, bundle, mikey::aesCmSaltOctets)),
      auth(derive(algorithms.prf, inkey, mikey::KeyUse::MessageAuth, bundle, algorithms.authOctets))
{
}

QJsonObject MessageKeys::json() const
{
    return {{QStringLiteral("kind"), kind},
            {QStringLiteral("key"), hexText(key.view())},
            {QStringLiteral("encr"), encr.json()},
            {QStringLiteral("salt"), salt.json()},
            {QStringLiteral("auth"), auth.json()}};
}

std::array<std::uint8_t, 16> MessageKeys::iv(mikey::ByteView timestamp) const
{
    return mikey::aesCmIv(salt.key.view(), csbId, timestamp);
}

mikey::Secret MessageKeys::counterMode(mikey::ByteView data, mikey::ByteView timestamp) const
{
    return mikey::aesCm(encr.key.view(), iv(timestamp), data);
}

QJsonObject MessageKeys::encryptionJson(mikey::ByteView encrypted, mikey::ByteView timestamp) const
{
    return {{QStringLiteral("key"), hexText(encr.key.view())},
            {QStringLiteral("iv"), hexText(iv(timestamp))},
            {QStringLiteral("plain"), hexText(counterMode(encrypted, timestamp).view())},
            {QStringLiteral("encrypted"), hexText(encrypted)}};
}

} // namespace tool
