// action.yml and ci/action.yml, their steps run as a job of GitHub Actions would.
#include <gtest/gtest.h>

#include "integrations/workplace.h"

namespace capplan {
namespace {

// Answers for the lists of comments and of pull requests; writes down what is sent.
constexpr const char* kGh = R"(
printf '%s\n' "$*" >>"$RUNNER_TEMP/calls"
for argument in "$@"; do
  case $argument in
    body=@*) cat -- "${argument#body=@}" >"$RUNNER_TEMP/body" ;;
    */comments) cat -- "$RUNNER_TEMP/comments" 2>/dev/null || echo '[]' ;;
    */pulls) echo '[{"number": 7, "head": {"sha": "abc"}}]' ;;
  esac
done
)";

class Action : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* needed : {"git", "bash", "jq"}) {
      if (!has_program(needed)) GTEST_SKIP() << "there is no " << needed;
    }
    place_.put_program("gh", kGh);
  }

  ActionRun run(const Variables& inputs) const {
    return {place_,
            "action.yml",
            inputs,
            {{"github.event.pull_request.base.sha", "main"}, {"github.event.pull_request.number", "7"}}};
  }
  std::string calls() const { return place_.folder().read("calls"); }

  Workplace place_;
};

TEST_F(Action, ChecksAPullRequest) {
  place_.change("workloads/tune.yaml", "200M", "600M");
  ActionRun action = run({{"specs", "workloads/*.yaml"}});
  EXPECT_EQ(action.step("Find or build capplan").exit, 0);
  const Printed checked = action.step("Check");
  EXPECT_EQ(checked.exit, 0) << checked.err;
  EXPECT_NE(checked.out.find("::error file=workloads/tune.yaml,line=6,"), std::string::npos) << checked.out;
  EXPECT_EQ(action.output("code"), "5");
  EXPECT_EQ(action.output("verdict"), "deny");
  EXPECT_EQ(action.output("delta").front(), '+');
  EXPECT_EQ(action.output("delta_pct").front(), '+');
  EXPECT_FALSE(action.output("total").empty());
  EXPECT_NE(file_text(action.output("json_path")).find("capplan.check/1"), std::string::npos);
  EXPECT_NE(place_.folder().read("summary").find("### capplan: +$"), std::string::npos);
  EXPECT_EQ(action.step("Verdict").exit, 5);
}

TEST_F(Action, WhatPasses) {
  ActionRun action = run({});
  EXPECT_EQ(action.step("Check").exit, 0);
  EXPECT_EQ(action.output("verdict"), "pass");
  EXPECT_EQ(action.step("Verdict").exit, 0);
  place_.change("workloads/tune.yaml", "200M", "600M");
  ActionRun lenient = run({{"exit-zero", "true"}});
  EXPECT_EQ(lenient.step("Check").exit, 0);
  EXPECT_EQ(lenient.output("verdict"), "deny");
  EXPECT_EQ(lenient.step("Verdict").exit, 0);
}

TEST_F(Action, WhatCannotBeJudged) {
  place_.change("workloads/tune.yaml", "version: 1", "version: 2");
  ActionRun action = run({{"exit-zero", "true"}});
  EXPECT_EQ(action.step("Check").exit, 0);
  EXPECT_EQ(action.output("verdict"), "error");
  EXPECT_EQ(action.step("Verdict").exit, 3);
  ActionRun none = run({{"specs", "jobs/*.yaml"}});
  EXPECT_EQ(none.step("Check").exit, 0);
  EXPECT_EQ(none.output("verdict"), "error");
  EXPECT_EQ(none.step("Verdict").exit, 7);
}

TEST_F(Action, CommentsWhereItIsAskedTo) {
  place_.change("workloads/tune.yaml", "200M", "300M");  // more, and within the policy
  const auto comment = [&](const std::string& when) {
    std::filesystem::remove(place_.folder() / "calls");
    ActionRun action = run({{"comment", when}, {"token", "t"}});
    EXPECT_EQ(action.step("Check").exit, 0);
    const Printed printed = action.step("Comment");
    EXPECT_EQ(printed.exit, 0) << printed.err;
    return calls();
  };
  EXPECT_NE(comment("changed").find("--method POST repos/acme/models/issues/7/comments"), std::string::npos);
  EXPECT_EQ(place_.folder().read("body"), place_.folder().read("summary"));
  EXPECT_NE(comment("increase").find("POST"), std::string::npos);
  EXPECT_EQ(comment("violation").find("POST"), std::string::npos);
  place_.change("workloads/tune.yaml", "300M", "100M");
  EXPECT_NE(comment("changed").find("POST"), std::string::npos);
  EXPECT_EQ(comment("increase").find("POST"), std::string::npos);
}

// An earlier comment is written over, also by one that would not have been posted; a person's is not.
TEST_F(Action, WritesOverItsOwnComment) {
  place_.folder().write("comments",
                        R"([{"id": 1, "user": {"type": "User"}, "body": "<!-- capplan:tag=default -->"},
    {"id": 2, "user": {"type": "Bot"}, "body": "other"},
    {"id": 3, "user": {"type": "Bot"}, "body": "<!-- capplan:tag=default -->\nold"}])");
  ActionRun action = run({{"comment", "violation"}, {"token", "t"}});
  EXPECT_EQ(action.step("Check").exit, 0);
  EXPECT_EQ(action.step("Comment").exit, 0);
  EXPECT_NE(calls().find("--method PATCH repos/acme/models/issues/comments/3"), std::string::npos) << calls();
  EXPECT_EQ(calls().find("POST"), std::string::npos) << calls();
}

// Neither an input nor a file's name becomes a command or an option.
TEST_F(Action, NothingOfAStrangerIsRun) {
  place_.change("workloads/tune.yaml", "200M", "600M");
  place_.folder().write("repo/--exit-zero", "");
  place_.folder().write("repo/--policy=$(touch evil).yaml", "version: 1\n");
  ActionRun action = run({{"specs", "workloads/*.yaml\n$(touch evil)*\n--*\n`touch evil`*"}});
  action.step("Check");
  EXPECT_NE(action.output("code"), "0");
  ActionRun branch = run({{"base", "--output=evil"}});
  EXPECT_EQ(branch.step("Check").exit, 2);
  EXPECT_FALSE(std::filesystem::exists(place_.root() / "evil"));
}

TEST_F(Action, AnotherVersionIsRefused) {
  EXPECT_EQ(run({{"version", "9.9.9"}}).step("Find or build capplan").exit, 2);
  EXPECT_EQ(run({{"version", CAPPLAN_VERSION}}).step("Find or build capplan").exit, 0);
}

// A fork's check uploads its folder; the job on the default branch takes the number from GitHub.
TEST_F(Action, CommentOnAFork) {
  place_.change("workloads/tune.yaml", "200M", "600M");
  ActionRun check = run({});
  EXPECT_EQ(check.step("Check").exit, 0);
  const std::string folder = std::filesystem::path(check.output("json_path")).parent_path().string();
  const auto comment = [&](const std::string& sha) {
    ActionRun action(place_, "ci/action.yml", {{"folder", folder}},
                     {{"github.event.workflow_run.head_sha", sha},
                      {"github.event.workflow_run.head_repository.owner.login", "stranger"},
                      {"github.event.workflow_run.head_branch", "x;touch evil"}});
    return action.step("Comment");
  };
  EXPECT_EQ(comment("abc").exit, 0);
  EXPECT_NE(calls().find("head=stranger:x;touch evil"), std::string::npos) << calls();
  EXPECT_NE(calls().find("POST repos/acme/models/issues/7/comments"), std::string::npos) << calls();
  std::filesystem::remove(place_.folder() / "calls");
  EXPECT_EQ(comment("def").exit, 0);  // it has moved on
  EXPECT_EQ(calls().find("POST"), std::string::npos) << calls();
  std::ofstream(std::filesystem::path(folder) / "comment.md") << "buy now\n";
  EXPECT_EQ(comment("abc").exit, 3);
  EXPECT_EQ(calls().find("POST"), std::string::npos) << calls();
}

}  // namespace
}  // namespace capplan
