// How far long work has come, seen from another thread, and a way to end it early.
#pragma once

#include <atomic>

namespace capplan {

class Monitor {
 public:
  // Of work that comes in so many equal parts, each of which advances by 1 in all. Several may be done at
  // once.
  explicit Monitor(double parts = 1) : parts_(parts) {}
  // Nothing else of the process is at work beside what looks at it.
  bool of_one_part() const noexcept { return parts_ <= 1; }

  // Safe in a signal handler.
  void stop() noexcept { stopped_.store(true, std::memory_order_relaxed); }
  bool stopped() const noexcept { return stopped_.load(std::memory_order_relaxed); }

  // `share` of a part is done; the shares of a part together are 1.
  void advance(double share) noexcept { done_.fetch_add(share / parts_, std::memory_order_relaxed); }
  // Of the whole, 0 to 1.
  double progress() const noexcept { return done_.load(std::memory_order_relaxed); }

 private:
  double parts_;
  std::atomic<bool> stopped_{false};
  std::atomic<double> done_{0};
  static_assert(std::atomic<bool>::is_always_lock_free);
};

}  // namespace capplan
