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
  const std::string& revision() const { return revision_; }  // as it was named
  // Every path from the root that looks like a spec's, of the commit and of the working tree, in order.
  std::optional<std::vector<std::string>> spec_paths(ExitCode& failure);
  // Reads the files at these paths at once: starting git for each takes longer than an estimate.
  void prefetch(const std::vector<std::string>& paths);
  // By the path from the root; `missing` where the commit has no such file.
  std::optional<PricedSpec> read(const std::string& path, bool& missing, ExitCode& failure);

 private:
  BaseCommit(const Session& session, Git git, std::filesystem::path root, std::string revision, GitTree files)
      : session_(&session),
        git_(std::move(git)),
        root_(std::move(root)),
        revision_(std::move(revision)),
        files_(std::move(files)) {}

  ReadFile reader_beside(const std::string& path) const;
  std::shared_ptr<const SpecCatalog> prices_of(const std::string& path, ExitCode& failure);
  // The path of the lock that a spec stands under in the commit; empty for none.
  std::string find_lock(const std::string& spec) const;
  // A file of the commit, by its path from the root; it must have one there.
  tl::expected<std::string, std::string> text_of(const std::string& path, std::size_t limit) const;

  const Session* session_;
  Git git_;
  std::filesystem::path root_;
  std::string revision_;
  GitTree files_;
  std::map<std::string, std::string> texts_;    // of YAML files, by their hash, where they were read at once
  std::map<std::string, LoadedPrices> prices_;  // by path of the lock
};

// Both sides of a path. One of them at least is there.
struct PathSides {
  std::string path;  // from the root of the repository
  std::optional<PricedSpec> base, head;
};

// The paths of these specs from the root of the repository, of all that look like specs where none is named.
std::optional<std::vector<std::string>> paths_of(const Session& session, BaseCommit& base,
                                                 const std::vector<std::string>& specs, ExitCode& failure);
// Nothing, with the code, after reporting why not.
std::optional<PathSides> read_sides(const Session& session, BaseCommit& base, WorkingTree& now,
                                    const std::string& path, ExitCode& failure);
// Whether a spec asks for prices that its lock does not hold; reports it.
bool lacks_prices(const Session& session, const PricedSpec& spec);

// Whether a file is a spec, and not another YAML file.
bool looks_like_spec(const std::string& text);

}  // namespace capplan
