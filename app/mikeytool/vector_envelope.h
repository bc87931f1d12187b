// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/certificate.h"
#include "wire/payloads.h"

#include <QJsonObject>

/// What test vectors tell of a PKE payload (RFC 3830 6.3). The private key is that of whom it is for.
namespace tool {

mikey::Secret envelopeKeyIn(const mikey::Pke &pke, const mikey::PrivateKey &key);
QJsonObject envelopeJson(const mikey::Pke &pke, const mikey::PrivateKey &key);

} // namespace tool
