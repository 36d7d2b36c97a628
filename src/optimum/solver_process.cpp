#include "optimum/solver_process.h"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <stdexcept>
#include <vector>

namespace capplan {
namespace {

using namespace std::chrono_literals;
constexpr int kLookMs = 50;     // between two looks at the monitor
constexpr auto kPatience = 2s;  // for a search to end once it is interrupted

void write_all(int to, const std::vector<double>& numbers) {
  const char* at = reinterpret_cast<const char*>(numbers.data());
  for (std::size_t left = numbers.size() * sizeof(double); left > 0;) {
    const ssize_t written = ::write(to, at, left);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    at += written;
    left -= static_cast<std::size_t>(written);
  }
}

// Everything that the child writes, until it ends, or is ended because it does not.
std::vector<char> read_all(int from, pid_t child, const Monitor& monitor) {
  std::vector<char> bytes;
  std::array<char, 65536> part{};
  std::optional<std::chrono::steady_clock::time_point> interrupted;
  for (;;) {
    if (monitor.stopped() && !interrupted) {
      interrupted = std::chrono::steady_clock::now();
      ::kill(child, SIGINT);
    }
    if (interrupted && std::chrono::steady_clock::now() - *interrupted > kPatience) ::kill(child, SIGKILL);
    pollfd waiting{from, POLLIN, 0};
    if (::poll(&waiting, 1, kLookMs) <= 0) continue;
    const ssize_t read = ::read(from, part.data(), part.size());
    if (read < 0 && errno == EINTR) continue;
    if (read <= 0) return bytes;
    bytes.insert(bytes.end(), part.begin(), part.begin() + read);
  }
}

std::vector<double> as_numbers(const std::vector<char>& bytes) {
  std::vector<double> numbers(bytes.size() / sizeof(double));
  std::memcpy(numbers.data(), bytes.data(), bytes.size());
  return numbers;
}

}  // namespace

std::optional<std::vector<double>> solve_apart(const std::function<std::vector<double>()>& solve,
                                               Monitor& monitor) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) return std::nullopt;
  const pid_t child = ::fork();
  if (child < 0) {
    ::close(ends[0]);
    ::close(ends[1]);
    return std::nullopt;
  }
  if (child == 0) {
    ::signal(SIGINT, SIG_DFL);
    ::close(ends[0]);
    try {
      write_all(ends[1], solve());
    } catch (...) {
      ::_exit(1);
    }
    ::_exit(0);  // the parent's streams and statics are the parent's to end
  }
  ::close(ends[1]);
  const std::vector<char> bytes = read_all(ends[0], child, monitor);
  ::close(ends[0]);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  const bool whole =
      WIFEXITED(status) && WEXITSTATUS(status) == 0 && !bytes.empty() && bytes.size() % sizeof(double) == 0;
  if (whole) return as_numbers(bytes);
  if (monitor.stopped()) return std::vector<double>();
  throw std::runtime_error("the solver broke off");
}

}  // namespace capplan
