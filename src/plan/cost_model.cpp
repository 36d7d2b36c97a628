#include "plan/cost_model.h"

#include <algorithm>
#include <cmath>

#include "capplan/core/distribution.h"
#include "core/number_text.h"
#include "core/parallel.h"
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

// A price is about its accelerator at its provider: spot capacity falls back on firm hours of the same.
bool is_about(const UncertainProfileFigure& figure, const Allocation& a) {
  return figure.provider.empty() || (figure.provider == a.provider && figure.accelerator == a.accelerator);
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
  if (paid.use.empty()) return volatility * std::sqrt(from + (to - from) / 3);
  double years = 0;
  double left = 1;
  for (std::size_t m = 0; m < paid.use.size(); ++m) {
    const double begin = static_cast<double>(m) * (kMonth / kYear);
    const double end = m + 1 == paid.use.size() ? std::max(to, begin) : begin + kMonth / kYear;
    const double after = left - paid.share_of_month(m);
    years += (end - begin) * (left * left + left * after + after * after) / 3;
    left = after;
  }
  return volatility * std::sqrt(years);
}

CostModels::CostModels(const BoundSpec& spec, const Catalog& catalog, const PlanSettings& settings,
                       const Market& market, const std::vector<PlanOption>& plans)
    : spec_(spec), catalog_(catalog), settings_(settings), market_(market) {
  deadlines_.resize(spec.workloads.size());
  add_figures(plans);
  if (uncertain_.empty()) return;
  median_ = drawn({}, 0.5);
  answer_limits();
}

void CostModels::add_figures(const std::vector<PlanOption>& plans) {
  for (const UncertainFigure& u : spec_.spec->uncertain) uncertain_.push_back({&u, nullptr});
  for (const UncertainProfileFigure& u : catalog_.uncertain()) {
    const bool counts = std::ranges::any_of(plans, [&](const PlanOption& o) {
      return std::ranges::any_of(o.allocations, [&](const Allocation& a) { return is_about(u, a); });
    });
    if (counts) uncertain_.push_back({&u.figure, &u});
  }
  for (std::size_t i = 0; i < uncertain_.size(); ++i) {
    const UncertainFigure& u = *uncertain_[i].figure;
    figures_.push_back(inputs_.add({.kind = InputKind::kFigure,
                                    .figure = i,
                                    .name = is_of_profile(i) ? "profile/" + u.path : name_of(u, *spec_.spec),
                                    .group = {},
                                    .scale = FigureScale(u.distribution)}));
    gather(i);
  }
}

// A draw of the profiles reads them anew: it serves a price of every provider and accelerator.
void CostModels::gather(std::size_t figure) {
  const auto whose = [this](std::size_t f) -> std::pair<std::string_view, std::string_view> {
    const UncertainProfileFigure* u = uncertain_[f].of_profile;
    if (u == nullptr) return {};
    return {u->provider, u->accelerator};
  };
  const auto own = whose(figure);
  const auto fits = [&](const Together& others) {
    return std::ranges::none_of(others,
                                [&](std::size_t f) { return whose(f).first.empty() || whose(f) == own; });
  };
  const auto found = own.first.empty() ? draws_.end() : std::ranges::find_if(draws_, fits);
  if (found == draws_.end()) {
    draws_.push_back({figure});
  } else {
    found->push_back(figure);
  }
}

bool CostModels::may_rest_on(const Allocation& a, std::size_t figure) const {
  const UncertainProfileFigure* u = uncertain_[figure].of_profile;
  return u == nullptr || is_about(*u, a);
}

bool CostModels::rests_on_any(const Allocation& a) const {
  for (std::size_t i = 0; i < uncertain_.size(); ++i) {
    if (may_rest_on(a, i)) return true;
  }
  return false;
}

std::unique_ptr<DrawnSpec> CostModels::drawn(std::span<const std::size_t> figures, double probability) const {
  const PlanSpec& spec = *spec_.spec;
  std::vector<double> of_spec(spec.uncertain.size(), 0.5);
  Probabilities of_profiles;
  for (const std::size_t f : figures) {
    if (is_of_profile(f)) {
      of_profiles[uncertain_[f].figure->path] = probability;
    } else {
      of_spec[f] = probability;
    }
  }
  return std::make_unique<DrawnSpec>(spec.at ? spec.at(of_spec) : spec, catalog_, settings_, market_,
                                     of_profiles);
}

CostModels::Knots CostModels::at_knots(const Together& figures) const {
  Knots at;
  for (std::size_t k = 0; k < at.size(); ++k) at[k] = drawn(figures, kKnots[k]);
  return at;
}

// What budget and deadlines are follows from the spec alone.
void CostModels::answer_limits() {
  const auto& budget = spec_.spec->constraints.budget;
  budget_.resize(uncertain_.size());
  for (std::vector<LogResponse>& deadline : deadlines_) deadline.resize(uncertain_.size());
  for (std::size_t i = 0; i < spec_.spec->uncertain.size(); ++i) {
    const Knots at = at_knots({i});
    for (std::size_t k = 0; k < at.size(); ++k) {
      const auto& limit = at[k]->bound().spec->constraints.budget;
      if (limit && budget) budget_[i].at[k] = log_ratio(limit->base(), budget->base());
      for (std::size_t w = 0; w < deadlines_.size() && at[k]->valid(); ++w)
        deadlines_[w][i].at[k] =
            log_ratio(at[k]->bound().workloads[w].deadline.base(), spec_.workloads[w].deadline.base());
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
void CostModels::answer(ModelledPlan& plan, std::size_t part, const Candidate& central,
                        const Together& figures, const Knots& drawn) const {
  const Allocation& a = plan.option->allocations[part];
  const auto own = std::ranges::find_if(figures, [&](std::size_t f) { return may_rest_on(a, f); });
  if (own == figures.end()) return;
  LogResponse& time = plan.model.allocations[part].figures[*own];
  std::array<bool, kKnots.size()> runs{};
  for (std::size_t k = 0; k < kKnots.size(); ++k) {
    const std::optional<Candidate> anew =
        drawn[k]->valid() ? drawn[k]->price(a, plan.supplies[part]) : std::nullopt;
    runs[k] = anew.has_value();
    if (!anew) continue;
    time.at[k] =
        log_ratio(anew->allocation.execution.run_time.base(), central.allocation.execution.run_time.base());
    for (std::size_t l = 0; l < plan.model.terms.size(); ++l) {
      const CostLine& line = plan.option->cost.lines[l];
      const Money before = amount_like(central.cost, line);
      if (line.allocation == part && before != Money{})
        plan.model.terms[l].figures[*own].at[k] =
            log_ratio(amount_like(anew->cost, line).usd(), before.usd());
    }
  }
  time.continue_beyond(runs);
  for (CostTerm& term : plan.model.terms) {
    if (term.allocation == part) term.figures[*own].continue_beyond(runs);
  }
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

void CostModels::complete(std::span<ModelledPlan> plans) const {
  std::vector<std::vector<std::optional<Candidate>>> central(plans.size());
  const auto each = [&](const auto& work) { parallel_for(plans.size(), settings_.threads, work); };
  each([&](std::size_t i) {
    ModelledPlan& plan = plans[i];
    for (std::size_t part = 0; part < plan.supplies.size(); ++part) {
      const Allocation& a = plan.option->allocations[part];
      const bool asked =
          median_ && median_->valid() && plan.supplies[part].accelerator != nullptr && rests_on_any(a);
      central[i].push_back(asked ? median_->price(a, plan.supplies[part]) : std::nullopt);
      if (central[i].back()) plan.model.allocations[part].figures.resize(uncertain_.size());
    }
    for (CostTerm& term : plan.model.terms) term.figures.resize(uncertain_.size());
  });
  for (const Together& figures : draws_) {
    const Knots drawn = at_knots(figures);
    each([&](std::size_t i) {
      for (std::size_t part = 0; part < central[i].size(); ++part) {
        if (central[i][part]) answer(plans[i], part, *central[i][part], figures, drawn);
      }
    });
  }
  each([&](std::size_t i) { join_terms(plans[i].model); });
}

void CostModels::join_terms(PlanModel& model) const {
  for (AllocationModel& a : model.allocations) {
    if (all_flat(a.figures)) a.figures.clear();
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
