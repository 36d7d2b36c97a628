// Where the two sides of `capplan diff` come from: files, or a commit and the working tree.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "capplan/gate/diff.h"
#include "cli/git.h"
#include "cli/lock_file.h"

namespace capplan {

// A spec and the prices that it stands under.
struct PricedSpec {
  SpecSide spec;
  std::shared_ptr<const SpecCatalog> prices;
};

// What a lock holds, or why it could not be had: said once, however many specs stand under it.
struct LoadedPrices {
  std::shared_ptr<const SpecCatalog> catalog;
  ExitCode failure = ExitCode::kFine;
};

// Reads a spec of the file system, its lock with it; nothing, with the code, after reporting why not. Locks
// are read once.
class WorkingTree {
 public:
  explicit WorkingTree(const Session& session) : session_(session) {}

  std::optional<PricedSpec> read(const std::string& path, ExitCode& failure);
  std::shared_ptr<const SpecCatalog> prices_of(const std::string& spec, ExitCode& failure);

 private:
  const Session& session_;
  std::map<std::string, LoadedPrices> prices_;  // by path of the lock
};

// The specs of a commit, their locks with them.
class BaseCommit {
 public:
  // `from`: a folder in the repository. Nothing, with the code, where there is none or it has no such commit.
  static std::optional<BaseCommit> open(const Session& session, const std::filesystem::path& from,
                                        const std::string& revision, ExitCode& failure);

  const std::filesystem::path& root() const { return root_; }
  // Every path from the root that looks like a spec's, of the commit and of the working tree, in order.
  std::optional<std::vector<std::string>> spec_paths(ExitCode& failure) const;
  // By the path from the root; `missing` where the commit has no such file.
  std::optional<PricedSpec> read(const std::string& path, bool& missing, ExitCode& failure);

 private:
  BaseCommit(const Session& session, Git git, std::filesystem::path root, std::string revision,
             std::string commit)
      : session_(&session),
        git_(std::move(git)),
        root_(std::move(root)),
        revision_(std::move(revision)),
        commit_(std::move(commit)) {}

  ReadFile reader_beside(const std::string& path) const;
  std::shared_ptr<const SpecCatalog> prices_of(const std::string& path, ExitCode& failure);
  // The lock that a spec stands under in the commit: its text and its path; empty path for none.
  std::optional<std::string> find_lock(const std::string& spec, std::string& path, ExitCode& failure) const;

  const Session* session_;
  Git git_;
  std::filesystem::path root_;
  std::string revision_, commit_;
  std::map<std::string, LoadedPrices> prices_;  // by path of the lock
};

// Whether a file is a spec, and not another YAML file.
bool looks_like_spec(const std::string& text);

}  // namespace capplan
