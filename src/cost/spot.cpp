#include "capplan/cost/spot.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "cost/spot_policy.h"
#include "performance/goodput.h"

namespace capplan {
namespace {

constexpr double kMedian = 0.5;
constexpr double kP90 = 0.9;

bool has_notice(const SpotJob& job) { return job.notice && *job.notice >= job.save; }

Duration interval_of(const SpotJob& job, const SpotConditions& conditions) {
  return has_notice(job) || job.save.base() <= 0 ? Duration{} : daly_interval(conditions.up, job.save);
}

using Zones = std::vector<const SpotZone*>;

int gang(const SpotZone& zone) { return zone.accelerators * zone.instances; }

// Of zones with a size of at least `wanted`, those of the smallest; none is so large: those of the largest.
template <class Size>
Zones nearest_size(const Zones& zones, int wanted, const Size& size_of) {
  int nearest = 0;
  for (const SpotZone* zone : zones) {
    const int size = size_of(*zone);
    const bool better = nearest < wanted ? size > nearest : size >= wanted && size < nearest;
    if (better) nearest = size;
  }
  Zones found;
  std::copy_if(zones.begin(), zones.end(), std::back_inserter(found),
               [&](const SpotZone* zone) { return size_of(*zone) == nearest; });
  return found;
}

template <class Keep>
Zones filter(const Zones& zones, const Keep& keep) {
  Zones kept;
  std::copy_if(zones.begin(), zones.end(), std::back_inserter(kept),
               [&](const SpotZone* zone) { return keep(*zone); });
  return kept;
}

// Single instances for one node, gangs for several.
Zones of_nodes(const Zones& zones, int nodes) {
  if (nodes <= 1) return filter(zones, [](const SpotZone& z) { return z.instances == 1; });
  return nearest_size(filter(zones, [](const SpotZone& z) { return z.instances > 1; }), nodes,
                      [](const SpotZone& z) { return z.instances; });
}

struct Match {
  Zones zones;
  std::string stands_in;  // why they are not what is wanted; empty where they are
};

Match match_zones(const SpotNeed& need, const Catalog& catalog) {
  const Accelerator* accelerator = catalog.accelerator(need.accelerator);
  const bool cpu = accelerator != nullptr && accelerator->platform == Platform::kCpu;
  Zones all;
  for (const SpotZone& zone : catalog.tables().spot_zones) {
    if (zone.accelerator.empty() == cpu) all.push_back(&zone);
  }
  const Zones provider = filter(all, [&](const SpotZone& z) { return z.cloud == need.provider; });
  const Zones same = filter(provider, [&](const SpotZone& z) {
    return !cpu && z.accelerator == need.accelerator && gang(z) >= need.count;
  });
  if (!same.empty()) return {nearest_size(same, need.count, gang), ""};
  const std::string wanted = std::to_string(need.nodes) + " x " + std::string(need.accelerator);
  const Zones own = of_nodes(provider, need.nodes);
  if (!own.empty())
    return {own, "stand in for " + wanted + ": no trace of such a gang at " + std::string(need.provider)};
  const Zones others = of_nodes(all, need.nodes);
  return {others, "stand in for " + wanted + ": no trace of " + std::string(need.provider)};
}

// "7 zones: aws K80, V100-SXM2-16GB in gangs of 1".
std::string describe(const Zones& zones) {
  std::vector<std::string> kinds;
  for (const SpotZone* zone : zones) {
    std::string kind = std::string(zone->cloud) + " " +
                       std::string(zone->accelerator.empty() ? zone->machine : zone->accelerator) + " x " +
                       std::to_string(std::max(gang(*zone), 1));
    if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) kinds.push_back(std::move(kind));
  }
  std::sort(kinds.begin(), kinds.end());
  std::string text = std::to_string(zones.size()) + (zones.size() == 1 ? " trace of " : " traces of ");
  for (std::size_t i = 0; i < kinds.size(); ++i) text += (i == 0 ? "" : ", ") + kinds[i];
  return text;
}

// Stratified unit numbers in a fixed random order: their mean is that of the law, whatever the seed.
class UnitNumbers {
 public:
  static constexpr std::size_t kCount = 8192;

  UnitNumbers() {
    std::mt19937_64 random(20240416);  // any
    shuffle(phases_, random);
    shuffle(times_, random);
    for (double& u : times_) u = -std::log(u);
  }
  double phase(std::size_t i) const { return phases_[i % kCount]; }
  double exponential(std::size_t i) const { return times_[i % kCount]; }

 private:
  static void shuffle(std::array<double, kCount>& numbers, std::mt19937_64& random) {
    for (std::size_t i = 0; i < kCount; ++i) {
      numbers[i] = (static_cast<double>(i) + 0.5) / kCount;
      std::swap(numbers[i], numbers[random() % (i + 1)]);
    }
  }
  std::array<double, kCount> phases_{}, times_{};
};

const UnitNumbers& unit_numbers() {
  static const UnitNumbers numbers;
  return numbers;
}

// Two exponential phases that are equally much of the time (balanced means): with probability p of mean
// mean / 2p, else of mean / 2(1 - p), p = (1 + sqrt((c^2 - 1) / (c^2 + 1))) / 2 (Whitt 1982, section 3).
// Times that vary less than exponential ones are taken as those.
class Hyperexponential {
 public:
  Hyperexponential(Duration mean, double cv) : mean_(mean) {
    const double square = std::max(cv, 1.0) * std::max(cv, 1.0);
    short_ = (1 + std::sqrt((square - 1) / (square + 1))) / 2;
  }
  Duration whole(double phase, double unit) const { return part(phase < short_, unit); }
  // What is left of the one that a moment at random falls into: either phase, being equal parts of time.
  Duration rest(double phase, double unit) const { return part(phase < 0.5, unit); }

 private:
  Duration part(bool is_short, double unit) const {
    return mean_ * (unit / (2 * (is_short ? short_ : 1 - short_)));
  }
  Duration mean_;
  double short_ = 0.5;
};

// Steady state from the first moment on.
class SimulatedSpells {
 public:
  explicit SimulatedSpells(const SpotConditions& conditions)
      : up_(conditions.up, conditions.up_cv),
        down_(conditions.down, conditions.down_cv),
        availability_(conditions.availability()) {}

  // `share` of the paths before this one.
  void start(std::size_t path, double share) {
    // Paths begin far apart in the two sequences, and never with the same pair of numbers.
    times_ = path * 2654435761U;
    phases_ = path * 40503U;
    up_now_ = share < availability_;
    first_ = true;
  }
  Spell next() {
    const Hyperexponential& law = up_now_ ? up_ : down_;
    const double phase = unit_.phase(phases_++);
    const double unit = unit_.exponential(times_++);
    const Spell spell{up_now_, first_ ? law.rest(phase, unit) : law.whole(phase, unit)};
    first_ = false;
    up_now_ = !up_now_;
    return spell;
  }

 private:
  const UnitNumbers& unit_ = unit_numbers();
  Hyperexponential up_, down_;
  double availability_;
  std::size_t times_ = 0, phases_ = 0;
  bool up_now_ = true, first_ = true;
};

// How many paths, and of how much of the run: a long one is many short ones that know nothing of each other.
struct Sampling {
  int paths = 1;
  double parts = 1;  // of equal length that the run is cut into, one of which is simulated
};

Sampling sampling_for(Duration elapsed, const SpotConditions& conditions) {
  constexpr double kSpells = 12000;  // in all
  constexpr double kMostOfPath = 1000;
  constexpr double kMostPaths = 128;
  const double spells = 2 + 2 * (elapsed / (conditions.up + conditions.down));
  const double parts = std::max(spells / kMostOfPath, 1.0);
  return {static_cast<int>(std::min(kSpells / (spells / parts), kMostPaths)), parts};
}

SpotOutcome undisturbed(const SpotJob& job) { return {job.work, job.work, job.work, {}, 1}; }

// Where next to nothing gets done on spot, what the closed forms say.
SpotOutcome hopeless(const SpotJob& job, const SpotConditions& conditions) {
  const double busy = busy_slowdown(job, conditions);
  const Duration elapsed = job.work * waiting_slowdown(job, conditions);
  return {elapsed, elapsed, job.work * busy, {}, 1 / busy};
}

// Means of one part, P90 of its elapsed time.
SpotOutcome summary(const SpotJob& job, const std::vector<SpotRun>& runs) {
  const double share = 1 / static_cast<double>(runs.size());
  SpotOutcome outcome;
  std::vector<Duration> elapsed;
  for (const SpotRun& run : runs) {
    outcome.elapsed += run.elapsed * share;
    outcome.spot += run.spot * share;
    outcome.on_demand += run.on_demand * share;
    elapsed.push_back(run.elapsed);
  }
  const auto late = elapsed.begin() + static_cast<std::ptrdiff_t>(kP90 * static_cast<double>(runs.size()));
  std::nth_element(elapsed.begin(), late, elapsed.end());
  outcome.elapsed_p90 = *late;
  outcome.useful_share = job.work / (outcome.spot + outcome.on_demand);
  return outcome;
}

// Sums of independent parts: means add up, deviations as their squares.
SpotOutcome of_parts(const SpotOutcome& part, double parts) {
  const Duration late = part.elapsed_p90 - part.elapsed;
  SpotOutcome whole = part;
  whole.elapsed = part.elapsed * parts;
  whole.elapsed_p90 = whole.elapsed + late * std::sqrt(parts);
  whole.spot = part.spot * parts;
  whole.on_demand = part.on_demand * parts;
  return whole;
}

struct Conditions {
  SpotConditions central, p90;
};

Conditions conditions_at_quantiles(const Zones& zones, const SpotJob& job) {
  std::vector<SpotConditions> conditions;
  for (const SpotZone* zone : zones) conditions.push_back(conditions_of(*zone));
  std::stable_sort(conditions.begin(), conditions.end(), [&](const auto& a, const auto& b) {
    return waiting_slowdown(job, a) < waiting_slowdown(job, b);
  });
  const auto at = [&](double quantile) {
    return conditions[static_cast<std::size_t>(quantile * static_cast<double>(conditions.size()))];
  };
  return {at(kMedian), at(kP90)};
}

// A gang stays no longer than fewer of its nodes, and is away no shorter. Traces of gangs are few and from
// other zones, so that their statistics alone would say otherwise.
SpotConditions no_better_than(SpotConditions gang, const SpotConditions& part) {
  gang.up = std::min(gang.up, part.up);
  gang.down = std::max(gang.down, part.down);
  return gang;
}

// The smaller gangs that were watched, a single machine among them.
std::set<int> smaller_gangs(int nodes, const Catalog& catalog) {
  std::set<int> sizes;
  for (const SpotZone& zone : catalog.tables().spot_zones) {
    if (zone.instances < nodes) sizes.insert(zone.instances);
  }
  return sizes;
}

}  // namespace

double SpotConditions::availability() const { return 1 / (1 + down / up); }

SpotConditions conditions_of(const SpotZone& zone) {
  // Never lost while it was watched: at least that long.
  const Duration up = zone.up.value_or(zone.observed);
  return {up, up * (1 / zone.availability - 1), zone.up_cv, zone.down_cv};
}

std::optional<SpotCapacity> spot_capacity(const SpotNeed& need, const SpotJob& job, const Catalog& catalog) {
  const Match match = match_zones(need, catalog);
  if (match.zones.empty()) return std::nullopt;
  Conditions found = conditions_at_quantiles(match.zones, job);
  const Conditions as_watched = found;
  for (const int nodes : smaller_gangs(need.nodes, catalog)) {
    const int count = (need.count + need.nodes - 1) / need.nodes * nodes;
    const Zones zones = match_zones({need.accelerator, need.provider, count, nodes}, catalog).zones;
    if (zones.empty()) continue;
    const Conditions part = conditions_at_quantiles(zones, job);
    found.central = no_better_than(found.central, part.central);
    found.p90 = no_better_than(no_better_than(found.p90, part.p90), found.central);
  }
  std::string value = describe(match.zones);
  if (!match.stands_in.empty()) value += "; " + match.stands_in;
  if (found.central.availability() < as_watched.central.availability())
    value += "; taken as no better than fewer nodes";
  return SpotCapacity{
      found.central, found.p90, {"spot.capacity", value, std::string(match.zones[0]->source)}};
}

double busy_slowdown(const SpotJob& job, const SpotConditions& conditions) {
  if (std::isinf(conditions.up.base())) return 1;
  if (has_notice(job)) return std::exp((job.restart + job.save) / conditions.up);
  return exponential_slowdown(conditions.up, job.save, job.restart, interval_of(job, conditions));
}

double waiting_slowdown(const SpotJob& job, const SpotConditions& conditions) {
  return busy_slowdown(job, conditions) / conditions.availability();
}

SpotOutcome spot_outcome(const SpotJob& job, const SpotConditions& conditions,
                         std::optional<Duration> deadline) {
  if (std::isinf(conditions.up.base())) return undisturbed(job);
  const Duration waiting = job.work * waiting_slowdown(job, conditions);
  constexpr double kHopeless = 100;
  if (!deadline && busy_slowdown(job, conditions) > kHopeless) return hopeless(job, conditions);
  const Sampling sampling = sampling_for(std::min(waiting, deadline.value_or(waiting)), conditions);
  SpotJob part = job;
  part.work = job.work / sampling.parts;
  SpotRules rules{SpotPolicy::kUniformProgress, std::nullopt, interval_of(job, conditions)};
  if (deadline) rules.deadline = *deadline / sampling.parts;
  SimulatedSpells spells(conditions);
  const std::function<Spell()> next = [&spells] { return spells.next(); };
  std::vector<SpotRun> runs;
  for (int path = 0; path < sampling.paths; ++path) {
    spells.start(static_cast<std::size_t>(path), (path + 0.5) / sampling.paths);
    runs.push_back(run_on_spot(part, rules, next));
  }
  return of_parts(summary(part, runs), sampling.parts);
}

Usd spot_cost(const SpotOutcome& outcome, const SpotPrices& prices) {
  return outcome.spot * prices.spot + outcome.on_demand * prices.on_demand;
}

double spot_saving(const SpotOutcome& outcome, const SpotJob& job, const SpotPrices& prices) {
  return 1 - spot_cost(outcome, prices) / (job.work * prices.on_demand);
}

}  // namespace capplan
