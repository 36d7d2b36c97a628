// Blobs of a git repository. The only place that starts a program.
//
// Revisions and trees come from strangers, so git is asked for objects alone: no configuration of the system
// or the user, no hooks, file-system monitors, filters or pagers, no network, and none but the git that
// stands on an absolute path outside the repository.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

namespace capplan {

class Git {
 public:
  // Of the repository with this root. An error is a reason in words, as everywhere here.
  static tl::expected<Git, std::string> open(const std::filesystem::path& root);

  // The hash of the commit that a revision names.
  tl::expected<std::string, std::string> commit(const std::string& revision) const;
  // The paths of the files of a commit that end so, in order.
  tl::expected<std::vector<std::string>, std::string> files(const std::string& commit,
                                                            const std::vector<std::string>& endings) const;
  // A file as it is stored, by its path from the root; nothing where the commit has none there.
  tl::expected<std::optional<std::string>, std::string> read(const std::string& commit,
                                                             const std::string& path,
                                                             std::size_t limit) const;

 private:
  Git(std::filesystem::path program, std::filesystem::path folder)
      : program_(std::move(program)), folder_(std::move(folder)) {}

  // What a command prints; nothing where it fails.
  tl::expected<std::optional<std::string>, std::string> run(const std::vector<std::string>& arguments,
                                                            std::size_t limit) const;

  std::filesystem::path program_;
  std::filesystem::path folder_;  // .git
};

}  // namespace capplan
