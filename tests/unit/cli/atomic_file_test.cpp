#include "cli/atomic_file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <random>
#include <thread>

#include "support/folder.h"

namespace capplan {
namespace {

TEST(AtomicFile, WritesAFile) {
  const TestFolder folder;
  EXPECT_TRUE(write_file(folder / "plan.json", "one\n"));
  EXPECT_EQ(folder.read("plan.json"), "one\n");
  EXPECT_TRUE(write_file(folder / "plan.json", "two\n"));
  EXPECT_EQ(folder.read("plan.json"), "two\n");
  EXPECT_EQ(folder.files(), 1U);
}

TEST(AtomicFile, WithoutCommitNothingChanges) {
  const TestFolder folder;
  folder.write("plan.json", "old");
  {
    auto file = AtomicFile::open(folder / "plan.json");
    ASSERT_TRUE(file);
    ASSERT_TRUE(file->write("new"));
    EXPECT_EQ(folder.read("plan.json"), "old");
  }
  EXPECT_EQ(folder.read("plan.json"), "old");
  EXPECT_EQ(folder.files(), 1U);
}

TEST(AtomicFile, KeepsTheModeAndTheLink) {
  const TestFolder folder;
  folder.write("real.json", "old");
  ::chmod((folder / "real.json").c_str(), 0640);
  std::filesystem::create_symlink("real.json", folder / "link.json");
  ASSERT_TRUE(write_file(folder / "link.json", "new"));
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "link.json"));
  EXPECT_EQ(folder.read("real.json"), "new");
  struct stat info {};
  ASSERT_EQ(::stat((folder / "real.json").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0640U);
}

TEST(AtomicFile, WritesToADevice) { EXPECT_TRUE(write_file("/dev/null", "text")); }

TEST(AtomicFile, SaysWhyItCannot) {
  const TestFolder folder;
  EXPECT_EQ(write_file(folder / "nowhere/plan.json", "x").error(), "No such file or directory");
  EXPECT_EQ(write_file(folder.path(), "x").error(), "Is a directory");
}

// Root may write anywhere, so a child gives that up first.
TEST(AtomicFile, FolderThatCannotBeWritten) {
  const TestFolder folder;
  ::chmod(folder.path().c_str(), 0555);
  const pid_t child = ::fork();
  if (child == 0) {
    constexpr uid_t kNobody = 65534;
    if (::geteuid() == 0 && ::setuid(kNobody) != 0) ::_exit(2);
    ::_exit(write_file(folder / "plan.json", "x") ? 1 : 0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  ::chmod(folder.path().c_str(), 0700);
  EXPECT_EQ(folder.files(), 0U);
}

// A limit on the size of files fails a write where a full disk would.
TEST(AtomicFile, DiskThatIsFull) {
  const TestFolder folder;
  folder.write("plan.json", "old");
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{4096, 4096};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    ::_exit(write_file(folder / "plan.json", std::string(1 << 20, 'x')) ? 1 : 0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(folder.read("plan.json"), "old");
  EXPECT_EQ(folder.files(), 1U);
}

// Killed at any moment, the file is one of the two whole texts.
TEST(AtomicFile, IsNeverHalfWritten) {
  const TestFolder folder;
  const std::string one(200'000, '1'), two(300'000, '2');
  ASSERT_TRUE(write_file(folder / "capplan.lock", one));
  std::mt19937 draw(3);
  for (int i = 0; i < 25; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      for (;;) {
        if (!write_file(folder / "capplan.lock", two) || !write_file(folder / "capplan.lock", one))
          ::_exit(1);
      }
    }
    std::this_thread::sleep_for(std::chrono::microseconds(draw() % 8000));
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status));
    const std::string found = folder.read("capplan.lock");
    EXPECT_TRUE(found == one || found == two) << found.size();
  }
}

}  // namespace
}  // namespace capplan
