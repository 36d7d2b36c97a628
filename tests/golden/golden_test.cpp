// Runs the program on each folder beside this file: `cmd` is a shell line, run in a copy of the folder;
// stdout.txt, stderr.txt and exit hold what it must print and return. CAPPLAN_UPDATE_GOLDEN=1 writes them
// anew.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "support/environment.h"

namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

struct Outcome {
  std::string out, err;
  int exit = 0;
};

Outcome run_case(const fs::path& folder, const std::string& environment) {
  std::string name = (fs::temp_directory_path() / "capplan-golden-XXXXXX").string();
  const fs::path work = ::mkdtemp(name.data());
  fs::copy(folder, work, fs::copy_options::recursive | fs::copy_options::overwrite_existing);
  const std::string binary_folder = fs::path(CAPPLAN_BINARY).parent_path().string();
  std::string command = read(folder / "cmd");
  while (!command.empty() && command.back() == '\n') command.pop_back();
  const std::string line = "cd '" + work.string() + "' && export PATH='" + binary_folder + "':\"$PATH\"; " +
                           capplan::kPlainEnvironment + "; " + environment + " && { " + command +
                           " ; } > .out 2> .err < /dev/null";
  const int status = std::system(line.c_str());
  Outcome outcome{read(work / ".out"), read(work / ".err"), WIFEXITED(status) ? WEXITSTATUS(status) : -1};
  fs::remove_all(work);
  return outcome;
}

std::vector<fs::path> cases() {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(fs::path(CAPPLAN_SOURCE_DIR) / "tests/golden")) {
    if (fs::exists(entry.path() / "cmd")) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

class Golden : public testing::TestWithParam<fs::path> {};

TEST_P(Golden, PrintsWhatItShould) {
  const Outcome outcome = run_case(GetParam(), "export LC_ALL=C TZ=UTC");
  if (std::getenv("CAPPLAN_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(GetParam() / "stdout.txt", std::ios::binary) << outcome.out;
    std::ofstream(GetParam() / "stderr.txt", std::ios::binary) << outcome.err;
    std::ofstream(GetParam() / "exit", std::ios::binary) << outcome.exit << "\n";
  }
  EXPECT_EQ(outcome.out, read(GetParam() / "stdout.txt"));
  EXPECT_EQ(outcome.err, read(GetParam() / "stderr.txt"));
  EXPECT_EQ(std::to_string(outcome.exit) + "\n", read(GetParam() / "exit"));
}

#ifndef CAPPLAN_SANITIZED  // slow there, and nothing that a sanitizer would see
// The same bytes in another locale and time zone, where the C library has no fused multiply-add to choose:
// all at once, since a case that fails here is looked at by hand anyway.
TEST_P(Golden, PrintsTheSameEverywhere) {
  const Outcome outcome = run_case(GetParam(),
                                   "export LC_ALL=de_DE.UTF-8 LANG=de_DE.UTF-8 TZ=Asia/Tokyo "
                                   "GLIBC_TUNABLES=glibc.cpu.hwcaps=-FMA,-AVX2");
  EXPECT_EQ(outcome.out, read(GetParam() / "stdout.txt"));
  EXPECT_EQ(std::to_string(outcome.exit) + "\n", read(GetParam() / "exit"));
}
#endif

INSTANTIATE_TEST_SUITE_P(Cases, Golden, testing::ValuesIn(cases()), [](const auto& each) {
  std::string name = each.param.filename().string();
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace
