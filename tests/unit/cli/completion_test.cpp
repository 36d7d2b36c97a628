// What the shells offer. The scripts are run by the shells that are there.
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <vector>

#include "cli/command_texts.h"
#include "support/program.h"

namespace capplan {
namespace {

using Lines = std::vector<std::string>;

Lines lines_of(const std::string& text) {
  Lines lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line.substr(0, line.find('\t')));
  return lines;
}

bool has(const Lines& lines, const std::string& line) {
  return std::find(lines.begin(), lines.end(), line) != lines.end();
}

constexpr const char* kRepository =
    "git init -q -b main && git -c user.name=a -c user.email=a@b commit -q --allow-empty -m a && "
    "git branch mine && git tag v1";

class Completion : public testing::Test {
 protected:
  // What the program answers to the words, the last one being written.
  Lines ask(const std::string& words) const {
    const Printed printed = run_in(folder_.path(), "capplan __complete " + words);
    EXPECT_EQ(printed.exit, 0);
    EXPECT_EQ(printed.err, "");
    return lines_of(printed.out);
  }
  // What bash puts in place of the last word; every word as bash splits them.
  Lines bash(const std::string& words, int last) const {
    return lines_of(
        run_in(folder_.path(),
               "bash -c 'source <(capplan completion bash); compopt() { :; }; COMP_WORDBREAKS=\" =:\"; "
               "COMP_WORDS=(capplan " +
                   words + "); COMP_CWORD=" + std::to_string(last) +
                   "; _capplan; printf \"%s\\n\" \"${COMPREPLY[@]}\"'")
            .out);
  }

  TestFolder folder_;
};

TEST_F(Completion, CommandsAndOptions) {
  EXPECT_EQ(ask("est"), (Lines{"words", "estimate"}));
  EXPECT_TRUE(has(ask("''"), "prices"));
  EXPECT_EQ(ask("prices ve"), (Lines{"words", "verify"}));
  EXPECT_EQ(ask("estimate --sc"), (Lines{"words", "--scaling"}));
  EXPECT_TRUE(has(ask("prices list -"), "--max-price"));
  EXPECT_FALSE(has(ask("''"), "__complete"));
}

TEST_F(Completion, Values) {
  EXPECT_EQ(ask("estimate --format j"), (Lines{"words", "json"}));
  EXPECT_EQ(ask("compare --format=j"), (Lines{"words", "--format=json", "--format=jsonl"}));
  EXPECT_EQ(ask("init --kind s"), (Lines{"words", "serving"}));
  EXPECT_EQ(ask("completion ''"), (Lines{"words", "bash", "zsh", "fish"}));
  EXPECT_EQ(ask("config get w"), (Lines{"words", "width"}));
  EXPECT_EQ(ask("help prices lo"), (Lines{"words"}));  // a second word of `help` is not looked up
  EXPECT_TRUE(has(ask("explain a.yaml mf"), "mfu"));
}

TEST_F(Completion, Ids) {
  EXPECT_TRUE(has(ask("hardware show H1"), "H100-SXM-80GB"));
  EXPECT_TRUE(has(ask("models show llama-3"), "llama-3-8b"));
  EXPECT_TRUE(has(ask("prices list --provider ne"), "nebius"));
  EXPECT_TRUE(has(ask("hardware list --vendor a"), "amd"));
}

TEST_F(Completion, KeysOfTheSpec) {
  EXPECT_EQ(ask("compare a.yaml --set pin.acc"), (Lines{"open", "pin.accelerator="}));
  EXPECT_TRUE(has(ask("compare --set dataset."), "dataset.tokens="));
  EXPECT_TRUE(has(ask("compare --set pin.accelerator=H200"), "pin.accelerator=H200-SXM-141GB"));
  EXPECT_TRUE(
      has(ask("compare --set pin.accelerator=L4-24GB,H200"), "pin.accelerator=L4-24GB,H200-SXM-141GB"));
  EXPECT_TRUE(has(ask("compare --set pin.recompute=f"), "pin.recompute=full"));
  EXPECT_TRUE(has(ask("compare --set model.preset=mixtral"), "model.preset=mixtral-8x7b"));
  EXPECT_EQ(ask("compare --set no.such=x"), (Lines{"words"}));
}

TEST_F(Completion, Files) {
  EXPECT_EQ(ask("estimate ''"), (Lines{"specs"}));
  EXPECT_EQ(ask("estimate a.yaml -o ''"), (Lines{"files"}));
  EXPECT_EQ(ask("estimate a.yaml --profiles ''"), (Lines{"folders"}));
}

TEST_F(Completion, RevisionsOfGit) {
  EXPECT_EQ(ask("check --base ''"), (Lines{"revisions"}));
  EXPECT_EQ(ask("diff --base=m"), (Lines{"revisions"}));
  if (!has_program("bash")) GTEST_SKIP() << "there is no bash";
  EXPECT_EQ(bash("check --base m", 3), Lines{""});  // no repository
  run_in(folder_.path(), kRepository);
  EXPECT_EQ(bash("check --base m", 3), (Lines{"main", "mine"}));
  EXPECT_EQ(bash("diff --base = v", 4), Lines{"v1"});
}

// Whatever stands there, an answer comes, and nothing is run.
TEST_F(Completion, OddLines) {
  for (const char* words : {"", "--", "-- ''", "no such command ''", "estimate --nope=x",
                            "estimate a b c d ''", "\"$(printf '\\033[2J')\"", "--set =", "compare --set ="})
    EXPECT_FALSE(ask(words).empty()) << words;
}

TEST_F(Completion, Bash) {
  if (!has_program("bash")) GTEST_SKIP() << "there is no bash";
  EXPECT_EQ(bash("est", 1), Lines{"estimate"});
  EXPECT_EQ(bash("prices lo", 2), Lines{"lock"});
  EXPECT_EQ(bash("estimate a.yaml --format j", 4), Lines{"json"});
  EXPECT_EQ(bash("estimate --format = j", 4), Lines{"json"});
  EXPECT_TRUE(has(bash("compare a.yaml --set pin.acc", 4), "pin.accelerator="));
  EXPECT_TRUE(has(bash("compare a.yaml --set pin.accelerator = H200", 6), "H200-SXM-141GB"));
  EXPECT_TRUE(has(bash("compare a.yaml --set pin.accelerator =", 5), "H200-SXM-141GB"));
  folder_.write("my job.yaml", "");
  folder_.write("notes.txt", "");
  std::filesystem::create_directory(folder_ / "mine");
  EXPECT_EQ(bash("estimate m", 2), (Lines{"mine", "my job.yaml"}));
  EXPECT_EQ(bash("estimate a.yaml -o n", 4), Lines{"notes.txt"});
  EXPECT_EQ(bash("estimate a.yaml --profiles m", 4), Lines{"mine"});
}

TEST_F(Completion, Zsh) {
  if (!has_program("zsh")) GTEST_SKIP() << "there is no zsh";
  const Printed printed = run_in(folder_.path(), "capplan completion zsh > script && zsh -n script");
  EXPECT_EQ(printed.exit, 0) << printed.err;
}

TEST_F(Completion, Fish) {
  if (!has_program("fish")) GTEST_SKIP() << "there is no fish";
  const auto fish = [&](const std::string& line) {
    const Printed printed = run_in(folder_.path(),
                                   "export HOME=\"$PWD\"; fish -N -c 'capplan completion fish | source; "
                                   "complete -C \"capplan " +
                                       line + "\"'");
    EXPECT_EQ(printed.exit, 0) << printed.err;
    return lines_of(printed.out);
  };
  EXPECT_EQ(fish("est"), Lines{"estimate"});
  EXPECT_TRUE(has(fish("hardware show H1"), "H100-SXM-80GB"));
  EXPECT_TRUE(has(fish("compare a.yaml --set pin.accelerator=H200"), "pin.accelerator=H200-SXM-141GB"));
  run_in(folder_.path(), kRepository);
  EXPECT_EQ(fish("check --base m"), (Lines{"main", "mine"}));
  EXPECT_EQ(fish("check --base=v"), Lines{"--base=v1"});
}

// Every command has examples, and every example is a line that the program takes.
TEST(Help, ExamplesAreCommands) {
  for (const CommandText& text : command_texts()) {
    EXPECT_FALSE(text.examples.empty()) << text.command;
    for (const Example& example : text.examples) {
      if (!example.line.starts_with("capplan")) continue;
      const TestFolder
          folder;  // with none of the files: what is asked here is whether the line is understood
      const std::string line(example.line.substr(0, example.line.find_first_of(">|<")));
      const Printed printed = run_in(folder.path(), line);
      EXPECT_EQ(printed.err.find("try `capplan --help`"), std::string::npos) << example.line << "\n"
                                                                             << printed.err;
      EXPECT_NE(printed.exit, 1) << example.line;
    }
  }
}

TEST(Help, EveryCommandHasExamples) {
  const TestFolder folder;
  const auto commands_below = [&](const std::string& group) {
    Lines lines = lines_of(run_in(folder.path(), "capplan __complete " + group + " ''").out);
    if (!lines.empty()) lines.erase(lines.begin());
    return lines;
  };
  for (const std::string& command : commands_below("")) {
    const bool is_group = find_command_text("capplan " + command) == nullptr;
    if (!is_group) continue;
    const Lines below = commands_below(command);
    EXPECT_FALSE(below.empty()) << command << " has no examples (command_texts.cpp)";
    for (const std::string& sub : below)
      EXPECT_NE(find_command_text("capplan " + command + " " + sub), nullptr)
          << command << " " << sub << " has no examples (command_texts.cpp)";
  }
}

}  // namespace
}  // namespace capplan
