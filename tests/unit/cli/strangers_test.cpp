// Specs of strangers: absurd sizes end in bounded time and memory, and no name steers a terminal, a browser,
// a spreadsheet or a runner (docs/ci.md).
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <regex>
#include <sstream>

#include "support/program.h"
#include "support/sanitized.h"

namespace capplan {
namespace {

constexpr rlim_t kCpuSeconds = 600;  // a guard against what never ends, no measure of speed
constexpr long kMostKib = 1L << 20;  // of the program without sanitizers

struct Bounded {
  int exit = 0;  // -1 where a signal ended it
  long kib = 0;  // resident at most
};

Bounded run_bounded(const std::filesystem::path& folder, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "capplan");
  std::vector<char*> pointers;
  for (std::string& a : arguments) pointers.push_back(a.data());
  pointers.push_back(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    const int nothing = ::open("/dev/null", O_RDWR);
    for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(nothing, stream);
    ::setenv("XDG_CONFIG_HOME", "/dev/null", 1);
    const rlimit limit{kCpuSeconds, kCpuSeconds};
    ::setrlimit(RLIMIT_CPU, &limit);
    if (::chdir(folder.c_str()) == 0) ::execv(CAPPLAN_BINARY, pointers.data());
    ::_exit(126);
  }
  int status = 0;
  rusage used{};
  ::wait4(child, &status, 0, &used);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, used.ru_maxrss};
}

std::string tune(const std::string& more) {
  return "version: 1\nname: tune\nkind: fine-tuning\nmodel: {preset: llama-3-8b}\ndataset: {tokens: 20M}\n"
         "training: {epochs: 1, sequence_length: 4096, global_batch: 64}\n" +
         more;
}

std::string with(std::string text, const std::string& before, const std::string& after) {
  text.replace(text.find(before), before.size(), after);
  return text;
}

std::string many_workloads(int count) {
  std::string text = "version: 1\nworkloads:\n";
  for (int i = 0; i < count; ++i) {
    text += "  - {name: w" + std::to_string(i) +
            ", kind: fine-tuning, model: {preset: llama-3-8b}, dataset: {tokens: 20M}, training: {epochs: 1, "
            "sequence_length: 4096, global_batch: 64}}\n";
  }
  return text;
}

std::string alias_bomb() {
  std::string text = "version: 1\na: &a [x, x, x, x, x, x, x, x, x, x]\n";
  for (char c = 'b'; c < 'k'; ++c) {
    const std::string last = "*" + std::string(1, static_cast<char>(c - 1));
    text += std::string(1, c) + ": &" + c + " [" + last;
    for (int i = 0; i < 9; ++i) text += ", " + last;
    text += "]\n";
  }
  return text;
}

struct Absurd {
  const char* name;
  std::string text;
  std::vector<int> exits;
};

std::vector<Absurd> absurdities() {
  const std::string pinned = "pin: {accelerator: H100-SXM-80GB, count: 8}\n";
  return {{"AliasBomb", alias_bomb(), {3}},
          {"DeepNesting", "version: 1\nname: " + std::string(400'000, '[') + "\n", {3}},
          {"ABillionRuns", tune(pinned + "runs: {every: day, each: 1000000000}\n"), {3}},
          {"RunsOfACentury", tune(pinned + "runs: {every: day, each: 10000}\nhorizon: 100 years\n"), {0, 4}},
          {"ABillionExperiments", tune(pinned + "experiments: {runs: 1000000000, size: 10%}\n"), {3}},
          {"SixThousandWorkloads", many_workloads(6000), {3}},
          {"ABillionDevices", tune("pin: {accelerator: H100-SXM-80GB, count: 1000000000}\n"), {3}},
          {"AMillionDevices", tune("pin: {accelerator: H100-SXM-80GB, count: 1000000}\n"), {0, 4}},
          {"AHorizonOfAges", tune(pinned + "horizon: 1e15 years\n"), {3}},
          {"ALoanOfAges", tune("site: {loan: {rate: 8%, term: 1e15 years}}\n"), {3}},
          {"ABillionLayers",
           with(tune(pinned), "preset: llama-3-8b",
                "layers: 1000000000, hidden: 4096, heads: 32, ffn: 100, vocab: 9"),
           {3, 4}},
          {"ManyTokens", with(tune(pinned), "20M", "1e29"), {0, 3, 4}},
          {"AHugeBatch", with(tune(pinned), "global_batch: 64", "global_batch: 1000000000"), {0, 3, 4}},
          {"TrafficOfAPlanet",
           "version: 1\nkind: serving\nmodel: {preset: llama-3-8b}\ntraffic: {requests_per_second: 1e12, "
           "prompt_tokens: 1e9, output_tokens: 1e9}\n",
           {0, 3, 4}},
          {"ALongLine", "version: 1\nname: " + std::string(900'000, 'a') + "\n", {0, 3}},
          {"TooLarge", "version: 1\nname: " + std::string(1'100'000, 'a') + "\n", {7}},
          {"ManyMistakes",
           "version: 1\n" +
               [] {
                 std::string keys;
                 for (int i = 0; i < 50'000; ++i) keys += "k" + std::to_string(i) + ": 1\n";
                 return keys;
               }(),
           {3}}};
}

class Absurdities : public ::testing::TestWithParam<Absurd> {};

TEST_P(Absurdities, AreBounded) {
  const TestFolder folder;
  folder.write("spec.yaml", GetParam().text);
  const Bounded ended = run_bounded(folder.path(), {"estimate", "spec.yaml", "-q"});
  EXPECT_TRUE(std::count(GetParam().exits.begin(), GetParam().exits.end(), ended.exit) == 1) << ended.exit;
  if (!testing::kSanitized) {
    EXPECT_LT(ended.kib, kMostKib);
  }
}

INSTANTIATE_TEST_SUITE_P(Specs, Absurdities, ::testing::ValuesIn(absurdities()),
                         [](const auto& each) { return std::string(each.param.name); });

// A matrix that nobody could hold is counted, not built.
TEST(Absurdities, MatrixOfScenarios) {
  const TestFolder folder;
  folder.write("spec.yaml", tune("pin: {accelerator: H100-SXM-80GB, count: 8}\n"));
  std::string values = "1";
  for (int i = 2; i <= 2000; ++i) values += "," + std::to_string(i);
  const Bounded ended =
      run_bounded(folder.path(), {"compare", "spec.yaml", "--set", "pin.count=" + values, "--set",
                                  "training.global_batch=" + values, "--set", "training.epochs=" + values});
  EXPECT_EQ(ended.exit, 2);
}

// What stands outside code spans is what a reader of Markdown interprets.
std::string outside_code(const std::string& markdown) {
  return std::regex_replace(markdown, std::regex("`[^`\n]*`|\\\\[<\\]]"), "");
}

bool begins_a_formula(const std::string& csv) {
  return std::regex_search(csv, std::regex("(^|\n|,)\"?[=@\t]"));
}

class Names : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const std::string quoted = std::regex_replace(std::string(GetParam()), std::regex("'"), "''");
    const std::string spec =
        "version: 1\nname: '" + quoted + "'\nworkloads:\n  - name: '" + quoted +
        "'\n    kind: fine-tuning\n    model: {preset: llama-3-8b}\n    dataset: {tokens: "
        "20M}\n    training: {epochs: 1, sequence_length: 4096, global_batch: 64}\n    pin: "
        "{accelerator: H100-SXM-80GB, count: 8}\n";
    folder_.write("a.yaml", spec);
    folder_.write("b.yaml", with(spec, "20M", "30M"));
  }

  TestFolder folder_;
};

TEST_P(Names, DoNotSteerWhoReadsThem) {
  for (const std::string command :
       {"estimate a.yaml", "breakeven a.yaml", "compare a.yaml b.yaml", "diff a.yaml b.yaml",
        "check a.yaml b.yaml", "explain a.yaml total", "sensitivity a.yaml"}) {
    const Printed markdown = run_in(folder_.path(), "capplan " + command + " --format markdown");
    EXPECT_EQ(markdown.out.find('\x1b'), std::string::npos) << command;
    const std::string shown = outside_code(markdown.out);
    for (const char* active : {"<img", "<script", "](", "@everyone", "&#"})
      EXPECT_EQ(shown.find(active), std::string::npos) << command << ": " << active << "\n" << markdown.out;
    if (command.starts_with("diff")) continue;  // it has no CSV
    const Printed csv = run_in(folder_.path(), "capplan " + command + " --format csv");
    EXPECT_FALSE(begins_a_formula(csv.out)) << command << "\n" << csv.out.substr(0, 400);
  }
}

TEST_P(Names, DoNotSteerARunner) {
  const Printed github = run_in(folder_.path(), "capplan check a.yaml b.yaml --format github");
  std::istringstream lines(github.out);
  for (std::string line; std::getline(lines, line);)
    EXPECT_TRUE(!line.starts_with("::") || line.starts_with("::error ") || line.starts_with("::warning ") ||
                line.starts_with("::notice "))
        << line;
  const Printed junit = run_in(folder_.path(), "capplan check a.yaml b.yaml --format junit");
  EXPECT_EQ(junit.out.find("<img"), std::string::npos);
  EXPECT_EQ(junit.out.find("<script"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Hostile, Names,
                         ::testing::Values("<img src=x onerror=alert(1)>", "=HYPERLINK(\"http://x\")",
                                           "@everyone [a](http://x)", "x`<script>`", "::set-output name=a::b",
                                           "a | b", "-->"));

// Control characters, escapes of terminals and text that runs backwards are refused wherever names come from.
TEST(Escapes, AreRefused) {
  const TestFolder folder;
  for (const std::string name : {"a\\x1b[2Jb", "a\\u202eb", "a\\u009bb", "a\\rb", "a\\nb", "a\\tb"}) {
    folder.write("spec.yaml", with(tune(""), "name: tune", "name: \"" + name + "\""));
    for (const char* command : {"estimate spec.yaml", "check spec.yaml", "prices lock spec.yaml"}) {
      const Printed printed = run_in(folder.path(), std::string("capplan ") + command);
      EXPECT_EQ(printed.exit, 3) << command << " " << name;
      EXPECT_EQ((printed.out + printed.err).find('\x1b'), std::string::npos) << command << " " << name;
    }
  }
}

#ifndef CAPPLAN_SANITIZED  // the sanitizers' own runtime has both
// What the program asks the system's libraries for.
TEST(Program, HasNoSocketAndNoShell) {
  if (!has_program("nm")) GTEST_SKIP() << "there is no nm";
  const TestFolder folder;
  const Printed printed = run_in(folder.path(), "nm -D --undefined-only '" CAPPLAN_BINARY "'");
  EXPECT_NE(printed.out.find(" execve@"), std::string::npos) << "git is started by this one";
  for (const char* name : {"socket", "connect", "getaddrinfo", "system", "popen", "execvp", "posix_spawnp"})
    EXPECT_EQ(printed.out.find(std::string(" ") + name + "@"), std::string::npos) << name;
}
#endif

}  // namespace
}  // namespace capplan
