#include "cli/repository.h"

#include <algorithm>
#include <system_error>

namespace capplan {

namespace fs = std::filesystem;

fs::path folder_of_spec(const std::string& spec) {
  std::error_code error;
  const fs::path folder = spec == "-" ? fs::path() : fs::path(spec).parent_path();
  const fs::path real = fs::weakly_canonical(folder.empty() ? fs::current_path(error) : folder, error);
  return fs::absolute(real, error);
}

fs::path repository_of(const fs::path& folder) {
  std::error_code error;
  for (fs::path at = folder; !at.empty(); at = at.parent_path()) {
    if (fs::exists(at / ".git", error)) return at;
    if (at == at.root_path()) break;
  }
  return {};
}

fs::path confines_of_spec(const std::string& spec) {
  const fs::path folder = folder_of_spec(spec);
  const fs::path repository = repository_of(folder);
  return repository.empty() ? folder : repository;
}

bool stands_below(const fs::path& path, const fs::path& confines) {
  std::error_code error;
  const fs::path real = fs::weakly_canonical(path, error);
  if (error || real.empty()) return false;
  return std::mismatch(confines.begin(), confines.end(), real.begin(), real.end()).first == confines.end();
}

fs::path find_lock(const std::string& spec) {
  std::error_code error;
  const fs::path last = confines_of_spec(spec);
  for (fs::path at = folder_of_spec(spec);; at = at.parent_path()) {
    fs::path lock = at / kLockName;
    if (fs::is_regular_file(lock, error) && stands_below(lock, last)) return lock;
    if (at == last || at == at.root_path()) return {};
  }
}

std::string shown_path(const fs::path& path) {
  std::error_code error;
  const fs::path near = fs::relative(path, error);
  return error || near.empty() || *near.begin() == ".." ? path.string() : near.string();
}

}  // namespace capplan
