// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "account/known_certificates.h"
#include "account/renewal_plan.h"
#include "identity_store.h"
#include "methods/exchange.h"

/// What the window shows of who we are and whom we trust. `met`: the certificates met by trust on first use, which
/// endpoint.x509.fingerprints has too.
ui::IdentityState identityState(const mikey::Endpoint &endpoint, const account::KnownCertificates::Entries &met,
                                mikey::NtpTime now);

/// The services that issue our keys, with what is wrong; that of tickets too, which is asked in each call.
std::vector<ui::KeyServiceInfo> servicesOf(const mikey::Endpoint &endpoint,
                                           const std::vector<account::RenewalPlan> &plans);
