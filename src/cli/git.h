// Blobs of a git repository. The only place that starts a program.
//
// Revisions and trees come from strangers, so git is asked for objects alone: no configuration of the system
// or the user, no hooks, file-system monitors, filters or pagers, no network, and none but the git that
// stands on an absolute path outside the repository.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tl/expected.hpp>
#include <vector>

namespace capplan {

using GitTree = std::map<std::string, std::string>;

class Git {
 public:
  // Of the repository with this root. An error is a reason in words, as everywhere here.
  static tl::expected<Git, std::string> open(const std::filesystem::path& root);

  // The hash of the commit that a revision names.
  tl::expected<std::string, std::string> commit(const std::string& revision) const;
  // The day on which a commit was made, where it was made: YYYY-MM-DD.
  tl::expected<std::string, std::string> date(const std::string& commit) const;
  // The hashes of the files of a commit by their paths from the root. A link leads elsewhere and is no file.
  tl::expected<GitTree, std::string> tree(const std::string& commit) const;
  // A file as it is stored, by its hash.
  tl::expected<std::string, std::string> read(const std::string& hash, std::size_t limit) const;
  // Files by their hashes, with one start of git for all; nothing where they are larger together.
  tl::expected<std::map<std::string, std::string>, std::string> read_all(const std::set<std::string>& hashes,
                                                                         std::size_t limit) const;

 private:
  Git(std::filesystem::path program, std::filesystem::path folder)
      : program_(std::move(program)), folder_(std::move(folder)) {}

  // What a command prints when it is given `input`; nothing where it fails.
  tl::expected<std::optional<std::string>, std::string> run(const std::vector<std::string>& arguments,
                                                            std::size_t limit,
                                                            const std::string& input = {}) const;

  std::filesystem::path program_;
  std::filesystem::path folder_;  // .git
};

}  // namespace capplan
