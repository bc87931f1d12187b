// SPDX-License-Identifier: Apache-2.0
#include "sip/sentence.h"

#include <algorithm>
#include <string_view>

namespace sip {

namespace {

struct Sentence
{
    int status;
    std::string_view text;
};

constexpr Sentence sentences[] = {
    {401, "The other side asks for a password."},
    {403, "The other side does not allow the call."},
    {404, "Nobody of that name is known there."},
    {407, "A proxy on the way asks for a password."},
    {408, "Nobody answered in time."},
    {410, "This address is no longer in use."},
    {415, "The other side does not understand the call's description."},
    {480, "The person called cannot be reached at the moment."},
    {482, "The call went in a circle on its way."},
    {483, "The call was passed on too often on its way."},
    {484, "The address is incomplete."},
    {486, "The line is busy."},
    {487, "The call was given up before it was answered."},
    {488, "The other side does not accept the call's media or its protection."},
    {491, "Both sides changed the call at the same time."},
    {503, "The other side takes no calls at the moment."},
    {600, "The person called is busy everywhere."},
    {603, "The call was declined."},
    {604, "The person called exists nowhere."},
    {606, "The other side does not accept the call's media or its protection."},
};

std::string ofClass(const Response &response)
{
    const auto answer = " (" + std::to_string(response.status) + ").";
    switch (response.status / 100) {
    case 3:
        return "The person called has moved to another address" + answer;
    case 4:
        return "The other side refused the call" + answer;
    case 5:
        return "The other side could not handle the call" + answer;
    default:
        return "The call was refused" + answer;
    }
}

} // namespace

std::string sentenceFor(const Response &response)
{
    const auto *it = std::ranges::find(sentences, response.status, &Sentence::status);
    return it == std::end(sentences) ? ofClass(response) : std::string(it->text);
}

Ending endingOf(const Response &response)
{
    return {.by = Ending::By::Peer,
            .status = response.status,
            .reason = sentenceFor(response),
            .phrase = response.reason,
            .warning = warningOf(response),
            .body = response.body()};
}

std::string warningOf(const Message &message)
{
    const auto *value = message.headers.find("Warning");
    const auto warning = value ? Warning::parse(*value) : std::nullopt;
    return warning ? warning->text : std::string();
}

} // namespace sip
