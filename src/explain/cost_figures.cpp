#include "explain/cost_figures.h"

#include <algorithm>
#include <cmath>

#include "explain/work_figures.h"
#include "plan/assumption_shares.h"

namespace capplan {
namespace {

Evidence evidence_of(const Factor& f) {
  if (f.provenance.unverified) return Evidence::kUnverified;
  switch (f.origin) {
    case Origin::kPrice:
      return Evidence::kListPrice;
    case Origin::kFigure:
    case Origin::kHardware:
      return Evidence::kPublished;
    case Origin::kSpec:
    case Origin::kResult:
    case Origin::kCapital:
    case Origin::kRule:
      break;
  }
  return Evidence::kAssumption;
}

class CostFigures {
 public:
  CostFigures(const Explained& x, const PlanOption& plan) : x_(x), plan_(plan), lines_(plan.cost.lines) {}

  Derivation total() const {
    return sum_of("total", [](const CostLine&) { return true; });
  }

  std::optional<Derivation> find(std::string_view key) const {
    if (key == "total_usd" || key == "p50_usd") return total();
    if (key == "p10_usd") return bound("P10 of the total", plan_.low, Operation::kMinimum);
    if (key == "p90_usd") return bound("P90 of the total", plan_.high, Operation::kMaximum);
    if (key == "capex_usd") return sum_of("capital, net of its value at the horizon", is_capital);
    if (key == "opex_usd") return sum_of("running cost", [](const CostLine& line) { return !line.capital; });
    if (key == "idle_usd") return idle();
    if (key.starts_with("breakdown_usd.")) return category(key.substr(14));
    if (key.starts_with("usd_per_million_")) return unit_cost();
    if (key == "npv_usd" && plan_.npv) return discounted();
    if (key == "npv_after_tax_usd" && plan_.npv_after_tax)
      return by_rule(
          "present value after tax", plan_.npv_after_tax->in(kUsd), "USD",
          "cash flow less what spending and depreciation save of tax, docs/methodology.md, Money over "
          "time");
    if (key == "assumed_usd") return assumed();
    if (key == "assumed_share") return share_of_lines("share that rests on assumptions", shares().share);
    if (key.starts_with("cash_flow_usd.")) return cash(key.substr(14));
    if (key.starts_with("line_items[")) return line_item(key);
    return std::nullopt;
  }

  // A factor of a line, with what it rests on.
  Derivation factor(const Factor& f, const CostLine& line) const {
    const Allocation& a = plan_.allocations[line.allocation];
    if (f.origin == Origin::kCapital) return capital(f, line);
    if (f.origin == Origin::kResult) return result(f, a);
    return given(f);
  }
  Derivation given(const Factor& f) const {
    Derivation d = leaf(std::string(f.name), f.value, std::string(f.unit), evidence_of(f),
                        std::string(f.provenance.source), std::string(f.provenance.as_of));
    if (f.origin == Origin::kSpec) d.place = x_.spec.places.nearest(f.key);
    if (f.origin == Origin::kRule && d.source.empty())
      d.source = "a rule of docs/methodology.md, sections 5 and 6";
    if (f.origin == Origin::kHardware) d.name += " (" + std::string(f.key) + ")";
    return d;
  }

  // "assumptions[2].share", "spec_assumptions[0].share"
  std::optional<Derivation> assumption(std::string_view key) const {
    const AssumptionShares all = shares();
    const bool of_spec = key.starts_with("spec_");
    const std::vector<AssumptionShare>& list = of_spec ? all.of_spec : all.of_plan;
    const auto index = index_in(key.substr(key.find('[') + 1));
    if (index >= list.size()) return std::nullopt;
    return share_of_lines("share that rests on " + list[index].assumption.path, list[index].share);
  }

 private:
  AssumptionShares shares() const { return assumption_shares(x_.plan, plan_); }
  Derivation assumed() const {
    return by_rule("lines that rest on assumptions", shares().assumed.usd(), "USD",
                   "by size, each once, docs/methodology.md, section 10");
  }
  static Derivation share_of_lines(std::string name, double share) {
    return by_rule(std::move(name), share, "",
                   "lines that rest on it over all lines, by size, docs/methodology.md, section 10");
  }
  static bool is_capital(const CostLine& line) { return line.capital; }

  Derivation amount(const CostLine& line) const {
    return node(line.label, "USD", Operation::kProduct, {quantity(line), given(line.price)});
  }
  Derivation quantity(const CostLine& line) const {
    std::vector<Derivation> parts;
    for (const Factor& f : line.factors) parts.push_back(factor(f, line));
    if (parts.empty()) parts.push_back(by_rule("one", 1, "", "paid once"));
    return node(line.unit + "s", line.unit, Operation::kProduct, std::move(parts));
  }
  template <class Predicate>
  Derivation sum_of(const char* name, const Predicate& belongs) const {
    std::vector<Derivation> parts;
    for (const CostLine& line : lines_) {
      if (belongs(line)) parts.push_back(amount(line));
    }
    if (parts.empty()) return by_rule(name, 0, "USD", "no line of it");
    return node(name, "USD", Operation::kSum, std::move(parts));
  }

  // What was bought by the lines above: all of it, or what can be sold again (installation cannot).
  Derivation capital(const Factor& f, const CostLine& line) const {
    std::vector<Derivation> parts;
    for (const CostLine& other : lines_) {
      if (&other == &line) break;
      const bool counts = other.allocation == line.allocation && other.capital && other.amount > Money{} &&
                          (f.key == "capital" || other.category != Category::kSetup);
      if (counts) parts.push_back(amount(other));
    }
    if (parts.empty()) return given(f);
    return made_or(node(std::string(f.name), "USD", Operation::kSum, std::move(parts)), f.value, given(f));
  }

  Derivation result(const Factor& f, const Allocation& a) const {
    const std::string name(f.name);
    const std::string unit(f.unit);
    if (f.key == "horizon") return horizon(f);
    if (f.key == "power_share")
      return made_or(*explain_execution(x_, a, "power_share"), f.value,
                     by_rule(name, f.value, unit, "mean draw"));
    if (f.key == "hours") return hours_in_use(f, a);
    if (f.key == "runs")
      return made_or(*explain_demand(x_, a.workload, "runs"), f.value,
                     by_rule(name, f.value, unit, "the share of the runs that is done here"));
    if (f.key == "billed_hours") return billed_hours(f, a);
    if (f.key == "count") return by_rule(name, f.value, unit, "the best count of those that are sold");
    if (f.key == "stored_gb")
      return by_rule(name, f.value, unit,
                     "dataset and kept checkpoints, or weights, docs/methodology.md, section 5");
    return by_rule(name, f.value, unit, "docs/methodology.md, section 5");
  }
  Derivation horizon(const Factor& f) const {
    Derivation d = by_rule(std::string(f.name), f.value, std::string(f.unit), "the horizon of the plan");
    d.place = x_.spec.places.nearest("horizon");
    return d;
  }
  // Started units of billing of a run.
  Derivation billed_hours(const Factor& f, const Allocation& a) const {
    const std::string name(f.name);
    Derivation otherwise = by_rule(name, f.value, "h", "the hours of a run that are paid for");
    const Provider* provider = x_.catalog.provider(a.provider);
    if (provider == nullptr) return otherwise;
    const double unit = provider->billing.value_or(kHour).in(kHour);
    Derivation granularity = leaf(
        "unit of billing", unit, "h",
        provider->billing && !provider->billed_as.unverified ? Evidence::kPublished : Evidence::kUnverified,
        provider->billing ? std::string(provider->billed_as.source) : "default: every started hour is paid",
        std::string(provider->billed_as.as_of));
    Derivation units = node(
        "units begun", "", Operation::kCeiling,
        {node("units", "", Operation::kQuotient, {*explain_execution(x_, a, "run_hours"), granularity})});
    return made_or(node(name, "h", Operation::kProduct, {std::move(units), std::move(granularity)}), f.value,
                   otherwise);
  }
  Derivation hours_in_use(const Factor& f, const Allocation& a) const {
    Derivation otherwise = by_rule(std::string(f.name), f.value, "h", "the plan's hours of use");
    Derivation made = node(std::string(f.name), "h", Operation::kProduct,
                           {*explain_execution(x_, a, "run_hours"), *explain_demand(x_, a.workload, "runs")});
    return made_or(std::move(made), f.value, otherwise);
  }

  std::optional<Derivation> category(std::string_view name) const {
    for (const Category c : kCategories) {
      if (category_name(c) == name)
        return sum_of(category_name(c).data(), [c](const CostLine& line) { return line.category == c; });
    }
    return std::nullopt;
  }

  Derivation bound(const char* name, const CategoryTotals& totals, Operation operation) const {
    std::vector<Derivation> parts;
    for (const Category c : kCategories) {
      const Money amount = totals.amounts[static_cast<std::size_t>(c)];
      if (amount == Money{}) continue;
      parts.push_back(
          leaf(std::string(category_name(c)), amount.usd(), "USD", Evidence::kMeasured,
               "its lines priced again at that end of time and prices, docs/methodology.md, section 11"));
    }
    Derivation priced = parts.empty()
                            ? by_rule("its lines priced again", 0, "USD", "no line")
                            : node("its lines priced again", "USD", Operation::kSum, std::move(parts));
    const double value = operation == Operation::kMinimum ? plan_.p10.usd() : plan_.p90.usd();
    Derivation otherwise = leaf(name, value, "USD", Evidence::kMeasured,
                                "the sum over the plan's parts, each no nearer than its central cost, "
                                "docs/methodology.md, section 11");
    return made_or(node(name, "USD", operation, {total(), std::move(priced)}), value, otherwise);
  }

  Derivation idle() const {
    const double value = plan_.cost.idle.usd();
    Derivation otherwise = by_rule(
        "paid for and not used", value, "USD",
        "the unused share of what is paid whether used or not, docs/methodology.md, sections 5 and 6");
    if (value == 0 || plan_.allocations.size() != 1) return otherwise;
    const Allocation& a = plan_.allocations.front();
    const double share = 1 - a.accelerator_hours / (a.count * x_.plan.horizon.in(kHour));
    Derivation fixed = sum_of("paid whether used or not", [](const CostLine& line) {
      return line.category != Category::kPower && line.category != Category::kStorage;
    });
    return made_or(node("paid for and not used", "USD", Operation::kProduct,
                        {std::move(fixed), by_rule("unused share of the horizon", share, "",
                                                   "one less hours of use over the horizon")}),
                   value, otherwise);
  }

  Derivation unit_cost() const {
    const Demand& d = x_.plan.workloads.front().demand;
    const double units = d.kind == WorkloadKind::kServing ? d.samples * d.output_tokens
                         : d.tokens > 0                   ? d.tokens * d.runs
                                                          : d.samples * d.runs;
    return node("of a million", "USD", Operation::kQuotient,
                {total(), by_rule("millions", units / 1e6, "", "the workload's count over the horizon")});
  }

  // The share of a line that is paid in a month; of time 0 (-1), and at the horizon (the month after the
  // last).
  Derivation cash_at(const std::string& name, double value) const {
    return node(name, "USD", Operation::kProduct,
                {by_rule("what is paid then", -value, "USD",
                         "each line spread over its time, docs/methodology.md, Money over time"),
                 by_rule("paid is negative", -1, "", "convention")});
  }
  std::optional<Derivation> cash(std::string_view key) const {
    if (key == "at_start") return cash_at("cash at the start", plan_.cash.at_start.in(kUsd));
    if (key == "at_horizon") return cash_at("cash at the horizon", plan_.cash.at_horizon.in(kUsd));
    if (!key.starts_with("months[")) return std::nullopt;
    const auto month = index_in(key.substr(7));
    if (month >= plan_.cash.months.size()) return std::nullopt;
    return cash_at("cash of month " + std::to_string(month + 1), plan_.cash.months[month].in(kUsd));
  }

  // What discounting leaves of the total, with the rate that does it.
  Derivation discounted() const {
    const double value = plan_.npv->in(kUsd);
    const double whole = plan_.cost.total().usd();
    if (whole == 0) return by_rule("net present value", value, "USD", "nothing is paid");
    Derivation share =
        by_rule("what a dollar of it is worth today", value / whole, "",
                "the month's cash discounted at the spec's rate, docs/methodology.md, Money over time");
    share.place = x_.spec.places.nearest("finance");
    return node("net present value", "USD", Operation::kProduct, {total(), std::move(share)});
  }

  std::optional<Derivation> line_item(std::string_view key) const {
    const std::size_t close = key.find(']');
    const auto index = index_in(key.substr(11, close - 11));
    if (index >= lines_.size()) return std::nullopt;
    const CostLine& line = lines_[index];
    const std::string_view rest = key.substr(close + 2);
    if (rest == "quantity") return quantity(line);
    if (rest == "unit_price_usd") return given(line.price);
    if (rest == "amount_usd") return amount(line);
    if (rest.starts_with("factors[")) {
      const auto which = index_in(rest.substr(8));
      if (which < line.factors.size()) return factor(line.factors[which], line);
    }
    return std::nullopt;
  }

  const Explained& x_;
  const PlanOption& plan_;
  const std::vector<CostLine>& lines_;
};

// Over the plan's allocations, from the factors of each.
template <class Factors>
Derivation energy_sum(const Explained& x, const PlanOption& plan, const char* name, const char* unit,
                      double value, const Factors& factors_of) {
  const CostFigures figures(x, plan);
  std::vector<Derivation> parts;
  for (std::size_t i = 0; i < plan.uses.size(); ++i) {
    CostLine line;
    line.allocation = i;
    std::vector<Derivation> factors;
    for (const Factor& f : factors_of(plan.uses[i])) factors.push_back(figures.factor(f, line));
    if (!factors.empty())
      parts.push_back(
          node(std::string(plan.allocations[i].accelerator), unit, Operation::kProduct, std::move(factors)));
  }
  Derivation otherwise = by_rule(name, value, unit, "docs/methodology.md, section 10");
  if (parts.empty()) return otherwise;
  return made_or(node(name, unit, Operation::kSum, std::move(parts), "Epoch AI, arXiv 2405.21015"), value,
                 otherwise);
}

}  // namespace

std::optional<Derivation> explain_cost(const Explained& x, const PlanOption& plan, std::string_view key) {
  return CostFigures(x, plan).find(key);
}

Derivation explain_total(const Explained& x, const PlanOption& plan) { return CostFigures(x, plan).total(); }

std::optional<Derivation> explain_assumption(const Explained& x, const PlanOption& plan,
                                             std::string_view key) {
  return CostFigures(x, plan).assumption(key);
}

Derivation explain_energy(const Explained& x, const PlanOption& plan) {
  return energy_sum(x, plan, "energy", "kWh", plan.energy.kwh,
                    [](const EnergyUse& use) { return use.factors; });
}

Derivation explain_carbon(const Explained& x, const PlanOption& plan) {
  return energy_sum(x, plan, "carbon of the electricity", "kg", plan.energy.kg_co2e,
                    [](const EnergyUse& use) {
                      std::vector<Factor> factors = use.factors;
                      factors.push_back(use.intensity);
                      return factors;
                    });
}

Derivation explain_embodied(const Explained& x, const PlanOption& plan) {
  return energy_sum(x, plan, "carbon of making the hardware", "kg", plan.energy.embodied_kg,
                    [](const EnergyUse& use) { return use.embodied; });
}

}  // namespace capplan
