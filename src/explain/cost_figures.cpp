#include "explain/cost_figures.h"

#include <algorithm>
#include <cmath>

#include "explain/cash_figures.h"
#include "explain/line_figures.h"
#include "explain/work_figures.h"
#include "plan/assumption_shares.h"

namespace capplan {
namespace {

class CostFigures {
 public:
  CostFigures(const Explained& x, const PlanOption& plan) : x_(x), plan_(plan), lines_(x, plan) {}

  Derivation total() const {
    return lines_.sum_of("total", [](const CostLine&) { return true; });
  }

  std::optional<Derivation> find(std::string_view key) const {
    if (key == "total_usd") return total();
    if (key == "p10_usd") return quantile("P10 of the total", &CostQuantiles::p10);
    if (key == "p50_usd") return quantile("P50 of the total", &CostQuantiles::p50);
    if (key == "p90_usd") return quantile("P90 of the total", &CostQuantiles::p90);
    if (key == "capex_usd")
      return lines_.sum_of("capital, net of its value at the horizon",
                           [](const CostLine& line) { return line.capital; });
    if (key == "opex_usd")
      return lines_.sum_of("running cost", [](const CostLine& line) { return !line.capital; });
    if (key == "idle_usd") return idle();
    if (key.starts_with("breakdown_usd.")) return category(key.substr(14));
    if (key == "assumed_usd") return assumed();
    if (key == "assumed_share") return share_of_lines("share that rests on assumptions", shares().share);
    if (key.starts_with("usd_per_million_")) return unit_cost(key);
    if (key.starts_with("line_items[")) return line_item(key);
    return explain_cash(x_, plan_, key);
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
                   std::string("by size, each line once, ") + kRankingMethod);
  }
  static Derivation share_of_lines(std::string name, double share) {
    return by_rule(std::move(name), share, "",
                   std::string("lines that rest on it over all lines, by size, ") + kRankingMethod);
  }

  std::optional<Derivation> category(std::string_view name) const {
    for (const Category c : kCategories) {
      if (category_name(c) == name) return central(c);
    }
    return std::nullopt;
  }
  Derivation central(Category c) const {
    return lines_.sum_of(category_name(c).data(), [c](const CostLine& line) { return line.category == c; });
  }

  std::optional<Derivation> quantile(std::string name, Money CostQuantiles::*which) const {
    if (!plan_.sampled) return std::nullopt;
    const Money value = (*plan_.sampled).*which;
    Derivation central = total();
    Derivation rest =
        leaf("beyond the cost at central values", value.usd() - central.value, "USD", Evidence::kMeasured,
             "of " + std::to_string(x_.plan.sampling.samples) + " samples of its lines, " + kRangeMethod);
    return node(std::move(name), "USD", Operation::kSum, {std::move(central), std::move(rest)});
  }

  Derivation idle() const {
    const double value = plan_.cost.idle.usd();
    Derivation otherwise =
        by_rule("paid for and not used", value, "USD",
                std::string("the unused share of what is paid whether used or not, ") +
                    (plan_.option == SupplyOption::kOnPrem ? kOwningMethod : kRentingMethod));
    if (value == 0 || plan_.allocations.size() != 1) return otherwise;
    const Allocation& a = plan_.allocations.front();
    Derivation fixed = lines_.sum_of("paid whether used or not", [](const CostLine& line) {
      return line.category != Category::kPower && line.category != Category::kStorage;
    });
    Derivation used =
        node("used share of the horizon", "", Operation::kQuotient,
             {explain_accelerator_hours(x_, a), explain_count(x_, a),
              by_rule("hours of the horizon", x_.plan.horizon.in(kHour), "h", "the horizon of the plan")});
    Derivation unused = node("unused share of the horizon", "", Operation::kDifference,
                             {definition("all of it", 1, ""), std::move(used)});
    return made_or(
        node("paid for and not used", "USD", Operation::kProduct, {std::move(fixed), std::move(unused)}),
        value, otherwise);
  }

  Derivation unit_cost(std::string_view key) const {
    const Demand& d = x_.plan.workloads.front().demand;
    const bool tokens = key == "usd_per_million_tokens";
    std::vector<Derivation> factors{*explain_demand(x_, 0, tokens ? "tokens" : "samples"),
                                    d.kind == WorkloadKind::kServing ? *explain_demand(x_, 0, "output_tokens")
                                                                     : *explain_demand(x_, 0, "runs")};
    Derivation units = node("units over the horizon", "", Operation::kProduct, std::move(factors));
    return node("cost of a million", "USD", Operation::kQuotient,
                {total(), node("millions over the horizon", "", Operation::kQuotient,
                               {std::move(units), definition("a million", 1e6, "")})});
  }

  std::optional<Derivation> line_item(std::string_view key) const {
    const auto index = index_in(key.substr(11));
    if (index >= plan_.cost.lines.size()) return std::nullopt;
    const CostLine& line = plan_.cost.lines[index];
    const std::string_view rest = key.substr(key.find(']') + 2);
    if (rest == "quantity") return lines_.quantity(line);
    if (rest == "unit_price_usd") return lines_.price(line);
    if (rest == "amount_usd") return lines_.amount(line);
    if (rest.starts_with("factors[")) {
      const auto which = index_in(rest.substr(8));
      if (which < line.factors.size()) return lines_.factor(line.factors[which], line);
    }
    return std::nullopt;
  }

  const Explained& x_;
  const PlanOption& plan_;
  LineFigures lines_;
};

// Over the plan's allocations, from the factors of each.
template <class Factors>
Derivation energy_sum(const Explained& x, const PlanOption& plan, const char* name, const char* unit,
                      double value, const Factors& factors_of) {
  const LineFigures lines(x, plan);
  std::vector<Derivation> parts;
  for (std::size_t i = 0; i < plan.uses.size(); ++i) {
    CostLine line;
    line.allocation = i;
    std::vector<Derivation> factors;
    for (const Factor& f : factors_of(plan.uses[i])) factors.push_back(lines.factor(f, line));
    if (!factors.empty())
      parts.push_back(
          node(std::string(plan.allocations[i].accelerator), unit, Operation::kProduct, std::move(factors)));
  }
  Derivation otherwise = by_rule(name, value, unit, kEnergyMethod);
  if (parts.empty()) return otherwise;
  return made_or(node(name, unit, Operation::kSum, std::move(parts), "Epoch AI, arXiv 2405.21015"), value,
                 otherwise);
}

}  // namespace

std::optional<Derivation> explain_cost(const Explained& x, const PlanOption& plan, std::string_view key) {
  return CostFigures(x, plan).find(key);
}

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
