// SPDX-License-Identifier: Apache-2.0
#include "sdp/description.h"
