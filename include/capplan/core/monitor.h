// How far long work has come, seen from another thread, and a way to end it early.
#pragma once

#include <atomic>

namespace capplan {

class Monitor {
 public:
  // Safe in a signal handler.
  void stop() noexcept { stopped_.store(true, std::memory_order_relaxed); }
  bool stopped() const noexcept { return stopped_.load(std::memory_order_relaxed); }

  // `share` of the whole work is done; all shares together are 1.
  void advance(double share) noexcept { done_.fetch_add(share, std::memory_order_relaxed); }
  double progress() const noexcept { return done_.load(std::memory_order_relaxed); }

 private:
  std::atomic<bool> stopped_{false};
  std::atomic<double> done_{0};
  static_assert(std::atomic<bool>::is_always_lock_free);
};

}  // namespace capplan
