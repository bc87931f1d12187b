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
call::CallSnapshot ended();
/// The pre-shared keys differ.
call::CallSnapshot wrongKey();
/// Every text a peer chooses is out to deceive.
call::CallSnapshot hostile(call::CallSnapshot call);

/// Saves a picture of `widget` as NAME.png in $LATCHKEY_SCREENSHOTS, if that is set: for people to look at.
void picture(QWidget &widget, const QString &name);

} // namespace samples
