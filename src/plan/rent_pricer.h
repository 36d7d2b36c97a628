// Prices one workload on one offer: firm, on spot capacity with its fallback, or on a marketplace.
#pragma once

#include <array>
#include <map>
#include <mutex>

#include "capplan/cost/spot.h"
#include "plan/candidate.h"

namespace capplan {

// Outcomes of runs on spot capacity, simulated once: offers of one machine differ by price alone, and
// providers that nobody watched share their zones. Threads may share it.
class SpotOutcomes {
 public:
  SpotOutcome of(const SpotJob& run, const SpotConditions& conditions, std::optional<Duration> deadline);

 private:
  std::mutex mutex_;
  std::map<std::array<double, 9>, SpotOutcome> known_;
};

class RentPricer {
 public:
  RentPricer(const SupplyContext& context, std::size_t workload, const MarketOffer& offer);

  Candidate price(const Execution& execution, int count) const;
  // As if nothing took it away, `slower` times as long.
  RentedJob job(const Execution& execution, int count, double slower) const;
  // How much longer than undisturbed a run takes at least.
  double slowdown(int count) const;
  // From the start of the plan to the first useful hour: the dataset on its way, setting up.
  Duration starts_after() const;

 private:
  bool on(Purchase purchase) const { return offer_.offer->purchase == purchase && !is_served(w_); }
  int nodes(int count) const;
  bool follows_demand() const;
  std::vector<double> hours_by_month(const Execution& e) const;  // of all its machines
  Duration time_served(const Execution& e, int count) const;
  Duration save_time(int count) const;
  SpotJob spot_job(int count) const;  // without its work
  SpotNeed spot_need(int count) const;
  double marketplace_slowdown(int count, bool at_p90) const;
  const MarketOffer* fallback(int count) const;
  Candidate with_cost(const Execution& e, int count, const RentedJob& central) const;
  Candidate price_undisturbed(const Execution& execution, int count) const;
  Candidate price_spot(const Execution& execution, int count) const;
  Candidate price_served_on_spot(const Execution& execution, int count) const;
  SpotOutcome outcome(const SpotJob& run, const SpotConditions& conditions,
                      std::optional<Duration> deadline) const;
  Cost cost_of(const RentedJob& job, double power_share) const;
  Allocation allocation(const Execution& e, const RentedJob& job) const;

  const SupplyContext& c_;
  std::size_t index_;
  const BoundWorkload& w_;
  const MarketOffer& offer_;
};

}  // namespace capplan
