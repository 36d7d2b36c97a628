// Tornado and switch points of a plan, from the models that it was sampled by.
#pragma once

#include "capplan/plan/sensitivity.h"
#include "plan/cost_model.h"

namespace capplan {

// Nothing where no plan is feasible at a usual price. Between two kinks of its piecewise responses the
// difference of two plans is taken to change its sign once at most.
std::optional<Sensitivity> find_sensitivity(const std::vector<ModelledPlan>& plans, const CostModels& models,
                                            const BoundSpec& spec, const Catalog& catalog,
                                            const PlanSettings& settings, const Market& market);

// One input moved off its centre: by a logarithm (time, work, prices of the market and of electricity) or by
// a score (prices of capital, uncertain figures).
struct Shift {
  enum class What { kTime, kWork, kMarket, kCapital, kElectricity, kFigure };
  What what = What::kTime;
  std::size_t input = 0;  // of the plan's models; of work, the workload; of a figure, which of the uncertain
  double by = 0;
};
double cost_under(const PlanModel& model, const Shift& shift);

}  // namespace capplan
