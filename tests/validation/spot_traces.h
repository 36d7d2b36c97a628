// Measured spot capacity: reading traces, fitting the statistics of profiles/spot.csv, replaying policies.
#pragma once

#include <string>
#include <vector>

#include "cost/spot_policy.h"
#include "input/source_text.h"

namespace capplan::spot {

// One zone as it was watched. The folder's name tells campaign and gang, the file's zone and machine:
// "availability/16-node/aws-08-27-2023/us-east-2b_v100_1".
struct Trace {
  std::string campaign;  // "availability/16-node/aws-08-27-2023"
  std::string cloud, zone, machine, accelerator, collected;
  int accelerators = 0;
  int instances = 1;
  std::vector<Spell> spells;  // up: the full gang

  Duration length() const;
};

Result<std::vector<Trace>> read_traces(const SourceText& csv);

// Statistics of one trace; its texts live as long as the trace.
SpotZone fit_zone(const Trace& trace);

// Pearson's correlation of two traces' full gang over the time that both cover, every five minutes.
double correlation(const Trace& a, const Trace& b);

// From `offset` on; wrong (down for ever) past the end.
std::function<Spell()> spells_from(const Trace& trace, Duration offset);

// Machine-hours at on-demand price that no policy can be below, all of the trace known beforehand: the
// longest times up are used first, each less a changeover, the rest of the work runs on on-demand capacity. A
// bound, not a schedule: on-demand blocks are taken to fit anywhere.
double clairvoyant_bound(const Trace& trace, Duration offset, const SpotJob& job, Duration deadline,
                         double spot_price);

}  // namespace capplan::spot
