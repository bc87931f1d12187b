// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "call/snapshot.h"

#include <QString>

class QWidget;

/// Snapshots made by hand for the tests of models and views. The MIKEY messages in them are real: the PSK exchange of
/// tests/vectors/mikey-computed-kat.json.
namespace samples {

call::PhoneSnapshot phone(std::vector<call::CallSnapshot> calls = {});

call::CallSnapshot calling();
call::CallSnapshot ringing();
call::CallSnapshot incoming();
call::CallSnapshot established(call::Security::Level level = call::Security::Level::Verified);
/// By Diffie-Hellman with certificates, renewed twice, the third time agreed: keys of three generations.
call::CallSnapshot renewed();
/// As renewed(), but nobody vouches for the certificate, which is seen for the first time.
call::CallSnapshot firstUse();
call::CallSnapshot ended();
/// The pre-shared keys differ.
call::CallSnapshot wrongKey();
/// The peer shows another certificate than the one known.
call::CallSnapshot changedCertificate();
/// Every text a peer chooses is out to deceive.
call::CallSnapshot hostile(call::CallSnapshot call);

/// The time at which renewed() is to be looked at: 1 min 42 s after the call began.
QDateTime later();

/// Saves a picture of `widget` as NAME.png in $LATCHKEY_SCREENSHOTS, if that is set: for people to look at.
void picture(QWidget &widget, const QString &name);

} // namespace samples
