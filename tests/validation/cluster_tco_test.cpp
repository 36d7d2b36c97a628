// A published study of what a cluster costs, planned from a spec, at its own figures and under its own
// ranges: docs/worked-examples.md tells the differences.
//
// W10: SemiAnalysis' cluster TCO calculator (clustermax.ai/tco), 4,096 GPUs over 36 months of 720 h, from a
// gold provider, a hyperscaler and a silver one. finance_examples_test.cpp holds its own arithmetic.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <utility>

#include "plan/sampling.h"
#include "support/plans.h"

namespace capplan {
namespace {

using testing::market_of;
using testing::plan_of;

constexpr double kGpus = 4096;
constexpr double kHours = 36 * 720.0;

// What the study asks of one cluster.
struct Study {
  double gpu_hour = 0;
  double goodput_loss = 0;  // of the GPUs' price
  double support = 0;       // of the bill
  double debugging = 0;     // a month
  double control_plane = 0;
  double setup = 0;
  double published = 0;  // over 36 months

  double total() const {
    const double gpus = gpu_hour * kGpus * kHours;
    return gpus * (1 + support) + gpus * goodput_loss + 36 * (debugging + control_plane * (1 + support)) +
           setup;
  }
};

const Study kGold{.gpu_hour = 1.84, .goodput_loss = 0.02052, .published = 199408973};
const Study kHyperscaler{.gpu_hour = 2.178,
                         .goodput_loss = 0.02052,
                         .support = 0.05,
                         .debugging = 16667,
                         .control_plane = 3318,
                         .setup = 3278258,
                         .published = 251618208};
const Study kSilver{
    .gpu_hour = 2.00, .goodput_loss = 0.03425, .debugging = 16667, .setup = 3015787, .published = 223224957};

// One run that keeps 4,096 H100 busy for 36 months of 720 h, were nothing lost. `goodput` and the operations
// are as a spec says them.
std::string spec_of(const std::string& goodput, const std::string& operations) {
  const double flops = kHours * 3600 * kGpus * 989e12 * 0.4;
  char step[40];
  std::snprintf(step, sizeof step, "%.15g", flops / 1000);
  return "horizon: 40 months\nmodel: {params: 10M, activations_per_sample: 1k}\ndataset: {size: 1 GB, "
         "samples: 4_096_000}\n"
         "training: {epochs: 1, global_batch: 4096, precision: bf16, flops_per_step: " +
         std::string(step) +
         " FLOP}\npin: {accelerator: H100-SXM-80GB, count: 4096}\nconstraints: {options: [rental]}\n"
         "assume: {mfu: 40%, goodput: " +
         goodput + "}\noperations: {" + operations + "}\n";
}

Catalog seller_at(double usd) {
  return market_of({{.provider = "a",
                     .usd_per_hour = usd,
                     .purchase = "commitment",
                     .cluster = "c",
                     .term_min_h = "1",
                     .term_max_h = "40000"}});
}

std::string money(double usd) { return std::to_string(usd) + " USD"; }

TEST(ClusterTco, TheSpecOfEachProviderCostsWhatTheStudySays) {
  for (const Study& s : {kGold, kHyperscaler, kSilver}) {
    std::string operations = "kept_checkpoints: 0";
    if (s.setup > 0) operations += ", setup: " + money(s.setup);
    if (s.debugging > 0) operations += ", debugging: " + money(s.debugging) + "/month";
    if (s.control_plane > 0) operations += ", control_plane: " + money(s.control_plane) + "/month";
    if (s.support > 0) operations += ", support: " + std::to_string(s.support);
    const Plan plan =
        plan_of(spec_of(std::to_string(1 / (1 + s.goodput_loss)), operations), seller_at(s.gpu_hour));
    ASSERT_FALSE(plan.options.empty());
    const double usd = plan.options.front().cost.total().usd();
    EXPECT_NEAR(usd / s.published, 1, 0.001) << s.gpu_hour;
    RecordProperty(std::to_string(s.gpu_hour), std::to_string(usd));
  }
}

// What the three clusters differ in besides their price is what the study knows of each figure: losses from
// 2.052 to 3.425%, support to 5%, setting up from $3.02M to $3.28M. The plan's quantiles against those of the
// study's own formula over the same ranges.
TEST(ClusterTco, UnderItsOwnRangesTheQuantilesAreThoseOfItsFormula) {
  const Plan plan = plan_of(spec_of("{min: 0.966884, max: 0.979893}",
                                    "kept_checkpoints: 0, support: {min: 0, max: 5%}, debugging: 16667 "
                                    "USD/month, setup: {min: 3015787 USD, max: 3278258 USD}"),
                            seller_at(kSilver.gpu_hour));
  ASSERT_FALSE(plan.options.empty());
  const PlanOption& o = plan.options.front();
  std::vector<double> totals;
  constexpr int kDraws = 20000;
  for (int i = 1; i <= kDraws; ++i) {
    const auto between = [i](double root, double low, double high) {  // a Kronecker sequence
      return low + std::fmod(i * std::sqrt(root), 1) * (high - low);
    };
    Study s = kSilver;
    s.goodput_loss = 1 / between(2, 0.966884, 0.979893) - 1;
    s.support = between(3, 0, 0.05);
    s.setup = between(5, 3015787, 3278258);
    totals.push_back(s.total());
  }
  for (const auto& [p, planned] :
       {std::pair(0.1, o.sampled->p10), {0.5, o.sampled->p50}, {0.9, o.sampled->p90}}) {
    const double exact = quantile_of(totals, p);
    EXPECT_NEAR(planned.usd() / exact, 1, 0.002) << p;
    RecordProperty("P" + std::to_string(p), std::to_string(planned.usd()) + " " + std::to_string(exact));
  }
}

}  // namespace
}  // namespace capplan
