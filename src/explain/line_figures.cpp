#include "explain/line_figures.h"

#include "explain/work_figures.h"

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

}  // namespace

Derivation LineFigures::amount(const CostLine& line) const {
  return node(line.label, "USD", Operation::kProduct, {quantity(line), price(line)});
}

Derivation LineFigures::quantity(const CostLine& line) const {
  std::vector<Derivation> parts;
  for (const Factor& f : line.factors) parts.push_back(factor(f, line));
  if (parts.empty()) return definition("paid once", 1, "");
  if (parts.size() == 1) return parts.front();
  return node("quantity", line.unit, Operation::kProduct, std::move(parts));
}

Derivation LineFigures::factor(const Factor& f, const CostLine& line) const {
  const Allocation& a = plan_.allocations[line.allocation];
  if (f.origin == Origin::kCapital) return capital(f, line);
  if (f.origin != Origin::kResult) return given(f);
  return f.key == "billed_hours" ? billed_hours(f, a) : result(f, a);
}

Derivation LineFigures::sum_of(const char* name, const std::function<bool(const CostLine&)>& belongs) const {
  std::vector<Derivation> parts;
  for (const CostLine& line : plan_.cost.lines) {
    if (belongs(line)) parts.push_back(amount(line));
  }
  if (parts.empty()) return definition(name, 0, "USD");
  return node(name, "USD", Operation::kSum, std::move(parts));
}

Derivation LineFigures::given(const Factor& f) const {
  Derivation d = leaf(std::string(f.name), f.value, std::string(f.unit), evidence_of(f),
                      std::string(f.provenance.source), std::string(f.provenance.as_of));
  if (f.origin == Origin::kSpec) {
    d.place = x_.spec.places.nearest(f.key);
    if (d.source.empty()) d.source = "the spec";
  }
  if (f.origin == Origin::kRule && d.source.empty())
    d.source = plan_.option == SupplyOption::kOnPrem ? kOwningMethod : kRentingMethod;
  if (f.origin == Origin::kHardware) d.name += " (" + std::string(f.key) + ")";
  return d;
}

// What was bought by the lines above: all of it, or what can be sold again (installation cannot).
Derivation LineFigures::capital(const Factor& f, const CostLine& line) const {
  std::vector<Derivation> parts;
  for (const CostLine& other : plan_.cost.lines) {
    if (&other == &line) break;
    const bool counts = other.allocation == line.allocation && other.capital && other.amount > Money{} &&
                        (f.key == "capital" || other.category != Category::kSetup);
    if (counts) parts.push_back(amount(other));
  }
  if (parts.empty()) return given(f);
  return made_or(node(std::string(f.name), "USD", Operation::kSum, std::move(parts)), f.value, given(f));
}

Derivation LineFigures::result(const Factor& f, const Allocation& a) const {
  const std::string name(f.name);
  const std::string unit(f.unit);
  if (f.key == "horizon") {
    Derivation d = by_rule(name, f.value, unit, "the horizon of the plan");
    d.place = x_.spec.places.nearest("horizon");
    return d;
  }
  if (f.key == "power_share")
    return made_or(*explain_execution(x_, a, "power_share"), f.value,
                   by_rule(name, f.value, unit, kTrainingMethod));
  if (f.key == "hours") return hours_in_use(f, a);
  if (f.key == "runs")
    return made_or(*explain_demand(x_, a.workload, "runs"), f.value,
                   by_rule(name, f.value, unit,
                           std::string("the share of the runs that is done here, ") + kRentingMethod));
  if (f.key == "count")
    return made_or(explain_count(x_, a), f.value, by_rule(name, f.value, unit, kSupplyMethod));
  if (f.key == "stored_gb") return stored(f, a);
  if (f.key == "stored_months")
    return by_rule(name, f.value, unit,
                   std::string("from the first to the last use of the data, ") + kRentingMethod);
  return by_rule(name, f.value, unit, kRentingMethod);
}

// The dataset and the checkpoints that are kept; of a served model its weights.
Derivation LineFigures::stored(const Factor& f, const Allocation& a) const {
  const std::string name(f.name);
  Derivation otherwise = by_rule(name, f.value, "GB",
                                 std::string("dataset and kept checkpoints, or weights, ") + kRentingMethod);
  constexpr double kUsualKept = 3;  // docs/methodology.md, section 1
  const auto& stated = x_.spec.operations.kept_checkpoints;
  Derivation kept = by_rule("checkpoints that are kept", stated.value_or(kUsualKept), "",
                            stated ? "the spec" : std::string("default, ") + kDemandMethod);
  if (stated) kept.place = x_.spec.places.nearest("operations.kept_checkpoints");
  Derivation bytes = node("dataset and kept checkpoints", "B", Operation::kSum,
                          {*explain_demand(x_, a.workload, "dataset_bytes"),
                           node("kept checkpoints", "B", Operation::kProduct,
                                {std::move(kept), *explain_demand(x_, a.workload, "checkpoint_bytes")})});
  return made_or(
      node(name, "GB", Operation::kQuotient, {std::move(bytes), definition("bytes of a gigabyte", 1e9, "B")}),
      f.value, otherwise);
}

// Started units of billing of a run.
Derivation LineFigures::billed_hours(const Factor& f, const Allocation& a) const {
  const std::string name(f.name);
  Derivation otherwise =
      by_rule(name, f.value, "h",
              std::string("the hours of a run that are paid for on this capacity, ") + kRentingMethod);
  const Provider* provider = x_.catalog.provider(a.provider);
  if (provider == nullptr) return otherwise;
  const double unit = provider->billing.value_or(kHour).in(kHour);
  Derivation granularity = leaf(
      "unit of billing", unit, "h",
      provider->billing && !provider->billed_as.unverified ? Evidence::kPublished : Evidence::kUnverified,
      provider->billing ? std::string(provider->billed_as.source) : "default: every started hour is paid",
      std::string(provider->billed_as.as_of));
  const auto in_units = [&](Derivation hours) {
    Derivation units = node("units begun", "", Operation::kCeiling,
                            {node("units", "", Operation::kQuotient, {std::move(hours), granularity})});
    return node(name, "h", Operation::kProduct, {std::move(units), granularity});
  };
  if (!a.interrupted) return made_or(in_units(*explain_execution(x_, a, "run_hours")), f.value, otherwise);
  Derivation fallback = in_units(
      simulated_on_spot("hours of a run on its fallback", a.interrupted->on_fallback.in(kHour), "h"));
  return made_or(in_units(simulated_on_spot("hours of a run on spot", a.interrupted->on_spot.in(kHour), "h")),
                 f.value, made_or(std::move(fallback), f.value, otherwise));
}

Derivation LineFigures::hours_in_use(const Factor& f, const Allocation& a) const {
  Derivation otherwise =
      by_rule(std::string(f.name), f.value, "h",
              std::string("hours in which the plan uses the accelerators, ") + kOwningMethod);
  Derivation made = node(std::string(f.name), "h", Operation::kProduct,
                         {*explain_execution(x_, a, "run_hours"), *explain_demand(x_, a.workload, "runs")});
  return made_or(std::move(made), f.value, otherwise);
}

}  // namespace capplan
