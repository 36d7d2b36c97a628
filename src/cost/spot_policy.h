// One run of a job through one sequence of times with and without spot capacity: simulated or measured.
#pragma once

#include <functional>

#include "capplan/cost/spot.h"

namespace capplan {

struct Spell {
  bool up = false;
  Duration time;
};

enum class SpotPolicy {
  kUniformProgress,
  kGreedy  // spot or nothing, until the remaining time just holds the remaining work
};

struct SpotRules {
  SpotPolicy policy = SpotPolicy::kUniformProgress;
  std::optional<Duration> deadline;
  Duration interval;  // work between checkpoints; zero: kept without saving
};

struct SpotRun {
  Duration elapsed, spot, on_demand;  // the last two: machines held, restarts and lost work included
  Duration work_on_spot;              // what was kept of it
};

// Spells follow each other, up and down in turn; the first may be either.
SpotRun run_on_spot(const SpotJob& job, const SpotRules& rules, const std::function<Spell()>& next_spell);

}  // namespace capplan
