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

/// Whether `--out` and `--trace` can be written, to be asked before a message is handled that is taken only once.
/// What is wrong, or none.
std::optional<QString> checkOutputs(const Arguments &arguments);

/// Writes a message to the file of `--out`. Where there is none to send, what an earlier run left there is removed.
/// What is wrong, or none.
std::optional<QString> writeOut(const Arguments &arguments, const std::optional<mikey::Bytes> &message);

/// Tells the first message of an exchange: to the file of `--out`, else as base64 to standard output, and to `--trace`.
/// What is wrong, or none.
std::optional<QString> tellFirst(const Arguments &arguments, const mikey::Bytes &message);

/// With `--trace`, adds a message to the directory under the next number, unless it is there already: both sides may
/// trace into one directory.
std::optional<QString> trace(const Arguments &arguments, mikey::ByteView message);

} // namespace tool
