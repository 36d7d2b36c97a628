#include "plan/winner.h"

#include <algorithm>
#include <iterator>
#include <limits>

#include "plan/best_count.h"
#include "plan/own_pricer.h"
#include "plan/plan_option.h"
#include "plan/portfolio_plans.h"
#include "plan/split_plan.h"

namespace capplan {
namespace {

bool is_owned(const Supply& supply) { return supply.offer == nullptr; }

// Dollars for the arithmetic of an ideal machine: what is cheap by it is looked at first, so that little of
// the rest is worth a look.
double cheapest_peak(const std::vector<Supply>& kind) {
  double least = std::numeric_limits<double>::infinity();
  for (const Supply& s : kind) least = std::min(least, device_price(*s.offer->offer).base());
  return least / std::max(kind.front().accelerator->peak.bf16.base(), 1.0);
}

class Race {
 public:
  Race(const SupplyContext& context, const std::vector<Supply>& supplies, bool include_outliers)
      : c_(context), include_outliers_(include_outliers) {
    c_.monitor = nullptr;  // short work, that counts as one part
    std::ranges::copy_if(supplies, std::back_inserter(open_), [this](const Supply& s) { return is_open(s); });
  }

  std::optional<Winner> run() {
    if (rent() || look_at_all()) return std::move(found_);
    return std::nullopt;
  }

 private:
  // Whether nothing but cost and time may keep it from a plan, or from a part of a split.
  bool is_open(const Supply& s) const {
    if (!is_owned(s) && !is_usual(s.offer->standing) && !include_outliers_) return false;
    Candidate probe;
    probe.allocation.accelerator = s.accelerator->id;
    if (is_owned(s)) {
      probe.option = SupplyOption::kOnPrem;
      probe.allocation.provider = c_.spec.site.id;
      probe.allocation.purchase = Purchase::kOwned;
    } else {
      probe.option = s.offer->provider->option;
      probe.offer = *s.offer;
      probe.allocation.provider = s.offer->offer->provider;
      probe.allocation.purchase = s.offer->offer->purchase;
      probe.allocation.region = s.offer->offer->region;
    }
    return can_be_part(probe, c_.spec, c_.catalog);
  }

  // Where whatever could be owned costs more unused than renting: then a split does, too.
  bool rent() {
    std::vector<Supply> rented;
    std::ranges::remove_copy_if(open_, std::back_inserter(rented), is_owned);
    std::vector<std::vector<Supply>> kinds = by_machine(c_, 0, rented);
    std::ranges::stable_sort(kinds, {}, cheapest_peak);
    for (const std::vector<Supply>& kind : kinds) {
      SupplyContext below = c_;
      below.ceiling = best_;
      enter(below, kind);
    }
    return best_ && std::ranges::none_of(open_, [this](const Supply& s) {
             return is_owned(s) && can_be_owned(c_, 0, *s.accelerator, *best_);
           });
  }

  bool look_at_all() {
    found_ = {};
    best_.reset();
    enter(c_, open_);
    if (!best_) return false;
    const auto is_worth_it = [this](const Candidate& owned) { return unused_cost(owned) <= *best_; };
    if (auto split = best_split_plan(c_, found_.candidates, found_.options, is_worth_it))
      found_.options.push_back(std::move(*split));
    return true;
  }

  // What a split with such accelerators costs at least; of a service it may have fewer of them.
  Money unused_cost(const Candidate& owned) const {
    const Accelerator& accelerator = *c_.catalog.accelerator(owned.allocation.accelerator);
    const int count = is_served(c_.spec.workloads[0]) ? 1 : owned.allocation.count;
    return price_owned(owned_job(c_.spec, accelerator, count, Duration{}, PriceCase::kCentral), c_.catalog)
        .total();
  }

  void enter(const SupplyContext& context, const std::vector<Supply>& supplies) {
    for (Supplied& candidate : find_best_counts(context, 0, supplies)) {
      if (!candidate) continue;
      PlanOption option = option_of({&*candidate}, candidate->option);
      complete_option(option, c_.spec, c_.catalog);
      const bool leads = option.feasible && (is_usual(option.standing) || include_outliers_);
      if (leads) best_ = std::min(option.cost.total(), best_.value_or(option.cost.total()));
      found_.candidates.push_back(std::move(*candidate));
      found_.options.push_back(std::move(option));
    }
  }

  SupplyContext c_;
  bool include_outliers_;
  std::vector<Supply> open_;
  Winner found_;
  std::optional<Money> best_;  // of the feasible plans so far
};

}  // namespace

std::optional<Winner> find_winner(const SupplyContext& context, const std::vector<Supply>& supplies,
                                  bool include_outliers) {
  const BoundSpec& spec = context.spec;
  const bool is_bounded = spec.workloads.size() == 1 && spec.objective == Objective::kCost &&
                          context.catalog.tables().credits.empty() && !has_portfolio(spec);
  const bool is_stopped = context.monitor != nullptr && context.monitor->stopped();
  if (!is_bounded || is_stopped) return std::nullopt;
  std::optional<Winner> winner = Race(context, supplies, include_outliers).run();
  if (winner && context.monitor != nullptr) context.monitor->advance(1);
  return winner;
}

}  // namespace capplan
