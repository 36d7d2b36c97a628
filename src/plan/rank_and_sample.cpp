#include "plan/rank_and_sample.h"

#include <algorithm>

#include "core/latin_hypercube.h"
#include "plan/ranking.h"
#include "plan/sampling.h"
#include "plan/sensitivity.h"

namespace capplan {
namespace {

using Options = std::vector<const PlanOption*>;

std::vector<ModelledPlan> models_of(const Options& options, const SamplingContext& c, CostModels& models) {
  std::vector<ModelledPlan> plans;
  plans.reserve(options.size());
  for (const PlanOption* o : options) plans.push_back({o, models.model_of(*o), c.supplies_of(*o)});
  models.complete(plans);
  return plans;
}

void add_sensitivity(Plan& plan, const SamplingContext& c, CostModels& models) {
  Options contenders;
  for (const PlanOption& o : plan.options) {
    if (o.feasible && (is_usual(o.standing) || c.settings.include_outliers)) contenders.push_back(&o);
  }
  plan.sensitivity =
      find_sensitivity(models_of(contenders, c, models), models, c.spec, c.catalog, c.settings, c.market);
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
  CostModels models(c.spec, c.catalog, c.settings, c.market, plan.options);
  std::vector<std::string> ids;
  ids.reserve(sampled.size());
  for (const PlanOption* o : sampled) ids.push_back(o->id);
  std::vector<PlanModel> plans;
  for (ModelledPlan& p : models_of({sampled.begin(), sampled.end()}, c, models))
    plans.push_back(std::move(p.model));
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
