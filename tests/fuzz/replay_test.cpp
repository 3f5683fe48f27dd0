#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "fuzz/targets.hpp"

namespace virga::fuzz {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> inputs_of(const std::string& target) {
    const fs::path folder = fs::path(VIRGA_SOURCE_DIR) / "tests" / "fuzz" / "corpus" / target;
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(folder)) found.push_back(entry.path());
    std::sort(found.begin(), found.end());
    return found;
}

class Replay : public testing::TestWithParam<Target> {};

// What fuzzing has found stays found: each input of the corpus, in every build.
TEST_P(Replay, NoInputOfTheCorpusDoesHarm) {
    const auto inputs = inputs_of(GetParam().name);
    ASSERT_FALSE(inputs.empty());
    for (const auto& path : inputs) {
        SCOPED_TRACE(path);
        std::ifstream file(path, std::ios::binary);
        const std::string input{std::istreambuf_iterator<char>(file), {}};
        try {
            GetParam().run(input);
        } catch (const std::exception& failure) {
            ADD_FAILURE() << failure.what();
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Targets, Replay, testing::ValuesIn(targets()),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace virga::fuzz
