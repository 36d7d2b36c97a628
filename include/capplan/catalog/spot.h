// How spot capacity came and went in single zones, as statistics fitted to measured traces.
#pragma once

#include <optional>
#include <tuple>

#include "capplan/core/provenance.h"
#include "capplan/core/units.h"

namespace capplan {

// One zone during one campaign of measurement. Capacity is up while every instance of the gang is there.
struct SpotZone {
  Text cloud;                    // a provider's id
  Text zone;                     // "us-west-2b"
  Text machine;                  // the provider's name of the instance
  Text accelerator;              // id of profiles/accelerators, or the source's name; empty: a CPU machine
  int accelerators = 0;          // of one instance
  int instances = 1;             // of the gang
  Duration observed;             // length of the trace
  double availability = 0;       // share of it with the full gang, (0, 1]
  std::optional<Duration> up;    // mean time with capacity: time up over times lost; absent: never lost
  std::optional<Duration> down;  // mean time without; absent: never came back
  double up_cv = 1;              // standard deviation over mean of whole times up; 1 for exponential ones
  double down_cv = 1;            // and down
  Text collected;                // ISO date of the first day
  Text source;
  Text as_of;
};

using SpotZoneKey = std::tuple<Text, Text, Text, int, Text>;
inline SpotZoneKey spot_zone_key(const SpotZone& z) {
  return {z.cloud, z.zone, z.machine, z.instances, z.collected};
}

}  // namespace capplan
