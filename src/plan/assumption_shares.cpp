#include "plan/assumption_shares.h"

#include <algorithm>
#include <array>
#include <utility>

namespace capplan {
namespace {

// What of a line an assumption bears on.
enum class Bears {
  kNothing,   // of cost: a choice, or something that only time or carbon follow from
  kFactor,    // a factor or price without a source, by its path
  kEffort,    // what follows from how long a run takes, or how large a fleet is
  kBilling,   // hours as they are billed
  kData,      // amounts of data
  kHorizon,   // what is paid for as long as the horizon
  kTerm,      // hours of a commitment
  kSite,      // where what is owned stands: its space, cooling and electricity
  kPower,     // electricity of what is owned
  kCarbon,    // the price of carbon
  kSpecMoney  // amounts that the spec states
};

// By the beginning of the path, behind "workloads[i]." where it has that; what is not listed is about the
// work.
constexpr std::array<std::pair<std::string_view, Bears>, 22> kPaths{
    {{"figure.", Bears::kFactor},      {"purchase.", Bears::kFactor},       {"price.", Bears::kFactor},
     {"rated_power.", Bears::kFactor}, {"site.shared", Bears::kFactor},     {"site.profile", Bears::kSite},
     {"site.", Bears::kNothing},       {"owned.idle_power", Bears::kPower}, {"owned.", Bears::kNothing},
     {"billing.", Bears::kBilling},    {"commitment.", Bears::kTerm},       {"carbon.", Bears::kCarbon},
     {"power.", Bears::kCarbon},       {"exchange.", Bears::kSpecMoney},    {"horizon", Bears::kHorizon},
     {"objective", Bears::kNothing},   {"hybrid.uplink", Bears::kNothing},  {"dataset.at", Bears::kNothing},
     {"dataset.size", Bears::kData},   {"dataset.bytes", Bears::kData},     {"traffic.bytes", Bears::kData},
     {"profiles", Bears::kNothing}}};

struct Path {
  std::string_view rest;
  std::optional<std::size_t> workload;
};

Path path_of(std::string_view path) {
  constexpr std::string_view kStart = "workloads[";
  const std::size_t close = path.find("].");
  if (!path.starts_with(kStart) || close == std::string_view::npos) return {path, std::nullopt};
  std::size_t index = 0;
  for (const char digit : path.substr(kStart.size(), close - kStart.size()))
    index = 10 * index + static_cast<std::size_t>(digit - '0');
  return {path.substr(close + 2), index};
}

Bears bears_on(std::string_view rest) {
  const auto* found = std::find_if(kPaths.begin(), kPaths.end(),
                                   [&](const auto& known) { return rest.starts_with(known.first); });
  return found == kPaths.end() ? Bears::kEffort : found->second;
}

bool is_of_price(Bears bears) {
  return bears == Bears::kFactor || bears == Bears::kCarbon || bears == Bears::kSpecMoney ||
         bears == Bears::kSite;
}

bool has_key(const CostLine& line, std::initializer_list<std::string_view> keys) {
  const auto one_of = [&](const Factor& f) {
    return f.origin == Origin::kResult && std::find(keys.begin(), keys.end(), f.key) != keys.end();
  };
  return std::any_of(line.factors.begin(), line.factors.end(), one_of);
}

Money size_of(const CostLine& line) { return line.amount < Money{} ? Money{} - line.amount : line.amount; }

class Shares {
 public:
  Shares(const Plan& plan, const PlanOption& option)
      : plan_(plan),
        option_(option),
        on_any_(option.cost.lines.size()),
        on_price_(option.cost.lines.size()),
        on_effort_(option.cost.lines.size()) {
    for (const CostLine& line : option.cost.lines) all_ += size_of(line);
  }

  AssumptionShares take() {
    for (const Assumption& a : assumptions_of(option_)) found_.of_plan.push_back(share_of(a));
    for (const Assumption& a : plan_.assumptions) found_.of_spec.push_back(share_of(a));
    found_.assumed = sum(on_any_);
    found_.share = share(on_any_);
    found_.price_share = share(on_price_);
    found_.effort_share = share(on_effort_);
    return std::move(found_);
  }

 private:
  const Allocation& allocation(const CostLine& line) const { return option_.allocations[line.allocation]; }

  AssumptionShare share_of(const Assumption& a) {
    const Path path = path_of(a.path);
    const Bears bears = bears_on(path.rest);
    const std::vector<CostLine>& lines = option_.cost.lines;
    std::vector<bool> rests(lines.size());
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const bool belongs = !path.workload || allocation(lines[i]).workload == *path.workload;
      rests[i] =
          (belongs && may_bear(a, lines[i]) && rests_on(lines[i], path.rest, bears)) || follows(i, rests);
      on_any_[i] = on_any_[i] || rests[i];
      std::vector<bool>& kind = is_of_price(bears) ? on_price_ : on_effort_;
      kind[i] = kind[i] || rests[i];
    }
    return {a, share(rests), is_of_price(bears)};
  }

  // What was assumed of how one allocation runs says nothing of the others.
  bool may_bear(const Assumption& a, const CostLine& line) const {
    const auto assumes = [&](const Allocation& part) {
      const Assumptions& own = part.execution.assumptions;
      return std::find(own.begin(), own.end(), a) != own.end();
    };
    const auto& parts = option_.allocations;
    return assumes(allocation(line)) || std::none_of(parts.begin(), parts.end(), assumes);
  }

  // A line on the sum of others: of capital, or of rented compute.
  bool follows(std::size_t index, const std::vector<bool>& rests) const {
    const std::vector<CostLine>& lines = option_.cost.lines;
    const CostLine& line = lines[index];
    const bool on_compute = has_key(line, {"rented_compute"});
    const auto on_capital = std::find_if(line.factors.begin(), line.factors.end(),
                                         [](const Factor& f) { return f.origin == Origin::kCapital; });
    for (std::size_t i = 0; i < index; ++i) {
      if (!rests[i] || lines[i].allocation != line.allocation) continue;
      if (on_compute && lines[i].category == Category::kCompute) return true;
      if (on_capital != line.factors.end() && lines[i].capital && lines[i].amount > Money{} &&
          (on_capital->key == "capital" || lines[i].category != Category::kSetup))
        return true;
    }
    return false;
  }

  bool rests_on(const CostLine& line, std::string_view path, Bears bears) const {
    const bool owned = allocation(line).purchase == Purchase::kOwned;
    switch (bears) {
      case Bears::kNothing:
        return false;
      case Bears::kFactor:
        return has_factor(line, path);
      case Bears::kEffort:
        return follows_effort(line);
      case Bears::kBilling:
        return has_key(line, {"billed_hours", "paid_hours"});
      case Bears::kData:
        return is_of_data(line);
      case Bears::kHorizon:
        return has_key(line, {"horizon"}) || line.paid.to >= plan_.horizon;
      case Bears::kTerm:
        return has_term(allocation(line).purchase) && line.category == Category::kCompute;
      case Bears::kSite:
        return owned && (line.category == Category::kPower || line.category == Category::kFacility);
      case Bears::kPower:
        return owned && line.category == Category::kPower;
      case Bears::kCarbon:
        return line.price.key == "carbon_price";
      case Bears::kSpecMoney:
        return line.price.origin == Origin::kSpec;
    }
    return false;
  }

  static bool is_of_data(const CostLine& line) {
    return line.category == Category::kStorage || line.unit == "GB";
  }

  // Traffic is answered by a fleet of the size it needs, whatever the hours; a run takes the hours it needs.
  bool follows_effort(const CostLine& line) const {
    if (allocation(line).execution.serving)
      return !is_of_data(line) && !line.price.key.starts_with("operations.");
    return has_key(line, {"hours", "billed_hours", "paid_hours"}) ||
           (has_key(line, {"stored_months", "held_months"}) && line.paid.to < plan_.horizon);
  }

  bool has_factor(const CostLine& line, std::string_view path) const {
    const auto is_it = [&](const Factor& f) {
      if (f.origin == Origin::kSpec) return f.key == path;
      return f.provenance.unverified && assumed_path(f) == path;
    };
    return std::any_of(line.factors.begin(), line.factors.end(), is_it) || is_it(line.price) ||
           rests_on_row(line, path);
  }

  // "price.<provider>.storage", ".egress", or of an accelerator whose name the price list leaves open.
  bool rests_on_row(const CostLine& line, std::string_view path) const {
    const std::string row = "price." + std::string(line.price.key) + ".";
    if (!path.starts_with(row)) return false;
    const std::string_view what = path.substr(row.size());
    if (line.category == Category::kCompute) return what == allocation(line).accelerator;
    return line.price.provenance.unverified &&
           what == (line.category == Category::kStorage ? "storage" : "egress");
  }

  Money sum(const std::vector<bool>& which) const {
    Money total;
    for (std::size_t i = 0; i < which.size(); ++i) {
      if (which[i]) total += size_of(option_.cost.lines[i]);
    }
    return total;
  }
  double share(const std::vector<bool>& which) const {
    return all_ == Money{} ? 0 : sum(which).usd() / all_.usd();
  }

  const Plan& plan_;
  const PlanOption& option_;
  Money all_;
  std::vector<bool> on_any_, on_price_, on_effort_;
  AssumptionShares found_;
};

}  // namespace

AssumptionShares assumption_shares(const Plan& plan, const PlanOption& option) {
  return Shares(plan, option).take();
}

Assumptions assumptions_of(const PlanOption& option) {
  Assumptions all = option.cost.assumptions;
  for (const Assumption& a : option.energy.assumptions) add_assumption(all, a);
  for (const Allocation& allocation : option.allocations) {
    for (const Assumption& a : allocation.execution.assumptions) add_assumption(all, a);
  }
  return all;
}

}  // namespace capplan
