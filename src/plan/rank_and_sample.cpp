#include "plan/rank_and_sample.h"

#include <algorithm>

#include "core/latin_hypercube.h"
#include "core/parallel.h"
#include "plan/ranking.h"
#include "plan/sampling.h"
#include "plan/sensitivity.h"

namespace capplan {
namespace {

using Options = std::vector<const PlanOption*>;

std::vector<PlanModel> models_of(const Options& options, const SamplingContext& c, CostModels& models) {
  std::vector<PlanModel> plans;
  plans.reserve(options.size());
  for (const PlanOption* o : options) plans.push_back(models.model_of(*o));
  parallel_for(plans.size(), c.settings.threads,
               [&](std::size_t i) { models.complete(plans[i], *options[i], c.supplies_of(*options[i])); });
  return plans;
}

void add_sensitivity(Plan& plan, const SamplingContext& c, CostModels& models) {
  Contenders contenders;
  for (const PlanOption& o : plan.options) {
    if (!o.feasible || !(is_usual(o.standing) || c.settings.include_outliers)) continue;
    contenders.options.push_back(&o);
    contenders.supplies.push_back(c.supplies_of(o));
  }
  contenders.models = models_of(contenders.options, c, models);
  plan.sensitivity = find_sensitivity(contenders, models, c.spec, c.catalog, c.settings, c.market);
}

void assume(Plan& plan, const std::vector<PlanOption*>& sampled, const SamplingContext& c,
            const Inputs& inputs) {
  for (PlanOption* o : sampled) {
    for (const Assumption& a : assumptions_of_draws(*o, c.catalog)) add_assumption(o->cost.assumptions, a);
  }
  if (std::ranges::any_of(inputs.all(), [](const Input& i) { return i.kind == InputKind::kTime; }))
    add_assumption(plan.assumptions, assumption_of_common_error(c.catalog));
}

}  // namespace

void rank_and_sample(Plan& plan, const SamplingContext& c) {
  const auto rank = [&] { rank_options(plan.options, c.spec.objective, c.settings.include_outliers); };
  const bool all = c.settings.comparisons || c.spec.objective == Objective::kCostP90;
  if (!all) rank();
  std::vector<PlanOption*> sampled;
  for (PlanOption& o : plan.options) {
    const bool first_firm =
        o.firm && std::none_of(sampled.begin(), sampled.end(), [](const PlanOption* s) { return s->firm; });
    if (all || sampled.empty() || (first_firm && !c.settings.winner_alone)) sampled.push_back(&o);
  }
  CostModels models(c.spec, c.catalog, c.settings, c.market);
  std::vector<std::string> ids;
  ids.reserve(sampled.size());
  for (const PlanOption* o : sampled) ids.push_back(o->id);
  const std::vector<PlanModel> plans = models_of({sampled.begin(), sampled.end()}, c, models);
  assume(plan, sampled, c, models.inputs());
  const std::uint32_t seed = seed_of(plan.name);
  const Draws draws(models.inputs().all(), seed, static_cast<std::size_t>(c.settings.samples),
                    c.settings.threads);
  sample_plans(sampled, plans, models, draws, c.spec, {all, c.settings.threads});
  if (all) rank();
  plan.sampling = {static_cast<int>(draws.samples()), seed, 0};
  if (!plan.options.empty()) {
    const auto first = std::ranges::find(ids, plan.options.front().id) - ids.begin();
    plan.sampling.error = sampling_error(plans[static_cast<std::size_t>(first)], draws);
  }
  if (c.settings.sensitivity) add_sensitivity(plan, c, models);
}

}  // namespace capplan
