// SPDX-License-Identifier: Apache-2.0
#include "sip/uri.h"
