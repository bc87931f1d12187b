// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/secret.h"

class QLineEdit;

namespace ui {

/// Takes what was typed out of the field. Once the field has let go of it, the text is ours alone and is overwritten in
/// place.
mikey::Secret takeSecret(QLineEdit &field);

} // namespace ui
