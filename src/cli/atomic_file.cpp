#include "cli/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

namespace capplan {
namespace {

namespace fs = std::filesystem;

tl::unexpected<std::string> failure(int error) { return tl::unexpected(std::string(std::strerror(error))); }

// As a file that the shell creates would have it.
mode_t usual_mode() {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  return 0666 & ~mask;
}

// A rename has reached the disk when its folder has. Some file systems cannot do that: then nothing is lost
// but the certainty.
void sync_folder(const fs::path& folder) {
  const int file = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return;
  ::fsync(file);
  ::close(file);
}

}  // namespace

tl::expected<AtomicFile, std::string> AtomicFile::open(const std::string& path) {
  std::error_code unresolved;
  const fs::path real = fs::canonical(path, unresolved);  // a link stays one: what it names is replaced
  const std::string target = unresolved ? path : real.string();
  struct stat there {};
  const bool exists = ::stat(target.c_str(), &there) == 0;
  if (exists && S_ISDIR(there.st_mode)) return failure(EISDIR);
  if (exists && ::access(target.c_str(), W_OK) != 0) return failure(errno);
  if (exists && !S_ISREG(there.st_mode)) {
    const int file = ::open(target.c_str(), O_WRONLY | O_CLOEXEC);
    if (file < 0) return failure(errno);
    return AtomicFile(file, target, "");
  }
  const fs::path folder = fs::path(target).parent_path();
  std::string beside = (folder / ("." + fs::path(target).filename().string() + ".XXXXXX")).string();
  const int file = ::mkostemp(beside.data(), O_CLOEXEC);
  if (file < 0) return failure(errno);
  AtomicFile opened(file, target, beside);
  if (::fchmod(file, exists ? there.st_mode & 07777 : usual_mode()) != 0) return failure(errno);
  return opened;
}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : file_(std::exchange(other.file_, -1)),
      target_(std::move(other.target_)),
      beside_(std::exchange(other.beside_, {})) {}

AtomicFile::~AtomicFile() {
  if (file_ >= 0) ::close(file_);
  if (!beside_.empty()) ::unlink(beside_.c_str());
}

tl::expected<void, std::string> AtomicFile::write(std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(file_, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return failure(n < 0 ? errno : EIO);
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

tl::expected<void, std::string> AtomicFile::commit() {
  if (!beside_.empty() && ::fsync(file_) != 0) return failure(errno);
  if (::close(std::exchange(file_, -1)) != 0) return failure(errno);
  if (beside_.empty()) return {};
  if (::rename(beside_.c_str(), target_.c_str()) != 0) return failure(errno);
  beside_.clear();
  sync_folder(fs::path(target_).parent_path());
  return {};
}

tl::expected<void, std::string> write_file(const std::string& path, std::string_view text) {
  auto file = AtomicFile::open(path);
  if (!file) return tl::unexpected(file.error());
  if (auto written = file->write(text); !written) return written;
  return file->commit();
}

}  // namespace capplan
