#include "cli/repository.h"

#include <gtest/gtest.h>

#include "support/folder.h"

namespace capplan {
namespace {

namespace fs = std::filesystem;

TEST(Repository, IsTheNearestFolderWithDotGit) {
  const TestFolder folder;
  fs::create_directories(folder / "repo/.git");
  fs::create_directories(folder / "repo/a/b");
  EXPECT_EQ(repository_of(folder / "repo/a/b"), folder / "repo");
  EXPECT_EQ(repository_of(folder / "repo"), folder / "repo");
}

TEST(Repository, ConfinesASpec) {
  const TestFolder folder;
  folder.write("repo/a/spec.yaml", "");
  EXPECT_EQ(confines_of_spec(folder / "repo/a/spec.yaml"), folder / "repo/a");
  fs::create_directories(folder / "repo/.git");
  EXPECT_EQ(confines_of_spec(folder / "repo/a/spec.yaml"), folder / "repo");
}

TEST(Repository, NoWayOut) {
  const TestFolder folder;
  folder.write("repo/a/config.json", "{}");
  folder.write("outside.json", "{}");
  fs::create_symlink(folder / "outside.json", folder / "repo/a/link.json");
  const fs::path confines = folder / "repo";
  EXPECT_TRUE(stands_below(folder / "repo/a/config.json", confines));
  EXPECT_TRUE(stands_below(folder / "repo/a/../a/config.json", confines));
  EXPECT_FALSE(stands_below(folder / "repo/a/../../outside.json", confines));
  EXPECT_FALSE(stands_below(folder / "repo/a/link.json", confines));
  EXPECT_FALSE(stands_below("/etc/passwd", confines));
  EXPECT_FALSE(stands_below(folder / "repository/config.json", confines));
}

TEST(Repository, LockIsFoundUpToItsRoot) {
  const TestFolder folder;
  folder.write("capplan.lock", "");
  folder.write("repo/a/spec.yaml", "");
  EXPECT_TRUE(find_lock(folder / "repo/a/spec.yaml").empty());
  fs::create_directories(folder / "repo/.git");
  EXPECT_TRUE(find_lock(folder / "repo/a/spec.yaml").empty());
  folder.write("repo/capplan.lock", "");
  EXPECT_EQ(find_lock(folder / "repo/a/spec.yaml"), folder / "repo/capplan.lock");
  folder.write("repo/a/capplan.lock", "");
  EXPECT_EQ(find_lock(folder / "repo/a/spec.yaml"), folder / "repo/a/capplan.lock");
}

}  // namespace
}  // namespace capplan
