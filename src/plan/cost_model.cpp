#include "plan/cost_model.h"

#include <algorithm>
#include <cmath>

#include "capplan/core/distribution.h"
#include "core/number_text.h"
#include "core/root.h"

namespace capplan {
namespace {

constexpr double kSmallest = 1e-3;  // of a factor: what falls to nothing, or below it, falls to this

std::array<double, kKnots.size()> knot_scores() {
  std::array<double, kKnots.size()> scores{};
  for (std::size_t i = 0; i < kKnots.size(); ++i) scores[i] = normal_quantile(kKnots[i]);
  return scores;
}
const std::array<double, kKnots.size()> kScores = knot_scores();

// Through (0, 0) and (from[k], to[k]), straight between and beyond; both rise through 0 in the middle.
double straight(double x, const std::array<double, kKnots.size()>& from,
                const std::array<double, kKnots.size()>& to) {
  // The two knots on this side of the middle, the near one first.
  const std::size_t near = x < 0 ? 1 : 2;
  const std::size_t far = x < 0 ? 0 : 3;
  if (from[near] == 0) return 0;
  if (std::abs(x) <= std::abs(from[near]) || from[far] == from[near]) return to[near] * x / from[near];
  return to[near] + (x - from[near]) / (from[far] - from[near]) * (to[far] - to[near]);
}

double log_ratio(double value, double central) {
  return central == 0 ? 0 : std::log(std::max(value / central, kSmallest));
}

// Exponent of a factor that is `ratio` where time is `log_time`.
double exponent(double ratio, double log_time) { return std::abs(log_time) < 1e-12 ? 0 : ratio / log_time; }

bool is_market(Purchase purchase) {
  return purchase == Purchase::kOnDemand || purchase == Purchase::kSpot ||
         purchase == Purchase::kMarketplace || purchase == Purchase::kQueued;
}

const Figure& volatility_of(Purchase purchase, const Catalog& catalog) {
  const bool firm = purchase == Purchase::kOnDemand || purchase == Purchase::kQueued;
  return catalog.figure(firm ? "market.volatility-on-demand" : "market.volatility-interruptible");
}

bool same_response(const CostTerm& a, const CostTerm& b) {
  const auto at = [](const LogResponse& x, const LogResponse& y) { return x.at == y.at; };
  return a.allocation == b.allocation && a.fast == b.fast && a.slow == b.slow && a.cheap == b.cheap &&
         a.dear == b.dear && a.drift == b.drift && a.electricity == b.electricity &&
         std::equal(a.figures.begin(), a.figures.end(), b.figures.begin(), b.figures.end(), at);
}

// What is of a workload goes by the workload's name: its draws are the same wherever it stands in the spec.
std::string name_of(const UncertainFigure& figure, const PlanSpec& spec) {
  for (std::size_t w = 0; w < spec.workloads.size(); ++w) {
    const std::string place = "workloads[" + std::to_string(w) + "].";
    if (figure.path.starts_with(place))
      return "figure/" + spec.workloads[w].name + "/" + figure.path.substr(place.size());
  }
  return "figure/" + figure.path;
}

bool all_flat(const std::vector<LogResponse>& responses) {
  return std::all_of(responses.begin(), responses.end(), [](const LogResponse& r) { return r.flat(); });
}

}  // namespace

double LogResponse::operator()(double score) const { return straight(score, kScores, at); }

FigureScale::FigureScale(const Distribution& distribution)
    : distribution_(distribution), logarithmic_(distribution.quantile(kKnots.front()) > 0) {
  for (std::size_t k = 0; k < kKnots.size(); ++k) knots_[k] = coordinate(kKnots[k]);
}

double FigureScale::coordinate(double probability) const {
  const double value = distribution_.quantile(probability);
  const double median = distribution_.median();
  if (!logarithmic_) return value - median;
  return value > 0 ? std::log(value / median) : knots_.front();
}

double FigureScale::stretched(double score) const {
  return straight(coordinate(normal_probability(score)), knots_, kScores);
}

double FigureScale::probability(double stretched_score) const {
  constexpr double kFarthest = 6;
  const auto beyond = [&](double score) { return stretched(score) - stretched_score; };
  if (beyond(-kFarthest) > 0) return normal_probability(-kFarthest);
  if (beyond(kFarthest) < 0) return normal_probability(kFarthest);
  return normal_probability(root_between(-kFarthest, kFarthest, beyond));
}

void LogResponse::continue_beyond(const std::array<bool, kKnots.size()>& known) {
  for (const std::size_t near : {1U, 2U}) {
    const std::size_t far = near == 1 ? 0 : 3;
    const std::size_t opposite = 3 - near;
    if (!known[near] && known[opposite]) at[near] = at[opposite] * kScores[near] / kScores[opposite];
    if (!known[far]) at[far] = at[near] * kScores[far] / kScores[near];
  }
}

bool LogResponse::flat() const {
  return std::all_of(at.begin(), at.end(), [](double value) { return value == 0; });
}

std::size_t Inputs::add(Input input) {
  const auto found = by_name_.find(input.name);
  if (found != by_name_.end()) return found->second;
  by_name_.emplace(input.name, all_.size());
  all_.push_back(std::move(input));
  return all_.size() - 1;
}

Assumptions assumptions_of_draws(const PlanOption& option, const Catalog& catalog) {
  Assumptions found;
  for (const Allocation& a : option.allocations) {
    if (!is_market(a.purchase)) continue;
    const Figure& volatility = volatility_of(a.purchase, catalog);
    if (volatility.provenance.unverified)
      add_assumption(found, {"figure." + std::string(volatility.id),
                             plain_number(100 * volatility.value) + "% a year", "unverified"});
  }
  return found;
}

Assumption assumption_of_common_error(const Catalog& catalog) {
  const Figure& common = catalog.figure("efficiency.common");
  return {"figure." + std::string(common.id), plain_number(100 * common.value) + "%", "unverified"};
}

double drift_over(const Schedule& paid, double volatility) {
  const double from = paid.from / kYear;
  const double to = std::max(paid.to / kYear, from);
  return volatility * std::sqrt(from + (to - from) / 3);
}

CostModels::CostModels(const BoundSpec& spec, const Catalog& catalog, const PlanSettings& settings,
                       const Market& market)
    : spec_(spec), catalog_(catalog) {
  if (spec.spec->at) draw_figures(settings, market);
  deadlines_.resize(spec.workloads.size());
  if (!median_) return;
  for (const auto& drawn : drawn_) {
    LogResponse budget;
    for (std::size_t k = 0; k < kKnots.size(); ++k) {
      const auto& limit = drawn[k]->bound().spec->constraints.budget;
      if (limit && spec.spec->constraints.budget)
        budget.at[k] = log_ratio(limit->base(), spec.spec->constraints.budget->base());
    }
    budget_.push_back(budget);
    for (std::size_t w = 0; w < deadlines_.size(); ++w) {
      LogResponse deadline;
      for (std::size_t k = 0; k < kKnots.size(); ++k) {
        if (drawn[k]->valid())
          deadline.at[k] =
              log_ratio(drawn[k]->bound().workloads[w].deadline.base(), spec.workloads[w].deadline.base());
      }
      deadlines_[w].push_back(deadline);
    }
  }
}

void CostModels::draw_figures(const PlanSettings& settings, const Market& market) {
  const PlanSpec& spec = *spec_.spec;
  const std::vector<double> medians(spec.uncertain.size(), 0.5);
  median_ = std::make_unique<DrawnSpec>(spec.at(medians), catalog_, settings, market);
  for (std::size_t i = 0; i < spec.uncertain.size(); ++i) {
    figures_.push_back(inputs_.add({.kind = InputKind::kFigure,
                                    .figure = i,
                                    .name = name_of(spec.uncertain[i], spec),
                                    .group = {},
                                    .scale = FigureScale(spec.uncertain[i].distribution)}));
    auto& drawn = drawn_.emplace_back();
    for (std::size_t k = 0; k < kKnots.size(); ++k) {
      std::vector<double> probabilities = medians;
      probabilities[i] = kKnots[k];
      drawn[k] = std::make_unique<DrawnSpec>(spec.at(probabilities), catalog_, settings, market);
    }
  }
}

AllocationModel CostModels::allocation_of(const PlanOption& option, const Allocation& a) {
  const BoundWorkload& w = spec_.workloads[a.workload];
  const std::string accelerator(a.accelerator);
  AllocationModel model;
  model.workload = a.workload;
  model.fast = -std::log(std::min(a.execution.time_p10, 1.0)) / kScoreP90;
  model.slow = std::log(std::max(a.execution.time_p90, 1.0)) / kScoreP90;
  if (model.fast > 0 || model.slow > 0) {
    const std::string group = "time/" + w.workload->name;
    model.time = inputs_.add({.kind = InputKind::kTime,
                              .workload = a.workload,
                              .subject = a.accelerator,
                              .name = group + "/" + accelerator,
                              .group = group,
                              .common = catalog_.figure("efficiency.common").value});
  }
  if (is_market(a.purchase)) {
    const std::string group = "market/" + std::string(purchase_name(a.purchase));
    model.market = inputs_.add({.kind = InputKind::kMarket,
                                .purchase = a.purchase,
                                .subject = a.provider,
                                .name = group + "/" + std::string(a.provider),
                                .group = group,
                                .common = catalog_.figure("market.common").value});
  }
  if (a.purchase == Purchase::kOwned)
    model.capital = inputs_.add({.kind = InputKind::kCapital,
                                 .subject = a.accelerator,
                                 .name = "capital/" + accelerator,
                                 .group = "capital",
                                 .common = catalog_.figure("market.common").value});
  model.served = w.workload->kind == WorkloadKind::kServing;
  model.run_time = a.execution.run_time;
  model.deadline = w.deadline;
  model.horizon = spec_.horizon;
  model.starts_after = a.starts_after;
  if (a.interrupted && a.interrupted->fallback != nullptr && a.interrupted->work.base() > 0) {
    model.kept_in_time = true;
    model.run_time = a.interrupted->work;
    model.work_slow = std::log(a.interrupted->work_p90 / a.interrupted->work) / kScoreP90;
  }
  // What recurs waits for owned accelerators once, not each time.
  model.waits = a.purchase == Purchase::kOwned && w.workload->runs ? Duration{} : a.starts_after;
  // Runs that a program laid out by the month wait for each other in their months alone.
  if (option.optimality) return model;
  model.runs = option.allocations.size() > 1 && spec_.workloads.size() == 1
                   ? option.wall_clock / std::max(a.execution.run_time, kSecond)  // shared out
                   : w.demand.runs - a.runs_missed;
  return model;
}

CostTerm CostModels::term_of(const PlanOption& option, const CostLine& line, const AllocationModel& a) const {
  const double usd = line.amount.usd();
  const Allocation& allocation = option.allocations[line.allocation];
  CostTerm term{.usd = usd, .allocation = line.allocation};
  const auto end = [&](Money beyond) { return log_ratio(usd + beyond.usd(), usd); };
  term.fast = exponent(end(line.spread.fast), -a.fast * kScoreP90);
  term.slow = exponent(end(line.spread.slow), a.slow * kScoreP90);
  term.cheap = -end(line.spread.cheap) / kScoreP90;
  term.dear = end(line.spread.dear) / kScoreP90;
  const bool by_market = a.market != kNoInput && line.category == Category::kCompute && !line.capital &&
                         line.price.origin == Origin::kPrice && line.amount > Money{};
  if (by_market) term.drift = drift_over(line.paid, volatility_of(allocation.purchase, catalog_).value);
  term.electricity = allocation.purchase == Purchase::kOwned && line.category == Category::kPower;
  return term;
}

// Ratios of the lines of the same supply, priced anew at each knot: of a plan that shares work out, its part
// answers as the whole does.
void CostModels::answer_figures(const PlanOption& option, std::size_t part, const Supply& supply,
                                PlanModel& model) const {
  const Allocation& a = option.allocations[part];
  const std::optional<Candidate> central = median_->price(a, supply);
  if (!central) return;
  AllocationModel& own = model.allocations[part];
  own.figures.resize(drawn_.size());
  for (CostTerm& term : model.terms) {
    if (term.allocation == part) term.figures.resize(drawn_.size());
  }
  for (std::size_t i = 0; i < drawn_.size(); ++i) {
    std::array<bool, kKnots.size()> runs{};
    for (std::size_t k = 0; k < kKnots.size(); ++k) {
      const std::optional<Candidate> drawn =
          drawn_[i][k]->valid() ? drawn_[i][k]->price(a, supply) : std::nullopt;
      runs[k] = drawn.has_value();
      if (!drawn) continue;
      own.figures[i].at[k] = log_ratio(drawn->allocation.execution.run_time.base(),
                                       central->allocation.execution.run_time.base());
      for (std::size_t l = 0; l < model.terms.size(); ++l) {
        const CostLine& line = option.cost.lines[l];
        const Money before = amount_like(central->cost, line);
        if (line.allocation == part && before != Money{})
          model.terms[l].figures[i].at[k] = log_ratio(amount_like(drawn->cost, line).usd(), before.usd());
      }
    }
    own.figures[i].continue_beyond(runs);
    for (CostTerm& term : model.terms) {
      if (term.allocation == part) term.figures[i].continue_beyond(runs);
    }
  }
  if (all_flat(own.figures)) own.figures.clear();
}

PlanModel CostModels::model_of(const PlanOption& option) {
  PlanModel model;
  model.figures = figures_;
  for (const Allocation& a : option.allocations) model.allocations.push_back(allocation_of(option, a));
  const bool by_phases = option.allocations.size() > 1 && spec_.workloads.size() == 1 &&
                         spec_.workloads.front().demand.runs <= 1;
  if (by_phases) model.phases = option.wall_clock;
  model.terms.reserve(option.cost.lines.size());
  for (const CostLine& line : option.cost.lines)
    model.terms.push_back(term_of(option, line, model.allocations[line.allocation]));
  return model;
}

void CostModels::complete(PlanModel& model, const PlanOption& option,
                          const std::vector<Supply>& supplies) const {
  for (std::size_t part = 0; part < supplies.size(); ++part) {
    if (median_ && median_->valid() && supplies[part].accelerator != nullptr)
      answer_figures(option, part, supplies[part], model);
  }
  std::vector<CostTerm> joined;
  for (CostTerm& term : model.terms) {
    if (all_flat(term.figures)) term.figures.clear();
    const auto alike = std::find_if(joined.begin(), joined.end(),
                                    [&](const CostTerm& other) { return same_response(other, term); });
    if (alike == joined.end()) {
      joined.push_back(std::move(term));
    } else {
      alike->usd += term.usd;
    }
  }
  model.terms = std::move(joined);
}

}  // namespace capplan
