#include "performance/layout_search.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <cstdint>
#include <mutex>
#include <tuple>

#include "core/parallel.h"
#include "performance/sharding.h"

namespace capplan {
namespace {

// Sums of the same terms in another order differ in their last bits: a bound must be beaten by more.
constexpr double kRounding = 1 + 1e-9;

auto degrees(const Parallelism& p) {
  return std::tuple(p.tensor_parallel, p.context_parallel, p.expert_parallel, p.pipeline_parallel);
}

// Times that differ by rounding alone are equal: about 12 digits count.
std::uint64_t rounded(Duration time) { return std::bit_cast<std::uint64_t>(time.base()) >> 12U; }

bool is_faster(const PlacedLayout& a, Duration a_time, const PlacedLayout& b, Duration b_time) {
  const std::uint64_t ra = rounded(a_time);
  const std::uint64_t rb = rounded(b_time);
  return ra != rb ? ra < rb : comes_before(a.layout, b.layout);
}

}  // namespace

bool comes_before(const Parallelism& a, const Parallelism& b) {
  const auto order = [](const Parallelism& p) {
    return std::tuple(p.tensor_parallel, p.context_parallel, p.expert_parallel, p.pipeline_parallel,
                      p.virtual_pipeline, p.zero_stage, p.micro_batch, p.recompute, p.recompute_share,
                      p.sequence_parallel);
  };
  return order(a) < order(b);
}

LayoutSearch::LayoutSearch(const Demand& demand, const Workload& workload, const Machine& machine,
                           const StepSetup& setup, const TrainingConstants& constants, int most,
                           const Monitor* monitor)
    : space_(demand, workload, setup),
      steps_(setup, constants),
      memory_(demand, workload, *machine.accelerator, setup.precision, setup.stack),
      room_(machine.accelerator->memory),
      monitor_(monitor) {
  Parallelism p;
  for (const int tensor : space_.tensor_degrees()) {
    p.tensor_parallel = tensor;
    for (const int expert : space_.expert_degrees()) {
      p.expert_parallel = expert;
      const auto times = std::make_shared<SharedTimes>();
      for (const int context : space_.context_degrees()) {
        p.context_parallel = context;
        if (1LL * tensor * context <= most && expert <= most) add_tile(p, times);
      }
    }
  }
  std::stable_sort(tiles_.begin(), tiles_.end(), [](const auto& a, const auto& b) {
    return a->least_per_sequence < b->least_per_sequence;
  });
}
LayoutSearch::~LayoutSearch() = default;

LayerModel::Shared LayoutSearch::SharedTimes::of(const LayerModel& layers, const Parallelism& split) {
  const double sequences = split.micro_batch / split.context_parallel;
  const std::lock_guard lock(mutex_);
  const auto known = known_.find(sequences);
  return known != known_.end() ? known->second
                               : known_.emplace(sequences, layers.shared(split)).first->second;
}

// Larger micro-batches take less time a sequence (docs/methodology.md, Layouts): of those that can fit the
// largest tells what no split of the tile can beat.
void LayoutSearch::add_tile(const Parallelism& layout, std::shared_ptr<SharedTimes> times) {
  auto tile = std::make_unique<Tile>();
  tile->layout = layout;
  tile->times = std::move(times);
  for (const bool sequence : space_.sequence_parallel(layout.tensor_parallel)) {
    Parallelism p = layout;
    p.sequence_parallel = sequence;
    const std::vector<int>& sizes = space_.micro_batches();
    const auto end = std::partition_point(sizes.begin(), sizes.end(), [&](int micro) {
      p.micro_batch = micro;
      return memory_.least(memory_.pass(p)) <= room_;
    });
    if (end == sizes.begin()) continue;
    p.micro_batch = *(end - 1);
    const Duration least =
        StepModel::split_time(p, steps_.layers().pass(p, tile->times->of(steps_.layers(), p)));
    if (tile->most_micro_batch == 0 || least < tile->least_per_sequence) tile->least_per_sequence = least;
    tile->most_micro_batch = std::max(tile->most_micro_batch, *(end - 1));
  }
  if (tile->most_micro_batch > 0) tiles_.push_back(std::move(tile));
}

// The splits of a tile, found when they are first asked for.
const std::vector<LayoutSearch::SplitBound>& LayoutSearch::splits_of(Tile& tile) const {
  std::call_once(tile.once, [&] {
    Parallelism p = tile.layout;
    for (const int micro : space_.micro_batches()) {
      if (micro > tile.most_micro_batch) break;
      p.micro_batch = micro;
      const LayerModel::Shared shared = tile.times->of(steps_.layers(), p);
      for (const bool sequence : space_.sequence_parallel(p.tensor_parallel)) {
        p.sequence_parallel = sequence;
        const Split s{p, steps_.layers().pass(p, shared), memory_.pass(p)};
        if (memory_.least(s.memory) > room_) continue;
        tile.bounds.push_back(
            {StepModel::split_time(p, s.time), micro, static_cast<int>(tile.splits.size())});
        tile.splits.push_back(s);
      }
    }
    std::stable_sort(tile.bounds.begin(), tile.bounds.end(), [](const SplitBound& a, const SplitBound& b) {
      return a.per_sequence < b.per_sequence;
    });
  });
  return tile.bounds;
}

// The fastest layouts so far, one for each set of degrees.
class LayoutSearch::Fastest {
 public:
  explicit Fastest(std::size_t wanted) : wanted_(wanted) {}

  // Slower layouts are not wanted.
  Duration limit() const {
    return kept_.size() < wanted_ ? Duration::of(std::numeric_limits<double>::infinity()) : kept_.back().time;
  }
  void add(const PlacedLayout& placed, Duration time) {
    const auto same = std::find_if(kept_.begin(), kept_.end(), [&](const Kept& k) {
      return degrees(k.placed.layout) == degrees(placed.layout);
    });
    if (same != kept_.end()) {
      if (!is_faster(placed, time, same->placed, same->time)) return;
      kept_.erase(same);
    }
    const auto place = std::find_if(kept_.begin(), kept_.end(),
                                    [&](const Kept& k) { return is_faster(placed, time, k.placed, k.time); });
    kept_.insert(place, {placed, time});
    if (kept_.size() > wanted_) kept_.pop_back();
  }
  void add(const Fastest& other) {
    for (const Kept& k : other.kept_) add(k.placed, k.time);
  }
  std::vector<PlacedLayout> take() {
    std::vector<PlacedLayout> placed;
    for (Kept& k : kept_) placed.push_back(k.placed);
    return placed;
  }

 private:
  struct Kept {
    PlacedLayout placed;
    Duration time;
  };
  std::size_t wanted_;
  std::vector<Kept> kept_;
};

// One search on so many accelerators. Threads have one each, on cache lines of its own; they share the limit.
class alignas(64) LayoutSearch::Run {
 public:
  Run(const LayoutSearch& search, int count, const SearchSettings& settings, std::atomic<double>& limit)
      : s_(search),
        count_(count),
        settings_(settings),
        limit_(limit),
        bound_(search.steps_.bound(count)),
        fastest_(settings.wanted) {}

  // False where no later tile can be faster.
  bool try_tile(Tile& tile) {
    if (is_slower(bound_.least(tile.least_per_sequence))) return false;
    const int group = tile.layout.tensor_parallel * tile.layout.context_parallel;
    if (count_ % group != 0) return true;
    const int rest = count_ / group;
    const int layers = s_.space_.layers();
    Parallelism p = tile.layout;
    for (const int data : s_.space_.batch_divisors()) {
      if (data > rest) break;
      if (1LL * data * layers < rest || rest % data != 0) continue;
      p.data_parallel = data;
      p.pipeline_parallel = rest / data;
      if (s_.space_.admits_degrees(p)) try_stages(tile, p);
    }
    return true;
  }

  Fastest& fastest() { return fastest_; }
  double evaluated() const { return evaluated_; }

 private:
  // What a ZeRO stage takes and needs under some degrees.
  struct State {
    int zero_stage = 0;
    int shard_group = 0;
    StateTime time;
    StateMemory memory;
  };

  bool is_slower(Duration least) const {
    return !settings_.exhaustive && least.base() > limit_.load(std::memory_order_relaxed) * kRounding;
  }

  // Every micro-batch and schedule under the degrees of `p`.
  void try_stages(Tile& tile, Parallelism p) {
    const long long share = s_.space_.global_batch() / p.data_parallel;  // sequences of a replica
    const auto each = static_cast<double>(share);
    const double filling = (p.pipeline_parallel - 1.0) / s_.space_.most_chunks(p.pipeline_parallel);
    // A pipeline fills and drains once a step: of more and smaller micro-batches that is a smaller share.
    const auto with_bubble = [&](Duration per_sequence, double rounds) {
      return bound_.least(per_sequence * (1 + filling / rounds));
    };
    if (is_slower(with_bubble(tile.least_per_sequence, each))) return;
    const std::vector<State> states = states_of(p);
    Duration least_state = Duration::of(std::numeric_limits<double>::infinity());
    for (const State& state : states)
      least_state = std::min(least_state, s_.steps_.least_exposed(state.time));
    if (is_slower(with_bubble(tile.least_per_sequence, each) + least_state)) return;
    for (const SplitBound& bound : s_.splits_of(tile)) {
      if (is_slower(bound_.least(bound.per_sequence) + least_state)) return;
      if (share % bound.micro_batch != 0) continue;
      const double rounds = each / bound.micro_batch;
      if (is_slower(with_bubble(bound.per_sequence, rounds) + least_state)) continue;
      const Split& split = tile.splits[static_cast<std::size_t>(bound.split)];
      p.micro_batch = bound.micro_batch;
      p.sequence_parallel = split.layout.sequence_parallel;
      try_schedules(split, p, states);
    }
  }

  std::vector<State> states_of(Parallelism p) const {
    std::vector<State> states;
    const unsigned open = s_.space_.zero_stages(p);
    for (int stage = 0; stage <= 3; ++stage) {
      if (!LayoutSpace::has(open, stage)) continue;
      p.zero_stage = stage;
      p.shard_group = s_.space_.shard_group(p);
      const StateMemory memory = s_.memory_.state(p);
      if (!settings_.exhaustive && memory.total() > s_.room_) continue;
      states.push_back({stage, p.shard_group, s_.steps_.state(p), memory});
    }
    return states;
  }

  void try_schedules(const Split& split, Parallelism p, const std::vector<State>& states) {
    const std::span<const int> chunks = s_.space_.chunks(p);
    if (chunks.empty()) return;
    p.virtual_pipeline = chunks.back();
    if (is_slower(s_.steps_.least_step(p, split.time, bound_))) return;
    const LayoutSpace::Recomputes recomputes = s_.space_.recomputes(p.pipeline_parallel);
    for (const State& state : states) {
      p.zero_stage = state.zero_stage;
      p.shard_group = state.shard_group;
      for (const int chunk : chunks) {
        p.virtual_pipeline = chunk;
        p.recompute = Recompute::kNone;
        p.recompute_share = 1;
        if (settings_.exhaustive) {
          try_every_recompute(split, p, state, recomputes);
        } else {
          try_recompute(split, p, state, recomputes);
        }
      }
    }
  }

  // Repeating work only takes longer (docs/methodology.md, Layouts): without it where that fits, else
  // selective, or full of as few layers as fit.
  void try_recompute(const Split& split, Parallelism& p, const State& state,
                     const LayoutSpace::Recomputes& open) {
    PlacedLayout placed{p, s_.steps_.step(p, split.time, state.time), {}};
    if (is_slower(placed.step.total())) return;
    if (open.none) {
      ++evaluated_;
      placed.memory = s_.memory_.use(p, split.memory, state.memory);
      if (placed.memory.total() <= s_.room_) return offer(placed);
    }
    if (open.selective) {
      p.recompute = Recompute::kSelective;
      evaluate(split, p, state);
    }
    if (!open.full) return;
    p.recompute = Recompute::kFull;
    const auto total = [&](int layers) {
      p.recompute_share = static_cast<double>(layers) / open.layers;
      return s_.memory_.use(p, split.memory, state.memory).total();
    };
    int layers = open.least;
    const Bytes first = total(open.least);
    const Bytes last = total(open.most);
    if (last > s_.room_) return;
    if (first > s_.room_) {
      // Memory falls by as much with each layer; rounding may be off by one.
      const double more = (first - s_.room_) / (first - last) * (open.most - open.least);
      layers = std::clamp(open.least + static_cast<int>(std::ceil(more)), open.least, open.most);
      while (layers > open.least && total(layers - 1) <= s_.room_) --layers;
      while (total(layers) > s_.room_) ++layers;
    }
    total(layers);
    evaluate(split, p, state);
  }

  void try_every_recompute(const Split& split, Parallelism& p, const State& state,
                           const LayoutSpace::Recomputes& open) {
    if (open.none) evaluate(split, p, state);
    p.recompute = Recompute::kSelective;
    if (open.selective) evaluate(split, p, state);
    p.recompute = Recompute::kFull;
    for (int layers = open.least; open.full && layers <= open.most; ++layers) {
      p.recompute_share = static_cast<double>(layers) / open.layers;
      evaluate(split, p, state);
    }
  }

  void evaluate(const Split& split, const Parallelism& p, const State& state) {
    const PlacedLayout placed{p, s_.steps_.step(p, split.time, state.time),
                              s_.memory_.use(p, split.memory, state.memory)};
    ++evaluated_;
    if (placed.memory.total() <= s_.room_) offer(placed);
  }

  void offer(const PlacedLayout& placed) {
    const Duration time = placed.step.total();
    if (time >= settings_.below || time.base() > limit_.load(std::memory_order_relaxed) * kRounding) return;
    fastest_.add(placed, time);
    const double limit = fastest_.limit().base();
    double known = limit_.load(std::memory_order_relaxed);
    while (limit < known && !limit_.compare_exchange_weak(known, limit, std::memory_order_relaxed)) {
    }
  }

  const LayoutSearch& s_;
  int count_;
  const SearchSettings& settings_;
  std::atomic<double>& limit_;
  StepBound bound_;
  Fastest fastest_;
  double evaluated_ = 0;
};

LayoutsFound LayoutSearch::search(int count, const SearchSettings& settings) const {
  std::atomic<double> limit = settings.below.base();
  const auto threads = static_cast<std::size_t>(std::max(1, settings.threads));
  std::vector<Run> runs(threads, Run(*this, count, settings, limit));
  std::atomic<std::size_t> next{0};
  parallel_for(threads, settings.threads, [&](std::size_t thread) {
    for (std::size_t i = next++; i < tiles_.size(); i = next++) {
      if (!runs[thread].try_tile(*tiles_[i])) break;
      if (monitor_ != nullptr && monitor_->stopped()) break;
    }
  });
  LayoutsFound found;
  for (Run& run : runs) {
    found.evaluated += run.evaluated();
    if (&run != &runs.front()) runs.front().fastest().add(run.fastest());
  }
  found.fastest = runs.front().fastest().take();
  return found;
}

// Memory grows with the micro-batch and with interleaving, and falls with each layer that is repeated: the
// ends of these ranges hold the leanest layout.
std::optional<PlacedLayout> LayoutSearch::leanest(int count) const {
  if (space_.micro_batches().empty()) return std::nullopt;
  std::optional<Parallelism> best;
  Bytes least;
  for (Parallelism p : space_.degrees(count)) {
    p.micro_batch = space_.micro_batches().front();
    p.sequence_parallel = space_.sequence_parallel(p.tensor_parallel).front();
    for (const Parallelism& lean : leanest_schedules(p)) {
      const Bytes needed = memory_.use(lean).total();
      const bool leaner = !best || needed < least || (needed == least && comes_before(lean, *best));
      if (!leaner) continue;
      best = lean;
      least = needed;
    }
  }
  return best ? std::optional(place(*best)) : std::nullopt;
}

std::vector<Parallelism> LayoutSearch::leanest_schedules(Parallelism p) const {
  std::vector<Parallelism> schedules;
  const bool legal = space_.deals_out(p.data_parallel, static_cast<int>(p.micro_batch));
  if (!legal || space_.chunks(p).empty()) return schedules;
  p.virtual_pipeline = space_.chunks(p).front();
  const LayoutSpace::Recomputes open = space_.recomputes(p.pipeline_parallel);
  const auto add = [&](Recompute mode, bool is_open) {
    p.recompute = mode;
    if (is_open) schedules.push_back(p);
  };
  for (int stage = 0; stage <= 3; ++stage) {
    if (!LayoutSpace::has(space_.zero_stages(p), stage)) continue;
    p.zero_stage = stage;
    p.shard_group = space_.shard_group(p);
    add(Recompute::kNone, open.none);
    add(Recompute::kSelective, open.selective);
    add(Recompute::kFull, open.full);
  }
  return schedules;
}

PlacedLayout LayoutSearch::place(const Parallelism& layout) const {
  return {layout, steps_.step(layout), memory_.use(layout)};
}

}  // namespace capplan
