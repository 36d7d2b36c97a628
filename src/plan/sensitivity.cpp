#include "plan/sensitivity.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>

#include "capplan/core/distribution.h"
#include "core/root.h"

namespace capplan {
namespace {

constexpr double kFourfold = 1.3862943611198906;  // logarithm: further off no price and no work is looked for
constexpr double kFarthestScore = 3.5;            // 1 in 4,300

constexpr std::array<std::string_view, 7> kUnitNames{
    "mfu", "time", "usd_per_accelerator_hour", "price", "usd_per_kwh", "work", "figure"};

// What a figure is told in.
struct NamedUnit {
  std::string_view name;
  double base = 1;
};
NamedUnit usual_unit(const Dim& dim) {
  if (dim == Dim{.second = 1}) return {"h", kHour.base()};
  if (dim == Dim{.byte = 1}) return {"GB", kGB.base()};
  if (dim == Dim{.second = -1, .byte = 1}) return {"GB/s", kGB.base()};
  if (dim == Dim{.flop = 1}) return {"FLOP", 1};
  if (dim == Dim{.usd = 1}) return {"USD", 1};
  if (dim == Dim{.usd = 1, .second = -1}) return {"USD/h", 1 / kHour.base()};
  if (dim == Dim{.usd = 1, .joule = -1}) return {"USD/kWh", 1 / kKwh.base()};
  if (dim == Dim{.usd = 1, .gram = -1}) return {"USD/t", 1 / kTonne.base()};
  return {"", 1};
}

double log_under(const CostTerm& term, const AllocationModel& a, const Shift& shift) {
  const double x = shift.by;
  const auto two_sided = [x](double below, double above) { return x * (x < 0 ? below : above); };
  switch (shift.what) {
    case Shift::What::kTime:
      return a.time == shift.input ? two_sided(term.fast, term.slow) : 0;
    case Shift::What::kWork:
      return a.workload == shift.input ? two_sided(term.fast, term.slow) : 0;
    case Shift::What::kMarket:
      return a.market == shift.input && term.drift > 0 ? x : 0;
    case Shift::What::kCapital:
      return a.capital == shift.input ? two_sided(term.cheap, term.dear) : 0;
    case Shift::What::kElectricity:
      return term.electricity ? x : 0;
    case Shift::What::kFigure:
      return shift.input < term.figures.size() ? term.figures[shift.input](x) : 0;
  }
  return 0;
}

// An input as it is looked at: how its value follows from a shift, and where its P10 and P90 are.
struct Probe {
  SensitivityInput input = {};
  Shift shift = {};
  double lowest = -kFourfold, highest = kFourfold;
  double at_low = 0, at_high = 0;  // shifts at P10 and P90 of the score; equal: nobody says how uncertain
  // exponent of the value over the shift; of a price of capital by side
  double below = 1, above = 1;
  // Of a figure; its shifts are stretched scores.
  const Distribution* distribution = nullptr;
  const FigureScale* scale = nullptr;
  double unit = 1;  // base units of the figure's own

  double value(double by) const {
    if (distribution != nullptr) return distribution->quantile(scale->probability(by)) / unit;
    return input.central * std::exp(by * (by < 0 ? below : above));
  }
};

class Study {
 public:
  Study(const std::vector<ModelledPlan>& plans, const CostModels& models, const BoundSpec& spec,
        const Catalog& catalog, const PlanSettings& settings, const Market& market)
      : plans_(plans),
        models_(models),
        spec_(spec),
        catalog_(catalog),
        settings_(settings),
        market_(market) {}

  std::optional<Sensitivity> run() {
    for (std::size_t i = 0; i < plans_.size(); ++i) {
      const auto key = [&](std::size_t p) {
        return std::tuple(plans_[p].option->cost.total(), plans_[p].option->rank);
      };
      if (best_ == kNoInput || key(i) < key(best_)) best_ = i;
    }
    if (best_ == kNoInput) return std::nullopt;
    const PlanOption& best = *plans_[best_].option;
    Sensitivity found{best.id, best.rank, best.cost.total(), {}};
    for (Probe& probe : probes()) {
      look(probe);
      if (probe.input.bar || probe.input.below || probe.input.above)
        found.inputs.push_back(std::move(probe.input));
    }
    std::sort(found.inputs.begin(), found.inputs.end(), [](const auto& a, const auto& b) {
      const auto swing = [](const SensitivityInput& i) { return i.bar ? i.bar->swing() : Money{}; };
      return std::tuple(swing(b), std::string_view(a.name)) < std::tuple(swing(a), std::string_view(b.name));
    });
    return found;
  }

 private:
  // Of the cheapest plan and of the cheapest of each other option.
  std::vector<std::size_t> told_of() const {
    std::vector<std::size_t> told{best_};
    for (const SupplyOption option : {SupplyOption::kCloud, SupplyOption::kRental, SupplyOption::kOnPrem}) {
      std::size_t first = kNoInput;
      for (std::size_t i = 0; i < plans_.size(); ++i) {
        const PlanOption& o = *plans_[i].option;
        if (o.option != option) continue;
        if (first == kNoInput || o.cost.total() < plans_[first].option->cost.total()) first = i;
      }
      if (first != kNoInput && plans_[best_].option->option != option) told.push_back(first);
    }
    return told;
  }

  std::vector<Probe> probes() {
    std::vector<Probe> all;
    for (const std::size_t plan : told_of()) {
      const PlanModel& model = plans_[plan].model;
      for (std::size_t a = 0; a < model.allocations.size(); ++a) {
        const Allocation& allocation = plans_[plan].option->allocations[a];
        add_time(all, model.allocations[a], allocation);
        add_market(all, model, a, allocation);
        add_capital(all, model, a, allocation);
      }
    }
    add_electricity(all);
    add_work(all);
    add_figures(all);
    return all;
  }

  static void keep(std::vector<Probe>& all, Probe probe) {
    const bool known =
        std::any_of(all.begin(), all.end(), [&](const Probe& p) { return p.input.name == probe.input.name; });
    if (!known) all.push_back(std::move(probe));
  }

  void add_time(std::vector<Probe>& all, const AllocationModel& a, const Allocation& allocation) const {
    if (a.time == kNoInput) return;
    const bool by_mfu = !a.served && !allocation.interrupted && allocation.execution.mfu > 0;
    Probe probe{.shift = {Shift::What::kTime, a.time}};
    probe.input.name = (by_mfu ? "MFU of " : "time of ") + spec_.workloads[a.workload].workload->name +
                       " on " + std::string(allocation.accelerator);
    probe.input.unit = by_mfu ? SensitivityUnit::kMfu : SensitivityUnit::kTimeRatio;
    probe.input.central = by_mfu ? allocation.execution.mfu : 1;
    probe.below = probe.above = by_mfu ? -1 : 1;
    if (by_mfu) probe.lowest = std::max(-kFourfold, std::log(allocation.execution.mfu));  // an MFU of 1
    probe.at_low = by_mfu ? a.slow * kScoreP90 : -a.fast * kScoreP90;
    probe.at_high = by_mfu ? -a.fast * kScoreP90 : a.slow * kScoreP90;
    keep(all, std::move(probe));
  }

  void add_market(std::vector<Probe>& all, const PlanModel& model, std::size_t part,
                  const Allocation& allocation) const {
    const AllocationModel& a = model.allocations[part];
    if (a.market == kNoInput || !allocation.usd_per_accelerator_hour) return;
    double drift = 0;
    for (const CostTerm& term : model.terms) {
      if (term.allocation == part) drift = std::max(drift, term.drift);
    }
    Probe probe{.shift = {Shift::What::kMarket, a.market}};
    probe.input.name = std::string(purchase_name(allocation.purchase)) + " prices of " +
                       std::string(allocation.provider) + ", as of " + std::string(allocation.accelerator);
    probe.input.unit = SensitivityUnit::kHourly;
    probe.input.central = *allocation.usd_per_accelerator_hour;
    probe.at_low = -drift * kScoreP90;
    probe.at_high = drift * kScoreP90;
    keep(all, std::move(probe));
  }

  void add_capital(std::vector<Probe>& all, const PlanModel& model, std::size_t part,
                   const Allocation& allocation) const {
    const AllocationModel& a = model.allocations[part];
    if (a.capital == kNoInput) return;
    Probe probe{.shift = {Shift::What::kCapital, a.capital}};
    const PurchasePrice& price = *catalog_.accelerator(allocation.accelerator)->purchase;
    const auto slope = [&](const std::optional<Usd>& end) {
      return end ? std::abs(std::log(*end / price.price)) / kScoreP90 : 0;
    };
    probe.below = slope(price.low);
    probe.above = slope(price.high);
    probe.input.name = "purchase price of " + std::string(allocation.accelerator) + " and value left";
    probe.input.unit = SensitivityUnit::kPriceRatio;
    probe.input.central = 1;
    probe.lowest = -kFarthestScore;
    probe.highest = kFarthestScore;
    probe.at_low = -kScoreP90;
    probe.at_high = kScoreP90;
    keep(all, std::move(probe));
  }

  void add_electricity(std::vector<Probe>& all) const {
    Probe probe{.shift = {Shift::What::kElectricity}};
    probe.input.name = "electricity of one's own site";
    probe.input.unit = SensitivityUnit::kPerKwh;
    probe.input.central = spec_.site.electricity.value;
    if (probe.input.central > 0) keep(all, std::move(probe));
  }

  void add_work(std::vector<Probe>& all) const {
    for (std::size_t w = 0; w < spec_.workloads.size(); ++w) {
      const Workload& workload = *spec_.workloads[w].workload;
      if (workload.kind == WorkloadKind::kServing) continue;
      Probe probe{.shift = {Shift::What::kWork, w}};
      probe.input.name = "work of " + workload.name;
      probe.input.unit = SensitivityUnit::kWorkRatio;
      probe.input.central = 1;
      keep(all, std::move(probe));
    }
  }

  void add_figures(std::vector<Probe>& all) const {
    for (std::size_t i = 0; i < models_.figures().size(); ++i) {
      const UncertainFigure& figure = models_.uncertain(i);
      Probe probe{.shift = {Shift::What::kFigure, i}};
      probe.input.name = figure.path;
      probe.input.unit = SensitivityUnit::kFigure;
      const NamedUnit unit = usual_unit(figure.dim);
      probe.unit = unit.base;
      probe.input.figure_unit = unit.name;
      if (models_.is_of_profile(i))
        probe.input.source = figure.location.file + ":" + std::to_string(figure.location.line);
      probe.input.central = figure.distribution.median() / unit.base;
      probe.distribution = &figure.distribution;
      probe.scale = &*models_.inputs().all()[models_.figures()[i]].scale;
      probe.lowest = probe.scale->stretched(-kFarthestScore);
      probe.highest = probe.scale->stretched(kFarthestScore);
      probe.at_low = probe.scale->stretched(-kScoreP90);
      probe.at_high = probe.scale->stretched(kScoreP90);
      keep(all, std::move(probe));
    }
  }

  double cost(std::size_t plan, const Probe& probe, double by) const {
    Shift shift = probe.shift;
    shift.by = by;
    return cost_under(plans_[plan].model, shift);
  }

  void look(Probe& probe) const {
    if (probe.at_low != probe.at_high) {
      TornadoBar bar;
      bar.p10 = probe.value(probe.at_low);
      bar.p90 = probe.value(probe.at_high);
      bar.at_p10 = Money::of(Usd::of(cost(best_, probe, probe.at_low)));
      bar.at_p90 = Money::of(Usd::of(cost(best_, probe, probe.at_high)));
      if (bar.swing() != Money{}) probe.input.bar = bar;
    }
    std::optional<SwitchPoint> first = nearest_switch(probe, probe.lowest);
    std::optional<SwitchPoint> second = nearest_switch(probe, probe.highest);
    if (first && first->value > probe.input.central) std::swap(first, second);
    if (second && second->value < probe.input.central) std::swap(first, second);
    probe.input.below = std::move(first);
    probe.input.above = std::move(second);
  }

  // Kinks of the responses between the centre and an end, the end included.
  static std::vector<double> pieces(const Probe& probe, double end) {
    std::vector<double> ends{0};
    if (probe.distribution != nullptr) {
      for (const double knot : kKnots) {
        const double score = normal_quantile(knot);
        if (score * end > 0 && std::abs(score) < std::abs(end)) ends.push_back(score);
      }
    }
    ends.push_back(end);
    std::sort(ends.begin(), ends.end(), [](double a, double b) { return std::abs(a) < std::abs(b); });
    return ends;
  }

  // The plan that is first to cost less than the best one on the way from the centre to an end.
  std::optional<SwitchPoint> nearest_switch(const Probe& probe, double end) const {
    const std::vector<double> ends = pieces(probe, end);
    double nearest = end;
    std::size_t taker = kNoInput;
    for (std::size_t plan = 0; plan < plans_.size(); ++plan) {
      if (plan == best_) continue;
      const auto over_best = [&](double by) { return cost(plan, probe, by) - cost(best_, probe, by); };
      for (std::size_t i = 1; i < ends.size(); ++i) {
        if (std::abs(ends[i - 1]) >= std::abs(nearest)) break;
        if (over_best(ends[i]) >= 0 || over_best(ends[i - 1]) < 0) continue;
        const double root = root_between(ends[i - 1], ends[i], over_best);
        if (std::abs(root) < std::abs(nearest) && can_run(probe, root, plan)) {
          nearest = root;
          taker = plan;
        }
        break;
      }
    }
    if (taker == kNoInput) return std::nullopt;
    const PlanOption& other = *plans_[taker].option;
    return SwitchPoint{probe.value(nearest), other.id, other.rank,
                       Money::of(Usd::of(cost(best_, probe, nearest))), apart(probe, nearest, taker)};
  }

  // Whether the engine finds a way to run the plan with this value of a figure: terms may be too short for
  // it.
  bool can_run(const Probe& probe, double by, std::size_t plan) const {
    const bool asked = probe.input.unit == SensitivityUnit::kFigure &&
                       plans_[plan].option->allocations.size() == spec_.workloads.size();
    return !asked || priced_at(probe, by, plan).has_value();
  }

  // Both plans priced anew at the switch point, where the spec can say it.
  std::optional<double> apart(const Probe& probe, double by, std::size_t other) const {
    const auto best = priced_at(probe, by, best_);
    const auto second = priced_at(probe, by, other);
    if (!best || !second) return std::nullopt;
    return std::abs(*second - *best) / std::abs(*best);
  }

  std::optional<double> priced_at(const Probe& probe, double by, std::size_t plan) const {
    PlanSpec spec = *spec_.spec;
    switch (probe.input.unit) {
      case SensitivityUnit::kMfu: {
        // Only what runs on that accelerator; each plan has an MFU of its own there.
        const PlanOption& o = *plans_[plan].option;
        if (o.allocations.size() > 1) return std::nullopt;
        if (plans_[plan].model.allocations.front().time != probe.shift.input) return o.cost.total().usd();
        spec.workloads[o.allocations.front().workload].assume.mfu =
            o.allocations.front().execution.mfu * std::exp(-by);
        break;
      }
      case SensitivityUnit::kPerKwh:
        spec.site.electricity = probe.value(by) * kUsd / kKwh;
        break;
      case SensitivityUnit::kFigure: {
        const std::array<std::size_t, 1> figure{probe.shift.input};
        return priced(*models_.drawn(figure, probe.scale->probability(by)), plan);
      }
      default:
        return std::nullopt;
    }
    return priced(DrawnSpec(std::move(spec), catalog_, settings_, market_), plan);
  }

  std::optional<double> priced(const DrawnSpec& drawn, std::size_t plan) const {
    const PlanOption& o = *plans_[plan].option;
    if (!drawn.valid() || o.allocations.size() != spec_.workloads.size()) return std::nullopt;
    double sum = 0;
    for (std::size_t a = 0; a < o.allocations.size(); ++a) {
      if (plans_[plan].supplies[a].accelerator == nullptr) return std::nullopt;
      const std::optional<Candidate> candidate = drawn.price(o.allocations[a], plans_[plan].supplies[a]);
      if (!candidate) return std::nullopt;
      sum += candidate->cost.total().usd();
    }
    return sum;
  }

  const std::vector<ModelledPlan>& plans_;
  const CostModels& models_;
  const BoundSpec& spec_;
  const Catalog& catalog_;
  const PlanSettings& settings_;
  const Market& market_;
  std::size_t best_ = kNoInput;
};

}  // namespace

std::string_view sensitivity_unit_name(SensitivityUnit unit) {
  return kUnitNames[static_cast<std::size_t>(unit)];
}

double cost_under(const PlanModel& model, const Shift& shift) {
  double sum = 0;
  for (const CostTerm& term : model.terms) {
    const double log = log_under(term, model.allocations[term.allocation], shift);
    sum += log == 0 ? term.usd : term.usd * std::exp(log);
  }
  return sum;
}

std::optional<Sensitivity> find_sensitivity(const std::vector<ModelledPlan>& plans, const CostModels& models,
                                            const BoundSpec& spec, const Catalog& catalog,
                                            const PlanSettings& settings, const Market& market) {
  return Study(plans, models, spec, catalog, settings, market).run();
}

}  // namespace capplan
