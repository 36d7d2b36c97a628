// Independent pieces of work on several threads.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace capplan {

// Cores of this machine.
inline int usual_threads() { return static_cast<int>(std::max(1U, std::thread::hardware_concurrency())); }

// Calls `work(i)` once for every i below `count`, on at most `threads` threads, this one included. Calls must
// not share what they write. Which thread does what is left to chance, so nothing may depend on it. What a
// call throws ends the rest and is thrown here.
template <class Work>
void parallel_for(std::size_t count, int threads, const Work& work) {
  std::atomic<std::size_t> next{0};
  std::exception_ptr thrown;
  std::mutex mutex;
  const auto take = [&] {
    try {
      for (std::size_t i = next.fetch_add(1); i < count; i = next.fetch_add(1)) work(i);
    } catch (...) {
      const std::lock_guard lock(mutex);
      thrown = std::current_exception();
      next.store(count);
    }
  };
  {
    std::vector<std::jthread> others;
    const std::size_t together = std::min(count, static_cast<std::size_t>(std::max(1, threads)));
    for (std::size_t i = 1; i < together; ++i) others.emplace_back(take);
    take();
  }
  if (thrown) std::rethrow_exception(thrown);
}

}  // namespace capplan
