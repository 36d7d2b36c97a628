// A file that has grown too long would divide by itself somewhere.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace {

namespace fs = std::filesystem;

int count_lines(const fs::path& path) {
  std::ifstream in(path);
  std::string line;
  int lines = 0;
  while (std::getline(in, line)) ++lines;
  return lines;
}

int expect_at_most(int limit, const char* folder) {
  int files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(CAPPLAN_SOURCE_DIR) / folder)) {
    const auto extension = entry.path().extension();
    if (extension != ".cpp" && extension != ".h") continue;
    ++files;
    const int lines = count_lines(entry.path());
    EXPECT_LE(lines, limit) << entry.path() << " has " << lines << " lines";
  }
  return files;
}

TEST(Sizes, SourcesHaveAtMost500Lines) {
  EXPECT_GT(expect_at_most(500, "src"), 0);
  EXPECT_GT(expect_at_most(500, "include"), 0);
}

TEST(Sizes, TestsHaveAtMost800Lines) { EXPECT_GT(expect_at_most(800, "tests"), 0); }

}  // namespace
