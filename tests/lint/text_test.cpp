// No text file speaks of the machine that it was written on, and none has the bytes that break readers.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>  // popen
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace fs = std::filesystem;

std::string output_of(const std::string& command) {
  std::string output;
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return output;
  std::array<char, 4096> buffer{};
  while (const std::size_t count = fread(buffer.data(), 1, buffer.size(), pipe)) {
    output.append(buffer.data(), count);
  }
  return pclose(pipe) == 0 ? output : std::string();
}

// What git tracks or would; every file below the root but the builds where there is no git.
std::vector<fs::path> project_files() {
  const fs::path root = CAPPLAN_SOURCE_DIR;
  std::vector<fs::path> files;
  std::istringstream names(output_of("git -C '" + root.string() +
                                     "' ls-files -z --cached --others --exclude-standard 2>/dev/null"));
  for (std::string name; std::getline(names, name, '\0');) {
    if (fs::is_regular_file(root / name)) files.push_back(root / name);
  }
  if (!files.empty()) return files;
  for (auto entry = fs::recursive_directory_iterator(root); entry != fs::end(entry); ++entry) {
    const fs::path name = entry->path().filename();
    if (entry.depth() == 0 && (name == "build" || name == ".git")) {
      entry.disable_recursion_pending();
    } else if (entry->is_regular_file()) {
      files.push_back(entry->path());
    }
  }
  return files;
}

// Inputs of tests hold whatever they are to test.
bool is_test_input(const fs::path& path) {
  const std::string name = fs::relative(path, CAPPLAN_SOURCE_DIR).generic_string();
  return name.starts_with("tests/corpus/") || name.starts_with("tests/golden/") ||
         name.starts_with("tests/fuzz/corpus/");
}

// A path that begins here rather than a part of a longer one or of an address.
bool begins_path(const std::string& text, std::size_t position) {
  return position == 0 ||
         std::string_view(" \t\n'\"`=:,;([{<>|").find(text[position - 1]) != std::string_view::npos;
}

// The first absolute path of somebody's machine; empty where there is none.
std::string machine_path(const std::string& text) {
  for (const char* folder : {"home", "work", "root", "Users"}) {
    const std::string prefix = std::string("/") + folder + "/";
    for (auto at = text.find(prefix); at != std::string::npos; at = text.find(prefix, at + 1)) {
      if (begins_path(text, at)) return text.substr(at, text.find_first_of(" \t\n'\"`", at) - at);
    }
  }
  return {};
}

TEST(Text, ProjectFilesAreClean) {
  const auto files = project_files();
  EXPECT_FALSE(files.empty());
  for (const fs::path& path : files) {
    std::ifstream in(path, std::ios::binary);
    const std::string text(std::istreambuf_iterator<char>(in), {});
    if (text.find('\0') != std::string::npos) continue;  // binary
    EXPECT_EQ(machine_path(text), "") << path;
    if (is_test_input(path)) continue;
    EXPECT_EQ(text.find('\r'), std::string::npos) << path << ": lines end with LF alone";
    const bool yaml = path.extension() == ".yaml" || path.extension() == ".yml";
    EXPECT_TRUE(!yaml || text.find('\t') == std::string::npos) << path << ": YAML is indented with spaces";
  }
}

TEST(Text, MachinePathsAreTold) {
  const std::string folder = std::string("/home") + "/me/x";
  EXPECT_EQ(machine_path("see " + folder + " for"), folder);
  EXPECT_EQ(machine_path(folder), folder);
  EXPECT_EQ(machine_path("https://vendor.example" + folder), "");
}

}  // namespace
