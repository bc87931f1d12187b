// SPDX-License-Identifier: Apache-2.0
// Session descriptions: what is taken survives being written and read again, and can be answered.
#include "sdp/audio.h"

#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

void require(bool condition)
{
    if (!condition)
        std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const std::string_view input(reinterpret_cast<const char *>(data), size);
    sdp::parseKeyManagement(input);
    const auto description = sdp::Description::parse(input);
    if (!description)
        return 0;
    const auto again = sdp::Description::parse(description->toString());
    // A description at the very limit can outgrow it when LF becomes CRLF.
    require(again ? *again == *description : description->toString().size() > 64 * 1024);
    const sdp::LocalAudio local{.address = "192.0.2.1", .port = 4000, .keyManagement = {{"mikey", "AAAA"}}};
    sdp::readAnswer(sdp::makeOffer(local), *description);
    const auto refusal = sdp::Description::parse(sdp::makeRefusal(*description, local).toString());
    require(bool(refusal));
    const auto audio = sdp::readOffer(*description);
    if (!audio)
        return 0;
    const auto answer = sdp::Description::parse(sdp::makeAnswer(*description, *audio, local).toString());
    require(bool(answer));
    require(bool(sdp::readAnswer(*description, *answer)));
    return 0;
}
