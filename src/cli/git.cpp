#include "cli/git.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <string_view>

#include "cli/repository.h"

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
[[noreturn]] void become(const char* program, char* const* arguments, char* const* environment, int out) {
  const int nothing = ::open("/dev/null", O_RDWR);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(nothing, STDERR_FILENO);
  ::execve(program, arguments, environment);
  ::_exit(127);
}

enum class Ended { kWhole, kTooLong, kTooLate };

// All that comes from `in`, as far as it may.
Ended read_all(int in, std::size_t limit, std::string& text) {
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
                                                               std::size_t limit) const {
  std::vector<std::string> all{program_.string(),      "--no-pager", "--git-dir=" + folder_.string(), "-c",
                               "core.fsmonitor=false", "-c",         "core.hooksPath=/dev/null"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  std::vector<std::string> variables = environment();
  const std::vector<char*> argument_list = pointers(all), variable_list = pointers(variables);
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return tl::unexpected(std::string("no pipe to git"));
  const pid_t child = ::fork();
  if (child == 0) become(program_.c_str(), argument_list.data(), variable_list.data(), ends[1]);
  ::close(ends[1]);
  std::string text;
  const Ended ended = child > 0 ? read_all(ends[0], limit, text) : Ended::kWhole;
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

tl::expected<std::vector<std::string>, std::string> Git::files(
    const std::string& commit, const std::vector<std::string>& endings) const {
  const auto list = run({"ls-tree", "-r", "-z", "--full-tree", "--name-only", commit}, kListLimit);
  if (!list) return tl::unexpected(list.error());
  if (!*list) return tl::unexpected(std::string("git cannot list the commit"));
  std::vector<std::string> paths;
  for (std::size_t begin = 0; begin < (*list)->size();) {
    const std::size_t end = std::min((*list)->find('\0', begin), (*list)->size());
    std::string path = (*list)->substr(begin, end - begin);
    if (std::any_of(endings.begin(), endings.end(), [&](const std::string& e) { return path.ends_with(e); }))
      paths.push_back(std::move(path));
    begin = end + 1;
  }
  return paths;
}

tl::expected<std::optional<std::string>, std::string> Git::read(const std::string& commit,
                                                                const std::string& path,
                                                                std::size_t limit) const {
  // "mode type hash\tpath"; a link (mode 120000) leads elsewhere and is no file.
  const auto entry =
      run({"--literal-pathspecs", "ls-tree", "-z", "--full-tree", commit, "--", path}, 1 << 16);
  if (!entry) return tl::unexpected(entry.error());
  if (!*entry || !(**entry).starts_with("100")) return std::optional<std::string>();
  const std::string& line = **entry;
  const std::size_t tab = line.find('\t');
  const std::size_t space = line.rfind(' ', tab);
  if (tab == std::string::npos || space == std::string::npos) return std::optional<std::string>();
  const std::string hash = line.substr(space + 1, tab - space - 1);
  if (!is_hash(hash)) return std::optional<std::string>();
  auto text = run({"cat-file", "blob", hash}, limit);
  if (text && !*text) return tl::unexpected(std::string("git does not have its contents"));
  return text;
}

}  // namespace capplan
