// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "account/message_input.h"
#include "arguments.h"
#include "methods/exchange.h"

/// Messages in and out of files.
namespace tool {

/// What FILE or standard input holds; an error is one of usage.
account::Loaded<QByteArray> readInput(const Arguments &arguments);

/// The message to handle; an error is a refusal. If there are several it is the first, and a warning tells so.
mikey::Outcome<account::FoundMessage> messageIn(const QByteArray &input);

/// Writes a message to the file of `--out`, if there is one of each. What is wrong, or none.
std::optional<QString> writeOut(const Arguments &arguments, const std::optional<mikey::Bytes> &message);

/// With `--trace`, adds a message to the directory under the next number, unless it is there already: both sides may
/// trace into one directory.
std::optional<QString> trace(const Arguments &arguments, mikey::ByteView message);

} // namespace tool
