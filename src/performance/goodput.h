// What failures cost a long run.
#pragma once

#include "capplan/performance/execution.h"

namespace capplan {

// The share of elapsed time that is useful when a job fails every `between_failures` on average, saves its
// state in `save` at the best interval, and needs `restart` to be back: Young (1974) and Daly (2006), first
// order: interval = sqrt(2 M s), lost share = s / interval + interval / (2 M) + restart / M.
double young_daly_goodput(Duration between_failures, Duration save, Duration restart);

// Young's interval between checkpoints.
Duration checkpoint_interval(Duration between_failures, Duration save);

// Daly's higher-order interval of work between checkpoints (2006, equation 37): better than Young's where
// saving is no longer short beside the time between failures; that time itself from save >= 2 M on.
Duration daly_interval(Duration between_failures, Duration save);

// Time over work where failures come at random (exponential times), during a restart and a save too, and the
// state is saved after each `interval` of work: exact (Daly 2006, equation 20),
// M e^(R / M) (e^((interval + save) / M) - 1) / interval. Saved without end and at no cost where both are
// zero.
double exponential_slowdown(Duration between_failures, Duration save, Duration restart, Duration interval);

// Goodput of `count` accelerators at the published rate of interruptions (Llama 3, arXiv 2407.21783: 419 in
// 54 days on 16,384), with a checkpoint of this size.
double failure_goodput(const Catalog& catalog, double count, int nodes, Bytes checkpoint);

// Of a run on `machine`: what the spec assumes, else by failures.
double run_goodput(const Demand& demand, const Workload& workload, const Machine& machine,
                   const Catalog& catalog);

}  // namespace capplan
