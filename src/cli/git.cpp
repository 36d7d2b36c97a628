#include "cli/git.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <string_view>

#include "cli/repository.h"
#include "core/number_text.h"

namespace capplan {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kListLimit = std::size_t{64} << 20;  // bytes of a listing
constexpr std::chrono::seconds kPatience{60};              // for one command

// Absolute, and nothing that a commit could have brought in.
fs::path find_program(const fs::path& root) {
  const char* stated = std::getenv("PATH");
  std::string_view rest = stated == nullptr ? "/usr/bin:/bin" : stated;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(':'), rest.size());
    const fs::path folder(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    fs::path program = folder / "git";
    std::error_code error;
    if (folder.is_absolute() && !stands_below(program, root) && fs::is_regular_file(program, error) &&
        ::access(program.c_str(), X_OK) == 0)
      return program;
  }
  return {};
}

bool is_hash(std::string_view text) {
  return (text.size() == 40 || text.size() == 64) &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  list.reserve(texts.size() + 1);
  for (std::string& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

std::vector<std::string> environment() {
  return {"PATH=/usr/bin:/bin",    "LC_ALL=C",
          "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null",
          "GIT_ATTR_NOSYSTEM=1",   "GIT_TERMINAL_PROMPT=0",
          "GIT_OPTIONAL_LOCKS=0",  "GIT_ALLOW_PROTOCOL=",
          "GIT_NO_LAZY_FETCH=1",   "GIT_NO_REPLACE_OBJECTS=1"};
}

// After fork: only what is safe between fork and exec.
[[noreturn]] void become(const char* program, char* const* arguments, char* const* environment, int in,
                         int out) {
  const int nothing = ::open("/dev/null", O_RDWR);
  ::dup2(in < 0 ? nothing : in, STDIN_FILENO);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(nothing, STDERR_FILENO);
  ::execve(program, arguments, environment);
  ::_exit(127);
}

// A file in memory that holds `text`, to be read from its start; below 0 where there is none.
int file_of(const std::string& text) {
  const int file = ::memfd_create("git-input", MFD_CLOEXEC);
  std::size_t done = 0;
  while (file >= 0 && done < text.size()) {
    const ssize_t size = ::write(file, text.data() + done, text.size() - done);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) {
      ::close(file);
      return -1;
    }
    done += static_cast<std::size_t>(size);
  }
  if (file >= 0) ::lseek(file, 0, SEEK_SET);
  return file;
}

enum class Ended { kWhole, kTooLong, kTooLate };

// All that comes from `in`, as far as it may.
Ended take_all(int in, std::size_t limit, std::string& text) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  std::array<char, 1 << 16> buffer{};
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    pollfd ready{in, POLLIN, 0};
    if (left.count() <= 0) return Ended::kTooLate;
    const int n = ::poll(&ready, 1, static_cast<int>(left.count()));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return Ended::kTooLate;
    const ssize_t size = ::read(in, buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return Ended::kWhole;
    text.append(buffer.data(), static_cast<std::size_t>(size));
    if (text.size() > limit) return Ended::kTooLong;
  }
}

}  // namespace

tl::expected<Git, std::string> Git::open(const fs::path& root) {
  fs::path program = find_program(root);
  if (program.empty()) return tl::unexpected(std::string("there is no git on an absolute path of $PATH"));
  return Git(std::move(program), root / ".git");
}

tl::expected<std::optional<std::string>, std::string> Git::run(const std::vector<std::string>& arguments,
                                                               std::size_t limit,
                                                               const std::string& input) const {
  std::vector<std::string> all{program_.string(),      "--no-pager", "--git-dir=" + folder_.string(), "-c",
                               "core.fsmonitor=false", "-c",         "core.hooksPath=/dev/null"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  std::vector<std::string> variables = environment();
  const std::vector<char*> argument_list = pointers(all), variable_list = pointers(variables);
  std::array<int, 2> ends{};
  const int in = input.empty() ? -1 : file_of(input);
  if (in < 0 && !input.empty()) return tl::unexpected(std::string("no memory to ask git"));
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return tl::unexpected(std::string("no pipe to git"));
  const pid_t child = ::fork();
  if (child == 0) become(program_.c_str(), argument_list.data(), variable_list.data(), in, ends[1]);
  ::close(ends[1]);
  if (in >= 0) ::close(in);
  std::string text;
  const Ended ended = child > 0 ? take_all(ends[0], limit, text) : Ended::kWhole;
  ::close(ends[0]);
  if (child < 0) return tl::unexpected(std::string("git cannot be started"));
  if (ended != Ended::kWhole) ::kill(child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (ended == Ended::kTooLong)
    return tl::unexpected("is larger than " + std::to_string(limit >> 20) + " MiB, the largest that is read");
  if (ended == Ended::kTooLate) return tl::unexpected(std::string("git did not answer in a minute"));
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return std::optional<std::string>();
  return std::optional(std::move(text));
}

tl::expected<std::string, std::string> Git::commit(const std::string& revision) const {
  const auto refuse = [] { return tl::unexpected(std::string("git knows no commit of that name")); };
  if (revision.empty() || revision.front() == '-') return refuse();
  auto found = run({"rev-parse", "--verify", "--quiet", "--end-of-options", revision + "^{commit}"}, 4096);
  if (!found) return tl::unexpected(found.error());
  if (!*found) return refuse();
  std::string hash = **found;
  while (hash.ends_with('\n')) hash.pop_back();
  if (!is_hash(hash)) return refuse();
  return hash;
}

tl::expected<std::string, std::string> Git::date(const std::string& commit) const {
  // "commit hash", then the day.
  const auto printed = run({"rev-list", "--max-count=1", "--format=%cs", commit}, 4096);
  if (!printed) return tl::unexpected(printed.error());
  const std::size_t line = *printed ? (*printed)->find('\n') : std::string::npos;
  const std::string day = line == std::string::npos ? "" : (*printed)->substr(line + 1, 10);
  if (!is_iso_date(day)) return tl::unexpected(std::string("git knows no date of the commit"));
  return day;
}

tl::expected<GitTree, std::string> Git::tree(const std::string& commit) const {
  const auto list = run({"ls-tree", "-r", "-z", "--full-tree", commit}, kListLimit);
  if (!list) return tl::unexpected(list.error());
  if (!*list) return tl::unexpected(std::string("git cannot list the commit"));
  GitTree files;
  std::string_view rest = **list;
  while (!rest.empty()) {
    // "mode type hash\tpath"; the mode of a plain file begins so, that of a link is 120000.
    const std::string_view entry = rest.substr(0, rest.find('\0'));
    rest.remove_prefix(std::min(entry.size() + 1, rest.size()));
    const std::size_t tab = entry.find('\t');
    if (tab == std::string_view::npos || !entry.starts_with("100")) continue;
    const std::string_view hash = entry.substr(entry.rfind(' ', tab) + 1, tab - entry.rfind(' ', tab) - 1);
    if (is_hash(hash)) files.emplace(entry.substr(tab + 1), hash);
  }
  return files;
}

tl::expected<std::string, std::string> Git::read(const std::string& hash, std::size_t limit) const {
  auto text = run({"cat-file", "blob", hash}, limit);
  if (!text) return tl::unexpected(text.error());
  if (!*text) return tl::unexpected(std::string("git does not have its contents"));
  return std::move(**text);
}

tl::expected<std::map<std::string, std::string>, std::string> Git::read_all(
    const std::set<std::string>& hashes, std::size_t limit) const {
  std::map<std::string, std::string> texts;
  if (hashes.empty()) return texts;
  std::string asked;
  for (const std::string& hash : hashes) asked += hash + "\n";
  const auto printed = run({"cat-file", "--batch"}, limit, asked);
  if (!printed) return tl::unexpected(printed.error());
  if (!*printed) return tl::unexpected(std::string("git cannot read the files"));
  std::string_view rest = **printed;
  while (!rest.empty()) {
    // "hash type size", a line end, so many bytes, a line end; "hash missing" where it has none.
    const std::string_view head = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(head.size() + 1, rest.size()));
    if (head.ends_with(" missing")) continue;
    const std::string_view number = head.substr(head.rfind(' ') + 1);
    std::size_t size = 0;
    const auto read = std::from_chars(number.data(), number.data() + number.size(), size);
    if (read.ec != std::errc() || size + 1 > rest.size())
      return tl::unexpected(std::string("git answers otherwise than expected"));
    texts.emplace(head.substr(0, head.find(' ')), rest.substr(0, size));
    rest.remove_prefix(size + 1);
  }
  return texts;
}

}  // namespace capplan
