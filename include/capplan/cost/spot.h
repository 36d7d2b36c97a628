// Jobs on spot capacity: what interruptions and waiting cost them, and jobs with a deadline that fall back on
// on-demand capacity. docs/spot.md says how far this is from measured traces.
#pragma once

#include <optional>

#include "capplan/catalog/catalog.h"
#include "capplan/core/assumption.h"
#include "capplan/core/units.h"

namespace capplan {

// How the capacity of one zone comes and goes. All nodes of a job go together: a zone is one failure unit.
struct SpotConditions {
  Duration up;       // mean time with capacity; infinite: it is never taken away
  Duration down;     // mean time without
  double up_cv = 1;  // standard deviation over mean of the times; 1: exponential, above: few long, many short
  double down_cv = 1;

  // Share of time with capacity.
  double availability() const;
};

SpotConditions conditions_of(const SpotZone& zone);

// What is wanted.
struct SpotNeed {
  Text accelerator;
  Text provider;
  int count = 1;  // accelerators
  int nodes = 1;  // machines that must be there together
};

// One run of a job.
struct SpotJob {
  Duration work;     // at full speed
  Duration save;     // to write a checkpoint
  Duration restart;  // of a started job, from the machine to the first step after its checkpoint
  // Warning before capacity goes. Where it holds a save, nothing but the restart is lost.
  std::optional<Duration> notice;
};

// Conditions of the median zone, and of the one that nine of ten are better than. The order is that of
// elapsed time without a deadline.
struct SpotCapacity {
  SpotConditions central, p90;
  Assumption basis;  // which zones, and for what they stand in
};

// From zones of that accelerator and provider with the smallest gang that is large enough; where there is
// none, from that provider's zones of any accelerator, else from everybody's (of CPU machines for CPU
// machines only), single instances for one node and gangs for several. A gang is never taken to stay
// longer than fewer of its nodes, nor to be away for a shorter time. nullopt: no zones at all.
std::optional<SpotCapacity> spot_capacity(const SpotNeed& need, const SpotJob& job, const Catalog& catalog);

// Time with capacity over work, with exponential times: with enough notice e^((restart + save) / up), else
// Daly's exact formula at his interval.
double busy_slowdown(const SpotJob& job, const SpotConditions& conditions);

// Elapsed time over work where the job waits for capacity to come back.
double waiting_slowdown(const SpotJob& job, const SpotConditions& conditions);

// Means over simulated paths.
struct SpotOutcome {
  Duration elapsed;
  Duration elapsed_p90;
  Duration spot;            // of one set of machines, restarts and lost work included
  Duration on_demand;       // the same on the fallback
  double useful_share = 1;  // work over spot and on_demand
};

// With a deadline (from the start of the run), the Uniform Progress policy of "Can't Be Late" (Wu et al.,
// NSDI 2024, section 5): spot where there is any; on-demand while behind a straight line from start to
// deadline, until twice a restart ahead of it; on-demand to the end once the remaining time just holds the
// remaining work and two restarts. Never later than the deadline where that holds the work. Without one, the
// job waits. Times up and down are hyperexponential with the given mean and variation. Deterministic: every
// call sees the same random numbers, so that offers differ by their conditions alone.
SpotOutcome spot_outcome(const SpotJob& job, const SpotConditions& conditions,
                         std::optional<Duration> deadline);

// Of all machines of the job.
struct SpotPrices {
  UsdRate spot, on_demand;
};

Usd spot_cost(const SpotOutcome& outcome, const SpotPrices& prices);

// Share of what the work costs on on-demand capacity alone; below 0 where spot is dearer.
double spot_saving(const SpotOutcome& outcome, const SpotJob& job, const SpotPrices& prices);

}  // namespace capplan
