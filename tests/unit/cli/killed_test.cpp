// A program that is killed, a disk that is full, a folder that cannot be written: what was there stays whole.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <functional>
#include <random>
#include <thread>
#include <vector>

#include "support/folder.h"
#include "support/sanitized.h"

namespace capplan {
namespace {

namespace fs = std::filesystem;
using std::chrono::microseconds;

// A command that writes a file.
struct Writer {
  const char* name;
  std::vector<std::string> arguments;
  std::vector<std::string> targets;
};

const std::vector<Writer>& writers() {
  static const std::vector<Writer> all = {
      {"estimate", {"estimate", "spec.yaml", "--format", "json", "-o", "plan.json"}, {"plan.json"}},
      {"compare",
       {"compare", "spec.yaml", "--set", "pin.count=4,8", "--format", "csv", "-o", "all.csv"},
       {"all.csv"}},
      {"lock", {"prices", "lock", "spec.yaml", "--lock", "own.lock"}, {"own.lock"}},
      {"calibrate", {"calibrate", "runs.jsonl", "-o", "fit.yaml"}, {"fit.yaml"}},
      {"diff", {"diff", "spec.yaml", "spec.yaml", "--format", "markdown", "-o", "diff.md"}, {"diff.md"}},
      {"import",
       {"prices", "import", "quotes.csv", "--into", "own"},
       {"own/offers/my-datacentre.csv", "own/providers/my-datacentre.yaml"}},
      {"init", {"init", "new.yaml", "--force"}, {"new.yaml"}},
      {"schema", {"schema", "-o", "schema.json"}, {"schema.json"}}};
  return all;
}

constexpr const char* kSpec =
    "version: 1\nname: tune\nkind: fine-tuning\nmodel: {preset: llama-3-8b}\ndataset: {tokens: 20M}\n"
    "training: {epochs: 1, sequence_length: 4096, global_batch: 64}\noptimizations: [lora]\n"
    "pin: {accelerator: H100-SXM-80GB, count: 8}\n";
constexpr int kKills = testing::kSanitized ? 3 : 13;  // a hundred of all commands
constexpr const char* kOld = "what was there before\n";

class KilledTest : public ::testing::TestWithParam<Writer> {
 protected:
  void SetUp() override {
    const fs::path golden = fs::path(CAPPLAN_SOURCE_DIR) / "tests/golden";
    folder_.write("spec.yaml", kSpec);
    fs::copy_file(golden / "calibrate/runs.jsonl", folder_ / "runs.jsonl");
    fs::copy_file(golden / "prices-import/quotes.csv", folder_ / "quotes.csv");
  }

  // Starts the program; `prepare` runs in the child before.
  pid_t start(const std::function<void()>& prepare = [] {}) const {
    std::vector<std::string> arguments = GetParam().arguments;
    arguments.insert(arguments.begin(), "capplan");
    std::vector<char*> pointers;
    for (std::string& a : arguments) pointers.push_back(a.data());
    pointers.push_back(nullptr);
    const pid_t child = ::fork();
    if (child != 0) return child;
    const int nothing = ::open("/dev/null", O_RDWR);
    ::dup2(nothing, STDOUT_FILENO);
    ::dup2(nothing, STDERR_FILENO);
    ::setenv("XDG_CONFIG_HOME", "/dev/null", 1);
    if (::chdir(folder_.path().c_str()) != 0) ::_exit(126);
    prepare();
    ::execv(CAPPLAN_BINARY, pointers.data());
    ::_exit(126);
  }

  static int wait(pid_t child) {
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  static bool is_running(pid_t child) {
    siginfo_t ended{};
    ::waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOHANG | WNOWAIT);
    return ended.si_pid == 0;
  }

  void put_old() const {
    for (const std::string& target : GetParam().targets) folder_.write(target, kOld);
  }

  std::vector<std::string> contents() const {
    std::vector<std::string> texts;
    for (const std::string& target : GetParam().targets) texts.push_back(folder_.read(target));
    return texts;
  }

  void expect_whole(const std::vector<std::string>& whole) const {
    const std::vector<std::string> found = contents();
    for (std::size_t i = 0; i < found.size(); ++i)
      EXPECT_TRUE(found[i] == kOld || found[i] == whole[i])
          << GetParam().targets[i] << ": " << found[i].size() << " bytes of " << whole[i].size();
  }

  void expect_old() const {
    for (const std::string& text : contents()) EXPECT_EQ(text, kOld);
  }

  // Whether a file is being written beside a target.
  bool is_writing() const {
    for (const std::string& target : GetParam().targets) {
      std::error_code error;
      for (const auto& entry : fs::directory_iterator((folder_ / target).parent_path(), error)) {
        if (entry.path().filename().string().starts_with("." + fs::path(target).filename().string() + "."))
          return true;
      }
    }
    return false;
  }

  void remove_leftovers() const {
    std::error_code error;
    for (const auto& entry : fs::recursive_directory_iterator(folder_.path(), error)) {
      if (entry.path().filename().string().starts_with('.')) fs::remove(entry.path(), error);
    }
  }

  TestFolder folder_;
};

// Anywhere in its run, and as soon as it begins to write.
TEST_P(KilledTest, AnyMomentLeavesTheOldFileOrTheNew) {
  put_old();
  const auto begin = std::chrono::steady_clock::now();
  ASSERT_EQ(wait(start()), 0);
  const auto whole_run =
      std::chrono::duration_cast<microseconds>(std::chrono::steady_clock::now() - begin).count();
  const std::vector<std::string> whole = contents();
  std::mt19937 draw(7);
  for (int i = 0; i < kKills; ++i) {
    put_old();
    const pid_t child = start();
    if (i % 2 == 0) {
      std::this_thread::sleep_for(microseconds(static_cast<long>(draw()) % (whole_run + 1)));
    } else {
      const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
      while (!is_writing() && is_running(child) && std::chrono::steady_clock::now() < end) {
      }
      std::this_thread::sleep_for(microseconds(draw() % 400));
    }
    ::kill(child, SIGKILL);
    wait(child);
    expect_whole(whole);
    remove_leftovers();
  }
}

// A limit on the size of files fails a write where a full disk would.
TEST_P(KilledTest, FullDisk) {
  put_old();
  const pid_t child = start([] {
    const rlimit limit{64, 64};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  });
  EXPECT_EQ(wait(child), 7);
  expect_old();
  EXPECT_FALSE(is_writing()) << "a half-written file was left behind";
}

// Root may write anywhere, so the child gives that up first.
TEST_P(KilledTest, FolderThatCannotBeWritten) {
  put_old();
  std::vector<fs::path> folders{folder_.path()};
  for (const std::string& target : GetParam().targets) folders.push_back((folder_ / target).parent_path());
  if (folders.back() != folders.front()) folders.push_back(folder_ / "own");
  for (const fs::path& folder : folders) ::chmod(folder.c_str(), 0555);
  const pid_t child = start([] {
    constexpr uid_t kNobody = 65534;
    if (::geteuid() == 0 && ::setuid(kNobody) != 0) ::_exit(126);
  });
  const int code = wait(child);
  for (const fs::path& folder : folders) ::chmod(folder.c_str(), 0700);
  if (code == 126) GTEST_SKIP() << "nobody else may run the program where it stands";
  EXPECT_EQ(code, 7);
  expect_old();
}

INSTANTIATE_TEST_SUITE_P(Commands, KilledTest, ::testing::ValuesIn(writers()),
                         [](const auto& each) { return std::string(each.param.name); });

// Everything that goes to standard output says when it does not arrive.
TEST(FullDevice, EveryResultSaysSo) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "there is no /dev/full";
  for (const char* command :
       {"hardware list", "schema", "init -", "completion bash", "help", "help --man", "--help", "--version",
        "prices list --format csv", "config list", "estimate --help"}) {
    const std::string line = std::string("XDG_CONFIG_HOME=/dev/null '" CAPPLAN_BINARY "' ") + command +
                             " > /dev/full 2> /dev/null";
    const int status = std::system(line.c_str());
    EXPECT_EQ(WEXITSTATUS(status), 7) << command;
  }
}

}  // namespace
}  // namespace capplan
