// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "theme.h"

#include "call/snapshot.h"

#include <QString>

namespace ui {

/// When the protection is told: before there is any, while it is in force, or afterwards.
enum class Tense { Future, Present, Past };

Tense tenseOf(const call::CallSnapshot &call);

/// call::Security in words: what stands in bold, and a sentence that always holds the four facts (cipher, method, who
/// is authenticated by what, freshness).
struct SecurityWords
{
    Tone tone = Tone::Neutral;
    QString icon;
    QString headline;
    QString sentence;
};

SecurityWords securityWords(const call::Security &security, Tense tense);

} // namespace ui
