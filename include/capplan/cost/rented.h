// What renting accelerators costs: hours or terms, storage, transfers.
#pragma once

#include <optional>
#include <vector>

#include "capplan/catalog/market.h"
#include "capplan/cost/cost.h"

namespace capplan {

// A dataset on its way to where it is computed on. Into a provider nothing is charged; the place that it
// leaves may.
struct DataMove {
  Bytes amount;
  const Provider* from = nullptr;  // nullptr: from a place of one's own
  Text region;
  Bandwidth link;

  Duration time() const { return amount / link; }
};

// What a workload leaves in storage, brings in and sends out.
struct DataNeed {
  Bytes stored;         // dataset, checkpoints, weights
  Duration stored_for;  // from the first to the last use
  Bytes sent_out;       // results, answers
  std::optional<DataMove> moved = {};
};

// A run on capacity that comes and goes.
struct Interrupted {
  Duration on_spot, on_fallback;    // of all its machines, restarts and lost work included
  const Offer* fallback = nullptr;  // firm hours; nullptr: the run waits
  Duration work = {};               // of the run where nothing interrupts it; none of a served model
  Duration work_p90 = {};
};

// Rented accelerators of one workload.
struct RentedJob {
  MarketOffer offer;
  int count = 1;
  Duration run_time;  // of one run
  double runs = 1;
  bool one_job = true;  // false: requests, which no limit on a job's length cuts off
  Duration span;        // from the start of the first use to the end of the last
  DataNeed data;
  std::optional<Interrupted> interrupted = {};
  // Of what is paid by the hour: how much of it is used in each month (Schedule); empty: all the time the
  // same.
  std::vector<double> use = {};

  // How long the machines of one run are paid for.
  Duration in_use() const { return interrupted ? interrupted->on_spot + interrupted->on_fallback : run_time; }
};

// Compute for every started unit of billing of each run (or the whole term of a commitment), storage and
// egress.
Cost price_rented(const RentedJob& job, const Catalog& catalog);

// Of one accelerator, as the row states it.
Factor hourly_price(const Offer& offer);

// What the place that data leaves charges for it.
Money move_cost(const DataMove& move, const Catalog& catalog);

// Why a commitment or a provider's limit cannot serve the job; empty where it can.
std::string term_conflict(const RentedJob& job);

// What billing by started units makes of a duration: by the hour, 15.5 h are 16 h. No time costs nothing,
// whatever is the least.
Duration billed_time(Duration time, Duration granularity = kHour, Duration least = {});

}  // namespace capplan
