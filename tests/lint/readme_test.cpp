// Every command that the README shows runs, in order, and ends as the README says: with 0, or with N where
// the line ends in "# exit N".
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>  // mkdtemp, system
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "support/environment.h"

namespace {

namespace fs = std::filesystem;

struct Command {
  int line;
  std::string arguments;  // for the shell
  int exit_code;
};

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// What follows the program's name; empty for a line that does not run it.
std::string arguments_of(const std::string& line) {
  for (const std::string_view program : {"./dev run ", "capplan "}) {
    if (!line.starts_with(program)) continue;
    const std::string arguments = line.substr(program.size());
    return arguments.substr(0, arguments.find(" | "));  // what reads the output is not ours to test
  }
  return {};
}

int expected_exit_code(const std::string& line) {
  static const std::regex pattern(R"(#\s*exit\s+(\d+)\s*$)");
  std::smatch match;
  return std::regex_search(line, match, pattern) ? std::stoi(match[1]) : 0;
}

std::vector<Command> commands_of(const std::string& markdown) {
  std::vector<Command> commands;
  std::istringstream in(markdown);
  std::string text;
  bool in_block = false;
  for (int line = 1; std::getline(in, text); ++line) {
    if (text.starts_with("```")) {
      in_block = !in_block && text == "```sh";
      continue;
    }
    if (!in_block) continue;
    const int begin = line;
    for (std::string more; text.ends_with('\\') && std::getline(in, more); ++line) {
      text.pop_back();
      text += more;
    }
    const std::string arguments = arguments_of(text);
    if (!arguments.empty()) commands.push_back({begin, arguments, expected_exit_code(text)});
  }
  return commands;
}

std::string quoted(const std::string& text) {
  return "'" + std::regex_replace(text, std::regex("'"), R"('\'')") + "'";
}

// A folder that shows what stands in the repository, so that commands may write files and leave none there.
class Workplace {
 public:
  Workplace() {
    std::string name = (fs::temp_directory_path() / "capplan-readme-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) return;
    folder_ = name;
    for (const auto& entry : fs::directory_iterator(CAPPLAN_SOURCE_DIR)) {
      if (entry.path().filename() == "build") continue;
      fs::create_symlink(entry.path(), folder_ / entry.path().filename());
    }
  }
  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;
  ~Workplace() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);  // does not follow the links
  }

  const fs::path& folder() const { return folder_; }

 private:
  fs::path folder_;
};

// Runs the arguments with the built program in the folder; its standard error goes to `errors`.
int run(const fs::path& folder, const std::string& arguments, const fs::path& errors) {
  const std::string line = "cd " + quoted(folder.string()) + " && { " + capplan::kPlainEnvironment + "; " +
                           quoted(CAPPLAN_BINARY) + " " + arguments + "\n} </dev/null >/dev/null 2>" +
                           quoted(errors.string());
  const int status = std::system(line.c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(Readme, CommandsRun) {
  const auto commands = commands_of(read_file(fs::path(CAPPLAN_SOURCE_DIR) / "README.md"));
  EXPECT_FALSE(commands.empty());
  const Workplace workplace;
  ASSERT_FALSE(workplace.folder().empty());
  for (const Command& command : commands) {
    const fs::path errors = workplace.folder() / ".stderr";
    EXPECT_EQ(run(workplace.folder(), command.arguments, errors), command.exit_code)
        << "README.md:" << command.line << ": capplan " << command.arguments << "\n"
        << read_file(errors);
  }
}

TEST(Readme, CommandsAreFoundInShellBlocksOnly) {
  const auto commands = commands_of(
      "capplan no\n"
      "```yaml\ncapplan no\n```\n"
      "```sh\n$ capplan no\n./dev run estimate a.yaml --format json | jq .\ncapplan check \\\n  b.yaml   # "
      "exit 5\n"
      "./dev test\n```\n"
      "capplan no\n");
  ASSERT_EQ(commands.size(), 2U);
  EXPECT_EQ(commands[0].line, 7);
  EXPECT_EQ(commands[0].arguments, "estimate a.yaml --format json");
  EXPECT_EQ(commands[0].exit_code, 0);
  EXPECT_EQ(commands[1].line, 8);
  EXPECT_EQ(commands[1].exit_code, 5);
}

}  // namespace
