// Draws what is uncertain, the same draws for every plan, and says what the plans come to.
#pragma once

#include <cstdint>
#include <vector>

#include "plan/cost_model.h"

namespace capplan {

inline constexpr std::size_t kBatches = 8;  // independent Latin hypercubes: their differences are the error

// Standard normal scores of each input, those of figures stretched, sample by sample; columns belong to
// names, so that a plan's samples do not depend on which others there are.
class Draws {
 public:
  Draws(const std::vector<Input>& inputs, std::uint32_t seed, std::size_t samples, int threads);

  // Whole batches, at least as many as were asked for.
  std::size_t samples() const { return samples_; }
  const std::vector<double>& scores(std::size_t input) const { return scores_[input]; }

 private:
  std::size_t samples_ = 0;
  std::vector<std::vector<double>> scores_;
};

// Dollars of a plan in each sample.
std::vector<double> sampled_cost(const PlanModel& model, const Draws& draws);
// Samples in which a run misses its deadline, or the runs the horizon. `deadlines` are those of the
// workloads' responses to figures of the spec.
std::vector<bool> sampled_lateness(const PlanModel& model, const Draws& draws, const CostModels& models);
// A limit of the spec in each sample: its median times its responses.
std::vector<double> sampled_limit(double median, const std::vector<LogResponse>& responses,
                                  const std::vector<std::size_t>& figures, const Draws& draws);

// At probability p, straight between the order statistics: the definition of R's type 7. Reorders them.
double quantile_of(std::vector<double>& samples, double p);
// The standard error of that quantile by how the batches differ.
double quantile_error(const std::vector<double>& samples, double p);
// That of P10, P50 or P90 of a plan, the largest, over its P50.
double sampling_error(const PlanModel& model, const Draws& draws);

struct SamplingExtent {
  bool all_plans = true;
  int threads = 1;
};

// Sets quantiles and probabilities of the plans; that of being the cheapest where these are all plans.
void sample_plans(const std::vector<PlanOption*>& options, const std::vector<PlanModel>& plans,
                  const CostModels& models, const Draws& draws, const BoundSpec& spec,
                  const SamplingExtent& extent);

}  // namespace capplan
