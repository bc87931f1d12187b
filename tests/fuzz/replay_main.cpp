// SPDX-License-Identifier: Apache-2.0
// Feeds every file of the named corpus folders to a fuzz harness, once each: what fuzzing found stays found, in a build
// without libFuzzer. A folder with no input is an error, so that a lost corpus does not pass for a good one.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

namespace {

std::vector<std::filesystem::path> filesIn(const std::filesystem::path &folder)
{
    std::vector<std::filesystem::path> files;
    for (const auto &entry : std::filesystem::directory_iterator(folder))
        if (entry.is_regular_file())
            files.push_back(entry.path());
    if (files.empty())
        throw std::runtime_error("no input in " + folder.string());
    std::sort(files.begin(), files.end());
    return files;
}

std::vector<uint8_t> contentsOf(const std::filesystem::path &file)
{
    std::ifstream stream(file, std::ios::binary);
    if (!stream)
        throw std::runtime_error("cannot read " + file.string());
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

void replay(const std::filesystem::path &folder)
{
    const auto files = filesIn(folder);
    for (const auto &file : files) {
        // Printed first, so that a crash is under the name of the input that caused it.
        std::printf("%s\n", file.c_str());
        std::fflush(stdout);
        const auto input = contentsOf(file);
        LLVMFuzzerTestOneInput(input.data(), input.size());
    }
    std::printf("%zu inputs replayed\n", files.size());
}

} // namespace

int main(int argc, char **argv)
{
    if (argc < 2) {
        std::fprintf(stderr, "usage: %s CORPUS_FOLDER...\n", argv[0]);
        return 2;
    }
    try {
        for (int i = 1; i < argc; ++i)
            replay(argv[i]);
    } catch (const std::exception &error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
    return 0;
}
