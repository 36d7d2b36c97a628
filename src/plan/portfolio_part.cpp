#include "plan/portfolio_part.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace capplan {
namespace {

template <class Option, class Keep>
void keep_options(std::vector<Option>& options, std::vector<WaySource>& ways, const Keep& keep) {
  std::vector<Option> kept;
  std::vector<WaySource> kept_ways;
  for (std::size_t i = 0; i < options.size(); ++i) {
    if (!keep(ways[i])) continue;
    kept.push_back(std::move(options[i]));
    kept_ways.push_back(std::move(ways[i]));
  }
  options = std::move(kept);
  ways = std::move(kept_ways);
}

template <class Keep>
void keep_ways(BuiltPortfolio& built, const Keep& keep) {
  for (std::size_t i = 0; i < built.runs.size(); ++i)
    keep_options(built.portfolio.runs[i].options, built.runs[i].ways, keep);
  for (std::size_t i = 0; i < built.served.size(); ++i)
    keep_options(built.portfolio.served[i].options, built.served[i].ways, keep);
}

// Of all runs of a work in one way. What is served takes the horizon.
Duration time_of_all(const BoundSpec& spec, const RunWork& runs, const WorkSource& work,
                     const WaySource& way) {
  double all = 0;
  for (const Period& period : runs.periods) all += period.runs * work.runs;
  return std::min(way.execution.run_time * all + way.starts_after, spec.horizon);
}

void empty(Pool& pool) {
  pool.bought_usd.clear();
  pool.bought_usd_at_start.clear();
  pool.commitments.clear();
  pool.existing = 0;
}

}  // namespace

BuiltPortfolio only_fast(const BoundSpec& spec, BuiltPortfolio built) {
  Duration least;  // that the slowest work takes
  for (std::size_t i = 0; i < built.runs.size(); ++i) {
    const auto time = [&](const WaySource& way) {
      return time_of_all(spec, built.portfolio.runs[i], built.runs[i], way);
    };
    const auto& ways = built.runs[i].ways;
    if (!ways.empty()) least = std::max(least, time(std::ranges::min(ways, {}, time)));
  }
  for (std::size_t i = 0; i < built.runs.size(); ++i) {
    const RunWork runs = built.portfolio.runs[i];
    keep_options(built.portfolio.runs[i].options, built.runs[i].ways, [&](const WaySource& way) {
      return time_of_all(spec, runs, built.runs[i], way) <= least * (1 + 1e-9);
    });
  }
  return built;
}

BuiltPortfolio restrict_to(BuiltPortfolio built, SupplyOption option) {
  keep_ways(built, [&](const WaySource& way) {
    return (way.pool ? built.pools[*way.pool].option() : way.candidate->option) == option;
  });
  for (std::size_t p = 0; p < built.pools.size(); ++p) {
    if (built.pools[p].option() != option) empty(built.portfolio.pools[p]);
  }
  return built;
}

}  // namespace capplan
