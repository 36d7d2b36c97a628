// The GitLab template, the hooks of pre-commit, and the five minutes of docs/ci.md.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <regex>

#include "integrations/workplace.h"

namespace capplan {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

class Pipelines : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* needed : {"git", "bash", "jq"}) {
      if (!has_program(needed)) GTEST_SKIP() << "there is no " << needed;
    }
  }

  // The job's script, joined as the runner joins it.
  Printed gitlab(const Variables& variables = {}) const {
    const std::string text = file_text(fs::path(CAPPLAN_SOURCE_DIR) / ".gitlab/capplan.yml");
    const auto job = parse_yaml({"capplan.yml", text.substr(text.find("\n---\n") + 5)});
    EXPECT_TRUE(job);
    std::string script;
    for (const YamlNode& line : job->find("capplan")->find("script")->items) script += line.scalar + "\n";
    Variables all{{"CI_MERGE_REQUEST_DIFF_BASE_SHA", "main"}, {"SPECS", ""}, {"POLICY", ""}};
    for (const auto& [name, value] : variables) all[name] = value;
    return place_.shell(script, all);
  }

  Workplace place_;
};

TEST_F(Pipelines, GitLab) {
  place_.change("workloads/tune.yaml", "200M", "600M");
  const Printed printed = gitlab();
  EXPECT_EQ(printed.exit, 5) << printed.err;
  EXPECT_NE(place_.folder().read("repo/capplan-junit.xml").find("<testsuites"), std::string::npos);
  const Json quality = Json::parse(place_.folder().read("repo/capplan-codequality.json"));
  ASSERT_FALSE(quality.empty());
  EXPECT_EQ(quality[0]["check_name"], "capplan/big-increase");
  EXPECT_EQ(quality[0]["severity"], "critical");
  EXPECT_EQ(quality[0]["location"]["path"], "workloads/tune.yaml");
  EXPECT_EQ(quality[0]["location"]["lines"]["begin"], 6);
  EXPECT_FALSE(quality[0]["fingerprint"].get<std::string>().empty());
  const std::string metrics = place_.folder().read("repo/capplan-metrics.txt");
  EXPECT_TRUE(
      std::regex_search(metrics, std::regex("capplan_cost_usd\\{side=\"after\"\\} [0-9.]+\n# EOF\n$")))
      << metrics;
}

TEST_F(Pipelines, GitLabWithoutFindings) {
  EXPECT_EQ(gitlab({{"SPECS", "workloads/tune.yaml"}}).exit, 0);
  EXPECT_EQ(place_.folder().read("repo/capplan-codequality.json"), "[]\n");
  place_.change("workloads/tune.yaml", "version: 1", "version: 2");
  EXPECT_EQ(gitlab().exit, 3);
}

// pre-commit appends the names of the files that `files` admits to `entry`.
TEST_F(Pipelines, HooksOfPreCommit) {
  const auto hooks =
      parse_yaml({"hooks", file_text(fs::path(CAPPLAN_SOURCE_DIR) / ".pre-commit-hooks.yaml")});
  ASSERT_TRUE(hooks);
  const auto run = [&](const std::string& id) {
    for (const YamlNode& hook : hooks->items) {
      if (hook.find("id")->scalar != id) continue;
      const std::regex files(hook.find("files")->scalar);
      std::string line = hook.find("entry")->scalar;
      for (const char* file :
           {"capplan.lock", "workloads/chat.yaml", "workloads/tune.yaml", ".capplan/policy.yaml"}) {
        if (std::regex_search(file, files)) line += std::string(" ") + file;
      }
      return place_.shell(line).exit;
    }
    return -1;
  };
  for (const char* id : {"capplan-validate", "capplan-check", "capplan-lock"}) EXPECT_EQ(run(id), 0) << id;
  place_.change("workloads/tune.yaml", "budget: $100", "budget: $1");
  EXPECT_EQ(run("capplan-validate"), 0);
  EXPECT_NE(run("capplan-check"), 0);
  place_.change("workloads/tune.yaml", "budget: $1", "budget: 1");
  EXPECT_EQ(run("capplan-validate"), 3);
  place_.change("capplan.lock", "nebius", "nebiuz");
  EXPECT_NE(run("capplan-lock"), 0);
}

// The commands that docs/ci.md shows, one after the other, in a repository with two branches; the comment is
// the one that it shows. CAPPLAN_UPDATE_GOLDEN=1 writes that anew.
TEST_F(Pipelines, FiveMinutes) {
  const fs::path page = fs::path(CAPPLAN_SOURCE_DIR) / "docs/ci.md";
  std::string text = file_text(page);
  const std::size_t begin = text.find("```sh\n", text.find("## Five minutes")) + 6;
  std::istringstream lines(text.substr(begin, text.find("```", begin) - begin));
  std::smatch exit_code;
  for (std::string line; std::getline(lines, line);) {
    const bool fails = std::regex_search(line, exit_code, std::regex("# exit ([0-9]+)$"));
    const Printed printed = place_.shell(line, {{"EDITOR", "test -s"}});
    EXPECT_EQ(printed.exit, fails ? std::stoi(exit_code[1]) : 0) << line << "\n" << printed.err;
  }
  const std::string comment = place_.folder().read("repo/comment.md");
  const std::string head = "<!-- the comment -->\n", tail = "<!-- end of the comment -->";
  const std::size_t from = text.find(head) + head.size(), to = text.find(tail);
  ASSERT_NE(to, std::string::npos);
  if (std::getenv("CAPPLAN_UPDATE_GOLDEN") != nullptr)
    std::ofstream(page, std::ios::binary) << text.substr(0, from) << comment << text.substr(to);
  EXPECT_EQ(file_text(page).substr(from, file_text(page).find(tail) - from), comment);
}

}  // namespace
}  // namespace capplan
