// What must hold for the choice of layouts and counts, for every model. CAPPLAN_PROPERTY_RUNS says how many
// are tried for each property.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

#include "property/holds.h"
#include "support/plans.h"

namespace capplan {
namespace {

using testing::plan_of;

// A model of any size on one accelerator, with a pin that the search could have chosen itself.
struct Choice {
  int layers = 1;
  int head_groups = 1;
  int batch = 1;
  int sequence = 1;
  int experts = 0;
  const char* accelerator = "";
  const char* purchase = "";
  std::string pin;

  std::string text(const std::string& rest) const {
    const int hidden = 512 * head_groups;
    std::string spec = "model: {architecture: transformer, layers: " + std::to_string(layers) +
                       ", hidden: " + std::to_string(hidden) + ", heads: " + std::to_string(4 * head_groups) +
                       ", kv_heads: " + std::to_string(4 * head_groups) +
                       ", head_dim: 128, ffn: " + std::to_string(4 * hidden) +
                       ", vocab: 32000, gated_mlp: true";
    if (experts > 0)
      spec += ", experts: " + std::to_string(experts) +
              ", experts_per_token: 2, expert_ffn: " + std::to_string(hidden);
    return spec + "}\ndataset: {tokens: 10B}\ntraining: {sequence_length: " + std::to_string(sequence) +
           ", global_batch: " + std::to_string(batch) +
           "}\nconstraints: {max_accelerators: 256, purchases: [" + std::string(purchase) +
           "]}\npin: {accelerator: " + std::string(accelerator) + rest + "}\n";
  }
};

Choice any_choice() {
  Choice c;
  c.layers = *rc::gen::inRange(2, 97);
  c.head_groups = *rc::gen::inRange(1, 17);
  c.batch = *rc::gen::inRange(1, 2049);
  c.sequence = 128 << *rc::gen::inRange(0, 7);
  c.experts = *rc::gen::element(0, 0, 8, 24);
  c.accelerator = *rc::gen::element("H100-SXM-80GB", "A100-SXM-80GB", "L40S-48GB");
  c.purchase = *rc::gen::element("spot", "marketplace");
  // Pins of what is legal unpinned: others let in what is not searched.
  const int power = 1 << *rc::gen::inRange(0, 5);
  const std::string key =
      *rc::gen::element<std::string>("count", "tensor_parallel", "pipeline_parallel", "context_parallel",
                                     "data_parallel", "micro_batch", "zero_stage", "recompute");
  const std::string value = key == "count"             ? std::to_string(8 * power)
                            : key == "tensor_parallel" ? std::to_string(std::min(power, 4))
                            : key == "zero_stage"      ? std::to_string(power % 2)
                            : key == "recompute"       ? (power > 2 ? "none" : "full")
                                                       : std::to_string(power);
  c.pin = ", " + key + ": " + value;
  return c;
}

// Ids of one offer differ by count alone, their fourth part.
std::string offer_of(const std::string& id) {
  std::size_t begin = 0;
  for (int part = 0; part < 3; ++part) begin = id.find('/', begin) + 1;
  return id.substr(0, begin) + id.substr(id.find('/', begin));
}

// What was free to be chosen is not worse than what somebody chose.
TEST(Property, APinNeverMakesAnOfferCheaper) {
  expect_holds([] {
    const Choice c = any_choice();
    std::map<std::string, Money> free;
    for (const PlanOption& o : plan_of(c.text("")).options) {
      if (o.meets_deadline) free[offer_of(o.id)] = o.cost.total();
    }
    for (const PlanOption& o : plan_of(c.text(c.pin)).options) {
      const bool one = o.option == SupplyOption::kCloud || o.option == SupplyOption::kRental;
      if (!one || !o.meets_deadline) continue;
      RC_LOG() << c.text(c.pin) << o.id;
      RC_ASSERT(free.contains(offer_of(o.id)));
      RC_ASSERT(free[offer_of(o.id)] <= o.cost.total());
    }
  });
}

// A plan's degrees make its count, and its micro-batches the batch.
TEST(Property, LayoutsMultiplyToTheCount) {
  expect_holds([] {
    const Choice c = any_choice();
    for (const PlanOption& o : plan_of(c.text("")).options) {
      for (const Allocation& a : o.allocations) {
        if (!a.execution.training) continue;
        const Parallelism& p = a.execution.training->parallelism;
        RC_ASSERT(p.tensor_parallel * p.context_parallel * p.pipeline_parallel * p.data_parallel == a.count);
        RC_ASSERT(std::fmod(c.batch, p.data_parallel * p.micro_batch) == 0);
        RC_ASSERT(a.execution.memory.total() <= testing::builtin().accelerator(a.accelerator)->memory);
      }
    }
  });
}

}  // namespace
}  // namespace capplan
