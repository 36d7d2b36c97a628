// Independent pieces of work on several threads.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

namespace capplan {

// Calls `work(i)` once for every i below `count`, on at most `threads` threads, this one included. Calls must
// not share what they write, and must not throw. Which thread does what is left to chance, so nothing may
// depend on it.
template <class Work>
void parallel_for(std::size_t count, int threads, const Work& work) {
  std::atomic<std::size_t> next{0};
  const auto take = [&] {
    for (std::size_t i = next.fetch_add(1); i < count; i = next.fetch_add(1)) work(i);
  };
  std::vector<std::jthread> others;
  const std::size_t helpers =
      std::min(count, static_cast<std::size_t>(std::max(1, threads))) - (count > 0 ? 1 : 0);
  for (std::size_t i = 0; i < helpers; ++i) others.emplace_back(take);
  take();
}

}  // namespace capplan
