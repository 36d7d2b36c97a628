#include "cli/long_work.h"

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <ctime>
#include <mutex>
#include <ostream>

namespace capplan {
namespace {

using namespace std::chrono_literals;
constexpr auto kPatience = 500ms;
constexpr auto kRefresh = 100ms;

std::atomic<Monitor*> interruptible{nullptr};
static_assert(std::atomic<Monitor*>::is_always_lock_free);

void on_interrupt(void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  ::sigaction(SIGINT, &action, nullptr);
}

// What sends a signal to a process and to its group sends it twice: only later ones are meant.
extern "C" void stop_work(int) {
  static std::atomic<std::time_t> first{0};
  static_assert(std::atomic<std::time_t>::is_always_lock_free);
  Monitor* monitor = interruptible.load();
  const std::time_t now = std::time(nullptr);
  if (monitor != nullptr && !monitor->stopped()) {
    first.store(now);
    monitor->stop();
  } else if (monitor == nullptr || now > first.load() + 1) {
    on_interrupt(SIG_DFL);
    std::raise(SIGINT);
  }
}

void show_progress(const std::stop_token& done, const Monitor& monitor, std::ostream& err) {
  std::mutex mutex;
  std::condition_variable_any ended;
  std::unique_lock lock(mutex);
  const auto wait = [&](auto time) { return ended.wait_for(lock, done, time, [] { return false; }); };
  wait(kPatience);
  bool shown = false;
  while (!done.stop_requested()) {
    const char* stopping = monitor.stopped() ? ", stopping" : " (Ctrl-C: the best so far)";
    err << "\r\033[Ksearching layouts: " << static_cast<int>(100 * monitor.progress()) << "%" << stopping
        << std::flush;
    shown = true;
    wait(kRefresh);
  }
  if (shown) err << "\r\033[K" << std::flush;
}

}  // namespace

LongWork::LongWork(std::ostream& err, bool quiet) {
  interruptible.store(&monitor_);
  on_interrupt(stop_work);
  if (quiet || ::isatty(STDERR_FILENO) != 1) return;
  display_ = std::jthread([this, &err](const std::stop_token& done) { show_progress(done, monitor_, err); });
}

LongWork::~LongWork() {
  on_interrupt(SIG_DFL);
  interruptible.store(nullptr);
}

}  // namespace capplan
