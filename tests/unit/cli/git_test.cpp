#include "cli/git.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cstdlib>

#include "support/environment.h"
#include "support/folder.h"

namespace capplan {
namespace {

namespace fs = std::filesystem;

struct Printed {
  int exit = 0;
  std::string out, err;
};

// A repository that nobody else uses, with an identity and a clock of its own.
class GitTest : public testing::Test {
 protected:
  void SetUp() override {
    if (std::system("git --version > /dev/null 2>&1") != 0) GTEST_SKIP() << "there is no git";
    fs::create_directories(folder_ / ".git");  // where run() puts what is printed
    run("git init -q . && git config user.name tester && git config user.email tester@example.com");
  }

  Printed run(const std::string& command) const {
    const std::string line = "cd '" + folder_.path().string() +
                             "' && export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 "
                             "GIT_AUTHOR_DATE='2026-01-01T00:00:00Z' "
                             "GIT_COMMITTER_DATE='2026-01-01T00:00:00Z' PATH='" +
                             fs::path(CAPPLAN_BINARY).parent_path().string() + "':\"$PATH\"; " +
                             kPlainEnvironment + "; { " + command + " ; } > .git/out 2> .git/err < /dev/null";
    const int status = std::system(line.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, folder_.read(".git/out"), folder_.read(".git/err")};
  }

  void commit() const {
    EXPECT_EQ(run("git add -A && git commit -q -m x").exit, 0) << folder_.read(".git/err");
  }

  Git git() const {
    auto opened = Git::open(folder_.path());
    EXPECT_TRUE(opened);
    return std::move(*opened);
  }

  static std::string tune(const std::string& tokens, const std::string& name = "tune") {
    return "version: 1\nname: " + name +
           "\nkind: fine-tuning\nmodel: {preset: llama-3-8b}\ndataset: {tokens: " + tokens +
           "}\ntraining: {epochs: 1, sequence_length: 4096, global_batch: 64}\noptimizations: [lora]\n"
           "pin: {accelerator: H100-SXM-80GB}\n";
  }

  TestFolder folder_;
};

TEST_F(GitTest, ReadsBlobs) {
  folder_.write("a/one.yaml", "one\n");
  folder_.write("two.txt", "two\n");
  commit();
  folder_.write("a/one.yaml", "changed\n");
  const auto head = git().commit("HEAD");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->size(), 40U);
  const auto files = git().tree(*head);
  ASSERT_TRUE(files);
  ASSERT_EQ(files->size(), 2U);  // no folders
  EXPECT_EQ(git().read(files->at("a/one.yaml"), 100), "one\n");
  EXPECT_EQ(git().date(*head), "2026-01-01");
}

TEST_F(GitTest, ReadsManyBlobsAtOnce) {
  std::set<std::string> hashes;
  const std::string odd = std::string("binary\0\n\nblob 7\n", 16);
  folder_.write("odd", odd);
  folder_.write("empty", "");
  for (int i = 0; i < 300; ++i)
    folder_.write("f" + std::to_string(i), std::string(1000, 'a') + std::to_string(i));
  commit();
  const auto files = git().tree(*git().commit("HEAD"));
  for (const auto& [path, hash] : *files) hashes.insert(hash);
  const auto texts = git().read_all(hashes, 1 << 20);
  ASSERT_TRUE(texts);
  EXPECT_EQ(texts->size(), 302U);
  EXPECT_EQ(texts->at(files->at("odd")), odd);
  EXPECT_EQ(texts->at(files->at("empty")), "");
  EXPECT_EQ(texts->at(files->at("f299")), std::string(1000, 'a') + "299");
  EXPECT_FALSE(git().read_all(hashes, 1000));
  const auto none = git().read_all({std::string(40, '0')}, 1000);
  ASSERT_TRUE(none);
  EXPECT_TRUE(none->empty());
}

TEST_F(GitTest, RevisionsAreNoOptions) {
  folder_.write("a.yaml", "x\n");
  commit();
  for (const char* revision :
       {"--help", "-x", "", "no-such", "HEAD:a.yaml", "HEAD..HEAD", "--upload-pack=touch${IFS}evil"})
    EXPECT_FALSE(git().commit(revision)) << revision;
  EXPECT_FALSE(fs::exists(folder_ / "evil"));
}

TEST_F(GitTest, LinksAreNoFiles) {
  fs::create_symlink("/etc/passwd", folder_ / "link.yaml");
  commit();
  EXPECT_TRUE(git().tree(*git().commit("HEAD"))->empty());
}

TEST_F(GitTest, LargeBlobsAreRefused) {
  folder_.write("a.yaml", std::string(100'000, 'x'));
  commit();
  EXPECT_FALSE(git().read(git().tree(*git().commit("HEAD"))->at("a.yaml"), 1000));
}

// What the configuration of the repository and its attributes would run is not run.
TEST_F(GitTest, NothingOfTheRepositoryIsRun) {
  folder_.write("a.yaml", "a\n");
  folder_.write(".gitattributes", "*.yaml diff=evil filter=evil\n");
  folder_.write(".git/hooks/post-index-change", "#!/bin/sh\ntouch evil\n");
  ::chmod((folder_ / ".git/hooks/post-index-change").c_str(), 0755);
  commit();
  fs::remove(folder_ / "evil");
  run("git config core.fsmonitor 'touch evil' && git config diff.evil.textconv 'touch evil' && "
      "git config filter.evil.smudge 'touch evil' && git config core.pager 'touch evil' && "
      "git config gpg.program 'touch evil' && git config log.showSignature true && git config alias.ls-tree "
      "'!touch evil' && git config diff.external 'touch evil'");
  const auto head = git().commit("HEAD");
  ASSERT_TRUE(head);
  const auto files = git().tree(*head);
  ASSERT_TRUE(files);
  EXPECT_TRUE(git().read(files->at("a.yaml"), 100));
  EXPECT_TRUE(git().read_all({files->at("a.yaml")}, 100));
  EXPECT_TRUE(git().date(*head));
  EXPECT_FALSE(fs::exists(folder_ / "evil"));
}

// A program of that name in the repository, or on a path that depends on where one stands, is none.
TEST_F(GitTest, ProgramOfTheRepositoryIsNotRun) {
  folder_.write("bin/git", "#!/bin/sh\ntouch '" + (folder_ / "evil").string() + "'\n");
  ::chmod((folder_ / "bin/git").c_str(), 0755);
  folder_.write("a.yaml", "a\n");
  commit();
  const std::string before = std::getenv("PATH");
  ::setenv("PATH", ("bin:" + (folder_ / "bin").string() + ":" + before).c_str(), 1);
  const auto head = git().commit("HEAD");
  ::setenv("PATH", before.c_str(), 1);
  EXPECT_TRUE(head);
  EXPECT_FALSE(fs::exists(folder_ / "evil"));
}

TEST_F(GitTest, DiffAgainstARevision) {
  folder_.write("w/tune.yaml", tune("200M"));
  folder_.write("w/gone.yaml", tune("10M", "gone"));
  folder_.write("other.yaml", "a: 1\n");
  EXPECT_EQ(run("capplan prices lock w/tune.yaml w/gone.yaml").exit, 0);
  EXPECT_TRUE(fs::exists(folder_ / "capplan.lock"));  // at the root of the repository
  commit();
  folder_.write("w/tune.yaml", tune("500M"));
  folder_.write("w/new.yaml", tune("30M", "new"));
  fs::remove(folder_ / "w/gone.yaml");
  const Printed all = run("capplan diff --base HEAD");
  EXPECT_EQ(all.exit, 0) << all.err;
  for (const char* part :
       {"HEAD → working tree", "dataset.tokens", "added", "removed", "w/tune.yaml:5", "in all"})
    EXPECT_NE(all.out.find(part), std::string::npos) << part << "\n" << all.out;
  EXPECT_EQ(all.out.find("other"), std::string::npos);
  const Printed one = run("cd w && capplan diff --base HEAD tune.yaml --format json");
  EXPECT_EQ(one.exit, 0) << one.err;
  EXPECT_EQ(one.out.find("gone"), std::string::npos);
  EXPECT_NE(one.out.find("\"price_usd\": 0,"), std::string::npos);
}

// Another lock is a price effect, and never a spec effect.
TEST_F(GitTest, AnotherLockIsAPriceEffect) {
  folder_.write("tune.yaml", tune("200M"));
  EXPECT_EQ(run("capplan prices lock tune.yaml").exit, 0);
  commit();
  folder_.write("quotes.csv",
                "provider,accelerator,count,price,unit,as_of,source\n"
                "ours,H100-SXM-80GB,1,1.60,USD/GPU/h,2026-08-01,offer 17\n");
  EXPECT_EQ(run("capplan prices import --from csv quotes.csv --into .own && "
                "capplan prices lock tune.yaml --profiles .own")
                .exit,
            0);
  const Printed found = run("capplan diff --base HEAD --format json");
  EXPECT_EQ(found.exit, 0) << found.err;
  EXPECT_NE(found.out.find("\"spec_usd\": 0,\n"), std::string::npos) << found.out;
  EXPECT_NE(found.out.find("\"price_usd\": -"), std::string::npos) << found.out;
  EXPECT_NE(found.out.find("\"winner_changed_by\": \"price\""), std::string::npos) << found.out;
}

TEST_F(GitTest, DiffRefuses) {
  folder_.write("tune.yaml", tune("200M"));
  commit();
  EXPECT_EQ(run("capplan diff --base no-such").exit, 2);
  EXPECT_EQ(run("capplan diff --base=--help tune.yaml").exit, 2);
  EXPECT_EQ(run("capplan diff --base HEAD /etc/passwd").exit, 2);
  EXPECT_EQ(run("capplan diff --base HEAD none.yaml").exit, 7);
  EXPECT_EQ(run("capplan prices lock tune.yaml && capplan diff --base HEAD --profiles .").exit, 2);
  folder_.write("tune.yaml", "version: 3\n");
  EXPECT_EQ(run("capplan diff --base HEAD tune.yaml").exit, 3);
  folder_.write("capplan.lock", "version: 1\n");
  EXPECT_EQ(run("capplan diff --base HEAD tune.yaml").exit, 3);
}

// What a lock lacks is said once, not for every spec under it; a link that leads out is no spec.
TEST_F(GitTest, LocksAndLinksOfStrangers) {
  folder_.write("a.yaml", tune("200M", "a"));
  folder_.write("b.yaml", tune("200M", "b"));
  commit();
  folder_.write("capplan.lock", "version: 1\nengine: \"\\x1b[2J\"\n");
  const Printed locked = run("capplan diff --base HEAD");
  EXPECT_EQ(locked.exit, 3);
  EXPECT_EQ(locked.err.find('\x1b'), std::string::npos);
  EXPECT_EQ(locked.err.find("control character"), locked.err.rfind("control character"));
  fs::remove(folder_ / "capplan.lock");
  fs::remove(folder_ / "a.yaml");
  fs::create_symlink("/etc/passwd", folder_ / "a.yaml");
  const Printed link = run("capplan diff --base HEAD a.yaml");
  EXPECT_NE(link.exit, 0);
  EXPECT_EQ(link.err.find("root:"), std::string::npos) << link.err;
}

// A spec of the base may name files of the base, and none outside the repository.
TEST_F(GitTest, BaseReadsItsOwnFiles) {
  const std::string spec =
      "version: 1\nname: own\nmodel: {hf_config: config.json}\ndataset: {tokens: 20M}\n"
      "training: {sequence_length: 4096, global_batch: 64}\npin: {accelerator: H100-SXM-80GB}\n";
  const std::string config =
      "{\"model_type\": \"llama\", \"num_hidden_layers\": 16, \"hidden_size\": 2048, \"intermediate_size\": "
      "8192, "
      "\"num_attention_heads\": 32, \"num_key_value_heads\": 8, \"vocab_size\": 128256}";
  folder_.write("m/own.yaml", spec);
  folder_.write("m/config.json", config);
  commit();
  std::string deeper = config;
  deeper.replace(deeper.find("16"), 2, "32");
  folder_.write("m/config.json", deeper);
  const Printed found = run("capplan diff --base HEAD m/own.yaml --format json");
  EXPECT_EQ(found.exit, 0) << found.err;
  EXPECT_EQ(found.out.find("\"spec_usd\": 0,"), std::string::npos) << "the file changed, not the spec's text";
  folder_.write("m/own.yaml", "version: 1\nname: own\nmodel: {hf_config: ../../../etc/hostname}\n");
  const Printed outside = run("capplan diff --base HEAD m/own.yaml");
  EXPECT_EQ(outside.exit, 3);
  EXPECT_NE(outside.err.find("is outside the repository"), std::string::npos) << outside.err;
}

// A new lock moves prices; only a rule about prices may refuse it.
TEST_F(GitTest, CheckBlamesALockForPricesAlone) {
  folder_.write("w/tune.yaml", tune("200M"));
  folder_.write(
      ".capplan/policy.yaml",
      "version: 1\nrules:\n- {id: grows, when: {delta: {abs: \">$0\"}}}\n- {id: dear, when: {value: "
      "\">$1k\"}}\n- {id: broken, when: {infeasible: any}}\n");
  EXPECT_EQ(run("capplan prices lock w/tune.yaml -q").exit, 0);
  commit();
  folder_.write("own/offers/ours.csv",
                "accelerator,count,machine,region,country,purchase,usd_per_hour,basis,status,as_of,source\n"
                "H100-SXM-80GB,1,own,eu/de,DE,on-demand,1.6,list,ok,2026-10-01,offer 17\n");
  folder_.write("own/providers/ours.yaml",
                "id: ours\nname: Ours\noption: rental\nsource: offer 17\nas_of: 2026-10-01\n");
  const Printed locked = run("capplan prices lock w/tune.yaml -q --profiles own");
  EXPECT_EQ(locked.exit, 0) << locked.err;
  const Printed passes = run("capplan check --base HEAD --format json");
  EXPECT_EQ(passes.exit, 0) << passes.out << passes.err;
  EXPECT_NE(passes.out.find("\"spec_usd\": 0,"), std::string::npos) << passes.out;
  EXPECT_EQ(passes.out.find("\"price_usd\": 0,"), std::string::npos) << passes.out;
  folder_.write(".capplan/policy.yaml",
                "version: 1\nrules:\n- {id: flips, when: {winner_changed: true, effect: price}}\n");
  EXPECT_EQ(run("capplan check --base HEAD").exit, 5);
  EXPECT_NE(folder_.read(".git/err").find("verdict=deny rules=flips delta=-"), std::string::npos);
}

// A policy that a commit brings in is read from the repository alone.
TEST_F(GitTest, PolicyLeadsNowhereElse) {
  folder_.write("w/tune.yaml", tune("200M"));
  fs::create_directories(folder_ / ".capplan");
  fs::create_symlink("/etc/passwd", folder_ / ".capplan/policy.yaml");
  const Printed refused = run("capplan check w/tune.yaml");
  EXPECT_EQ(refused.exit, 3);
  EXPECT_EQ(refused.err.find("root:"), std::string::npos);
  EXPECT_NE(refused.err.find("leads outside the repository"), std::string::npos) << refused.err;
}

// The date of the last commit, whatever the day is.
TEST_F(GitTest, AgesCountToTheLastCommit) {
  folder_.write("w/tune.yaml", tune("200M"));
  folder_.write(".capplan/policy.yaml", "version: 1\nrules:\n- {id: stale, when: {price_age: \">0d\"}}\n");
  commit();  // of 2026-01-01, before any price
  EXPECT_EQ(run("capplan check w/tune.yaml").exit, 0) << folder_.read(".git/err");
  EXPECT_EQ(run("capplan check w/tune.yaml --as-of 2027-01-01").exit, 5);
}

}  // namespace
}  // namespace capplan
