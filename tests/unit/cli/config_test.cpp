#include "cli/config.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "support/environment.h"
#include "support/folder.h"

namespace capplan {
namespace {

ReadConfig read(const std::string& text) { return read_config({"config.yaml", text}); }

TEST(Config, ReadsEveryKind) {
  const ReadConfig found = read(
      "format: json\ntop: 1_000\nwidth: 120\ncolor: never\nascii: true\nquiet: false\nthreads: 4\n"
      "profiles: own\n");
  EXPECT_TRUE(found.problems.empty());
  ASSERT_EQ(found.settings.size(), config_fields().size());
  const std::vector<std::string> values = {"json", "1000", "120", "never", "true", "false", "4", "own"};
  for (std::size_t i = 0; i < values.size(); ++i) EXPECT_EQ(found.settings[i].value, values[i]);
  EXPECT_EQ(found.settings[1].origin, "config.yaml:2");
}

TEST(Config, SaysNothing) {
  for (const char* text : {"", "\n", "# format: json\n\n  # none\n"}) {
    EXPECT_TRUE(read(text).problems.empty()) << text;
    EXPECT_TRUE(read(text).settings.empty()) << text;
  }
}

// All problems at once, each at its place; what is right is still read.
TEST(Config, AllProblemsAtOnce) {
  const ReadConfig found = read("format: jsn\nwidht: 100\nthreads: 0\nquiet: true\nprofiles: [a, b]\n");
  ASSERT_EQ(found.problems.size(), 4U);
  EXPECT_EQ(found.problems[0].hint, "did you mean `json`?");
  EXPECT_EQ(found.problems[0].location.column, 9);
  EXPECT_EQ(found.problems[1].hint, "did you mean `width`?");
  EXPECT_EQ(found.problems[2].location.line, 3);
  ASSERT_EQ(found.settings.size(), 1U);
  EXPECT_EQ(found.settings[0].key, "quiet");
}

TEST(Config, Faults) {
  for (const char* text : {"- format\n", "format: json\nformat: csv\n", "format:\n", "width: wide\n",
                           "format: \"a\\x1b[2J\"\n", "a: &a [*a]\n", "\xff"})
    EXPECT_TRUE(has_errors(read(text).problems)) << text;
}

TEST(Config, TheStrongestIsTaken) {
  Configuration settings;
  settings.add({"width", "90", "CAPPLAN_WIDTH", {}});
  settings.add({"width", "120", "config.yaml:1", {}});
  EXPECT_EQ(settings.find("width")->value, "90");
  EXPECT_EQ(settings.find("format"), nullptr);
  EXPECT_EQ(config_variable("width"), "CAPPLAN_WIDTH");
}

// The program in a repository that a stranger wrote.
class ConfigOfARepository : public testing::Test {
 protected:
  int run(const std::string& arguments, const std::string& before = "true") const {
    const std::string line = "cd '" + (folder_ / "repo/jobs").string() + "' && { " + kPlainEnvironment +
                             "; } && " + before + " && '" CAPPLAN_BINARY "' " + arguments + " > '" +
                             (folder_ / "out").string() + "' 2> '" + (folder_ / "err").string() +
                             "' < /dev/null";
    const int status = std::system(line.c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  std::string out() const { return folder_.read("out"); }
  std::string err() const { return folder_.read("err"); }
  void SetUp() override {
    std::filesystem::create_directories(folder_ / "repo/.git");
    std::filesystem::create_directories(folder_ / "repo/jobs");
  }

  TestFolder folder_;
};

// Flags, then the environment, then the repository, then the user.
TEST_F(ConfigOfARepository, Precedence) {
  folder_.write("user/capplan/config.yaml", "format: csv\n");
  const std::string user = "export XDG_CONFIG_HOME='" + (folder_ / "user").string() + "'";
  EXPECT_EQ(run("models list", user), 0);
  EXPECT_EQ(out().substr(0, 3), "id,");
  folder_.write("repo/.capplan/config.yaml", "format: json\n");
  EXPECT_EQ(run("models list", user), 0);
  EXPECT_EQ(out().front(), '{');
  EXPECT_EQ(run("models list", user + " && export CAPPLAN_FORMAT=markdown"), 0);
  EXPECT_EQ(out().front(), '|');
  EXPECT_EQ(run("models list --format csv", user + " && export CAPPLAN_FORMAT=markdown"), 0);
  EXPECT_EQ(out().substr(0, 3), "id,");
}

TEST_F(ConfigOfARepository, TheNearestFile) {
  folder_.write(".capplan/config.yaml", "format: markdown\n");  // above the repository
  EXPECT_EQ(run("config get format"), 0);
  EXPECT_EQ(out(), "table\n");
  folder_.write("repo/.capplan/config.yaml", "format: csv\n");
  EXPECT_EQ(run("config get format"), 0);
  EXPECT_EQ(out(), "csv\n");
  folder_.write("repo/jobs/.capplan/config.yaml", "width: 90\n");
  EXPECT_EQ(run("config get format"), 0);
  EXPECT_EQ(out(), "table\n");
}

// A format that a command does not have is left out there.
TEST_F(ConfigOfARepository, WhatACommandLacks) {
  folder_.write("repo/.capplan/config.yaml", "format: csv\ntop: 3\n");
  EXPECT_EQ(run("schema"), 0) << err();
  EXPECT_EQ(run("diff a.json a.json"), 7) << err();
}

TEST_F(ConfigOfARepository, NoFolderOutside) {
  folder_.write("own/carbon.csv", "secret\n");
  std::filesystem::create_directory_symlink(folder_ / "own", folder_ / "repo/.capplan-own");
  for (const std::string path : {"../../own", "/etc", "../.capplan-own"}) {
    folder_.write("repo/.capplan/config.yaml", "profiles: " + path + "\n");
    EXPECT_EQ(run("prices list"), 3) << path;
    EXPECT_NE(err().find("config.yaml:1:11: error: `profiles` leads outside the repository"),
              std::string::npos)
        << err();
    EXPECT_EQ(err().find("secret"), std::string::npos);
  }
}

TEST_F(ConfigOfARepository, NoFileOutside) {
  folder_.write("secret.csv", "the contents\n");
  std::filesystem::create_directories(folder_ / "repo/.capplan/own");
  std::filesystem::create_symlink(folder_ / "secret.csv", folder_ / "repo/.capplan/own/carbon.csv");
  folder_.write("repo/.capplan/config.yaml", "profiles: own\n");
  EXPECT_EQ(run("prices list"), 3);
  EXPECT_NE(err().find("leads outside the repository that names it"), std::string::npos) << err();
  EXPECT_EQ(err().find("contents"), std::string::npos) << err();
  folder_.write("repo/.capplan/own/carbon.csv", "");
  std::filesystem::remove(folder_ / "repo/.capplan/config.yaml");
  std::filesystem::create_symlink(folder_ / "secret.csv", folder_ / "repo/.capplan/config.yaml");
  EXPECT_EQ(run("config get format"), 0);
  EXPECT_EQ(err().find("contents"), std::string::npos) << err();
}

// The user's own file may name any folder.
TEST_F(ConfigOfARepository, FolderOfTheUser) {
  std::filesystem::create_directories(folder_ / "own");
  folder_.write("user/capplan/config.yaml", "profiles: ../../own\n");
  EXPECT_EQ(run("prices list", "export XDG_CONFIG_HOME='" + (folder_ / "user").string() + "'"), 0) << err();
  EXPECT_NE(err().find("lie over the built-in ones"), std::string::npos) << err();
  EXPECT_EQ(run("prices list", "export XDG_CONFIG_HOME=relative HOME='" + folder_.path().string() + "'"), 0);
  EXPECT_EQ(err(), "");
}

}  // namespace
}  // namespace capplan
