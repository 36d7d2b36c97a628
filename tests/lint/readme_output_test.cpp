// Each output block of the README that follows a comment `<!-- shows: ARGUMENTS -->` is the beginning of what
// the program prints with these arguments today. CAPPLAN_UPDATE_GOLDEN=1 writes the blocks anew.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "support/environment.h"

namespace {

std::string output_of(const std::string& arguments) {
  const std::string command = std::string("cd '" CAPPLAN_SOURCE_DIR "' && { ") + capplan::kPlainEnvironment +
                              "; } && '" CAPPLAN_BINARY "' " + arguments + " 2>/dev/null";
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(::popen(command.c_str(), "r"), ::pclose);
  std::string text;
  std::array<char, 4096> buffer{};
  while (const std::size_t n = std::fread(buffer.data(), 1, buffer.size(), pipe.get()))
    text.append(buffer.data(), n);
  return text;
}

// What stands before the list of assumptions: the block shows no more.
std::string shown_part(const std::string& output) { return output.substr(0, output.find("\nassumed")); }

struct Block {
  std::string arguments;
  std::string text;
};

class ReadmeOutput : public ::testing::TestWithParam<const char*> {};

TEST_P(ReadmeOutput, IsWhatTheProgramPrints) {
  const std::string path = std::string(CAPPLAN_SOURCE_DIR "/") + GetParam();
  std::ifstream in(path, std::ios::binary);
  std::ostringstream rewritten;
  std::vector<Block> blocks;
  std::string line;
  std::string arguments;
  bool in_block = false;
  while (std::getline(in, line)) {
    if (line.starts_with("<!-- shows: ")) arguments = line.substr(12, line.rfind(" -->") - 12);
    if (in_block && line == "```") {
      rewritten << shown_part(output_of(arguments));
      arguments.clear();
      in_block = false;
    } else if (in_block) {
      blocks.back().text += line + "\n";
      continue;
    } else if (line == "```text" && !arguments.empty()) {
      blocks.push_back({arguments, ""});
      in_block = true;
    }
    rewritten << line << "\n";
  }
  in.close();
  if (std::getenv("CAPPLAN_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path, std::ios::binary) << rewritten.str();
    return;
  }
  ASSERT_FALSE(blocks.empty());
  for (const Block& block : blocks)
    EXPECT_EQ(block.text, shown_part(output_of(block.arguments))) << block.arguments;
}

INSTANTIATE_TEST_SUITE_P(Documents, ReadmeOutput, ::testing::Values("README.md", "docs/accuracy.md"));

}  // namespace
