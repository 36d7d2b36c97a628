#include "plan/sampling.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <tuple>

#include "core/latin_hypercube.h"
#include "core/parallel.h"

namespace capplan {
namespace {

// Adds what one input does to the logarithms of a term; two slopes, below and above the median.
void add_slopes(std::vector<double>& logs, const std::vector<double>& scores, double below, double above) {
  if (below == 0 && above == 0) return;
  for (std::size_t s = 0; s < logs.size(); ++s) logs[s] += scores[s] * (scores[s] < 0 ? below : above);
}

void add_figures(std::vector<double>& logs, const std::vector<LogResponse>& responses,
                 const std::vector<std::size_t>& figures, const Draws& draws) {
  for (std::size_t i = 0; i < responses.size(); ++i) {
    if (responses[i].flat()) continue;
    const std::vector<double>& scores = draws.scores(figures[i]);
    for (std::size_t s = 0; s < logs.size(); ++s) logs[s] += responses[i](scores[s]);
  }
}

std::vector<double> logs_of_time(const PlanModel& model, const AllocationModel& a, const Draws& draws) {
  std::vector<double> logs(draws.samples());
  if (a.time != kNoInput) add_slopes(logs, draws.scores(a.time), a.fast, a.slow);
  add_figures(logs, a.figures, model.figures, draws);
  return logs;
}

// With firm hours to fall back on, spot capacity makes no run late: only work that is too long for them does.
std::vector<double> logs_of_lateness(const PlanModel& model, const AllocationModel& a, const Draws& draws) {
  if (!a.kept_in_time || a.time == kNoInput) return logs_of_time(model, a, draws);
  std::vector<double> logs(draws.samples());
  add_slopes(logs, draws.scores(a.time), a.work_slow, a.work_slow);
  add_figures(logs, a.figures, model.figures, draws);
  return logs;
}

bool is_late(const AllocationModel& a, Duration run_time, Duration deadline) {
  return run_time + a.waits > deadline || run_time * a.runs + a.starts_after > a.horizon;
}

double share_of(const std::vector<bool>& which) {
  return static_cast<double>(std::count(which.begin(), which.end(), true)) /
         static_cast<double>(which.size());
}

bool competes(const PlanOption& o) { return o.feasible && is_usual(o.standing); }

// In each sample the plan that costs least; of equals the one that does at central values, then by id.
void count_cheapest(const std::vector<PlanOption*>& options, const std::vector<std::vector<double>>& costs) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < options.size(); ++i) {
    if (competes(*options[i])) order.push_back(i);
  }
  for (PlanOption* o : options) o->p_cheapest = 0;
  if (order.empty()) return;
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::tuple(options[a]->cost.total(), std::string_view(options[a]->id)) <
           std::tuple(options[b]->cost.total(), std::string_view(options[b]->id));
  });
  const std::size_t samples = costs[order.front()].size();
  std::vector<std::size_t> won(options.size());
  for (std::size_t s = 0; s < samples; ++s) {
    std::size_t best = order.front();
    for (const std::size_t i : order) {
      if (costs[i][s] < costs[best][s]) best = i;
    }
    ++won[best];
  }
  for (const std::size_t i : order)
    options[i]->p_cheapest = static_cast<double>(won[i]) / static_cast<double>(samples);
}

}  // namespace

Draws::Draws(const std::vector<Input>& inputs, std::uint32_t seed, std::size_t samples, int threads) {
  const std::size_t size = std::max<std::size_t>(2, (samples + kBatches - 1) / kBatches);
  samples_ = kBatches * size;
  std::vector<std::string> names;
  std::map<std::string, std::size_t> column_of;
  const auto need = [&](const std::string& name) {
    if (column_of.emplace(name, names.size()).second) names.push_back(name);
  };
  for (const Input& input : inputs) {
    need(input.name);
    if (input.common > 0) need(input.group);
  }
  std::vector<std::vector<double>> columns(names.size());
  parallel_for(names.size(), threads,
               [&](std::size_t i) { columns[i] = normal_scores(seed, seed_of(names[i]), kBatches, size); });
  scores_.resize(inputs.size());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    scores_[i] = columns[column_of.at(inputs[i].name)];
    if (inputs[i].scale) {
      for (double& score : scores_[i]) score = inputs[i].scale->stretched(score);
    }
    if (inputs[i].common <= 0) continue;
    const std::vector<double>& group = columns[column_of.at(inputs[i].group)];
    const double shared = std::sqrt(inputs[i].common);
    const double own = std::sqrt(1 - inputs[i].common);
    for (std::size_t s = 0; s < samples_; ++s) scores_[i][s] = own * scores_[i][s] + shared * group[s];
  }
}

std::vector<double> sampled_cost(const PlanModel& model, const Draws& draws) {
  std::vector<double> total(draws.samples());
  std::vector<double> logs(draws.samples());
  for (const CostTerm& term : model.terms) {
    const AllocationModel& a = model.allocations[term.allocation];
    std::fill(logs.begin(), logs.end(), 0);
    if (a.time != kNoInput) add_slopes(logs, draws.scores(a.time), a.fast * term.fast, a.slow * term.slow);
    if (a.capital != kNoInput) add_slopes(logs, draws.scores(a.capital), term.cheap, term.dear);
    if (a.market != kNoInput) add_slopes(logs, draws.scores(a.market), term.drift, term.drift);
    add_figures(logs, term.figures, model.figures, draws);
    const bool fixed = std::all_of(logs.begin(), logs.end(), [](double log) { return log == 0; });
    for (std::size_t s = 0; s < total.size(); ++s)
      total[s] += fixed ? term.usd : term.usd * std::exp(logs[s]);
  }
  return total;
}

std::vector<bool> sampled_lateness(const PlanModel& model, const Draws& draws, const CostModels& models) {
  std::vector<bool> late(draws.samples());
  std::vector<double> slowest(draws.samples(), -std::numeric_limits<double>::infinity());
  for (const AllocationModel& a : model.allocations) {
    if (a.served) continue;
    const std::vector<double> logs = logs_of_lateness(model, a, draws);
    const std::vector<double> deadline =
        sampled_limit(a.deadline.base(), models.deadline(a.workload), models.figures(), draws);
    for (std::size_t s = 0; s < late.size(); ++s) {
      slowest[s] = std::max(slowest[s], logs[s]);
      const double factor = std::exp(model.phases ? slowest[s] : logs[s]);
      late[s] = model.phases ? *model.phases * factor > Duration::of(deadline[s])
                             : late[s] || is_late(a, a.run_time * factor, Duration::of(deadline[s]));
    }
  }
  return late;
}

std::vector<double> sampled_limit(double median, const std::vector<LogResponse>& responses,
                                  const std::vector<std::size_t>& figures, const Draws& draws) {
  std::vector<double> limit(draws.samples());
  add_figures(limit, responses, figures, draws);
  for (double& value : limit) value = value == 0 ? median : median * std::exp(value);
  return limit;
}

double quantile_of(std::vector<double>& samples, double p) {
  const double place = p * static_cast<double>(samples.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const auto at = samples.begin() + static_cast<std::ptrdiff_t>(below);
  std::nth_element(samples.begin(), at, samples.end());
  if (at + 1 == samples.end()) return *at;
  const double next = *std::min_element(at + 1, samples.end());
  return *at + (place - static_cast<double>(below)) * (next - *at);
}

double quantile_error(const std::vector<double>& samples, double p) {
  const std::size_t size = samples.size() / kBatches;
  double sum = 0;
  double squares = 0;
  for (std::size_t batch = 0; batch < kBatches; ++batch) {
    const auto from = samples.begin() + static_cast<std::ptrdiff_t>(batch * size);
    std::vector<double> own(from, from + static_cast<std::ptrdiff_t>(size));
    const double value = quantile_of(own, p);
    sum += value;
    squares += value * value;
  }
  const double n = kBatches;
  const double variance = std::max(0.0, (squares - sum * sum / n) / (n - 1));
  return std::sqrt(variance / n);
}

double sampling_error(const PlanModel& model, const Draws& draws) {
  std::vector<double> cost = sampled_cost(model, draws);
  double error = 0;
  for (const double p : {0.1, 0.5, 0.9}) error = std::max(error, quantile_error(cost, p));
  return error / std::abs(quantile_of(cost, 0.5));
}

void sample_plans(const std::vector<PlanOption*>& options, const std::vector<PlanModel>& plans,
                  const CostModels& models, const Draws& draws, const BoundSpec& spec,
                  const SamplingExtent& extent) {
  std::vector<std::vector<double>> costs(options.size());
  const auto& budget = spec.spec->constraints.budget;
  const std::vector<double> limit =
      budget ? sampled_limit(budget->base(), models.budget(), models.figures(), draws)
             : std::vector<double>();
  parallel_for(options.size(), extent.threads, [&](std::size_t i) {
    PlanOption& o = *options[i];
    costs[i] = sampled_cost(plans[i], draws);
    if (budget) {
      std::size_t over = 0;
      for (std::size_t s = 0; s < costs[i].size(); ++s) over += costs[i][s] > limit[s] ? 1U : 0U;
      o.p_over_budget = static_cast<double>(over) / static_cast<double>(costs[i].size());
    }
    const bool all_served = std::all_of(plans[i].allocations.begin(), plans[i].allocations.end(),
                                        [](const AllocationModel& a) { return a.served; });
    if (!all_served) o.p_late = share_of(sampled_lateness(plans[i], draws, models));
    std::vector<double> scratch = costs[i];
    const auto at = [&](double p) { return Money::of(Usd::of(quantile_of(scratch, p))); };
    o.sampled = CostQuantiles{.p10 = at(0.1), .p50 = at(0.5), .p90 = at(0.9)};
    if (!competes(o)) costs[i] = {};  // nothing more is asked of them
  });
  if (extent.all_plans) count_cheapest(options, costs);
}

}  // namespace capplan
