#include "cli/long_work.h"

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <ctime>
#include <mutex>
#include <ostream>

#include "core/held_interrupt.h"

namespace capplan {
namespace {

using namespace std::chrono_literals;
constexpr auto kQuiet = 500ms;
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

// Until it is asked to end, wakes now and then to say how far the work is.
class Display {
 public:
  Display(const Monitor& monitor, std::ostream& err, const char* what)
      : monitor_(monitor), err_(err), what_(what) {}

  void show_until(const std::stop_token& done) {
    wait(done, kQuiet);
    bool shown = false;
    while (!done.stop_requested()) {
      const char* stopping = monitor_.stopped() ? ", stopping" : " (Ctrl-C: the best so far)";
      err_ << "\r\033[K" << what_ << ": " << static_cast<int>(100 * monitor_.progress()) << "%" << stopping
           << std::flush;
      shown = true;
      wait(done, kRefresh);
    }
    if (shown) err_ << "\r\033[K" << std::flush;
  }

 private:
  void wait(const std::stop_token& done, std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    ended_.wait_for(lock, done, time, [] { return false; });
  }

  const Monitor& monitor_;
  std::ostream& err_;
  const char* what_;
  std::mutex mutex_;
  std::condition_variable_any ended_;
};

}  // namespace

LongWork::LongWork(std::ostream& err, bool quiet, const char* what, double parts) : monitor_(parts) {
  interruptible.store(&monitor_);
  ::sigaction(SIGINT, nullptr, &before_);
  // Who started the program with interrupts ignored, as a shell does in the background, wants them ignored.
  if (before_.sa_handler != SIG_IGN) on_interrupt(stop_work);
  if (quiet || ::isatty(STDERR_FILENO) != 1) return;
  display_ = std::jthread([this, &err, what](const std::stop_token& done) {
    // Interrupts are for the threads that work: a solver there may have to hold them back for a moment.
    const HeldInterrupt held;
    Display(monitor_, err, what).show_until(done);
  });
}

LongWork::~LongWork() {
  ::sigaction(SIGINT, &before_, nullptr);
  interruptible.store(nullptr);
}

}  // namespace capplan
