// Runs every fuzz target over its kept inputs: what was once found stays found, without a fuzzer.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "fuzz/targets.h"
#include "support/sanitized.h"

namespace capplan {
namespace {

namespace fs = std::filesystem;

const fs::path kTests = fs::path(CAPPLAN_SOURCE_DIR) / "tests";

std::vector<fs::path> files_below(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string read_text(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Every `step`-th of the inputs.
void replay(const fuzz::Target& target, const fs::path& folder, std::size_t step = 1) {
  const auto files = files_below(folder);
  EXPECT_FALSE(files.empty()) << folder;
  for (std::size_t i = 0; i < files.size(); i += step) {
    SCOPED_TRACE(files[i]);
    target.run(read_text(files[i]));
  }
}

class CorpusReplay : public ::testing::TestWithParam<fuzz::Target> {};

TEST_P(CorpusReplay, KeepsItsPromises) { replay(GetParam(), kTests / "fuzz" / "corpus" / GetParam().name); }

INSTANTIATE_TEST_SUITE_P(Targets, CorpusReplay, ::testing::ValuesIn(fuzz::kTargets),
                         [](const auto& target) { return target.param.name; });

TEST(CorpusReplay, SpecsOfTheReadersCorpus) {
  // Those that are read are planned, too: most of the same paths.
  replay({"spec_fuzz", fuzz::spec}, kTests / "corpus" / "specs", testing::kSanitized ? 5 : 1);
  replay({"yaml_fuzz", fuzz::yaml}, kTests / "corpus" / "specs");
}

}  // namespace
}  // namespace capplan
