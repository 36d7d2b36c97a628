#include "gate/policy_fields.h"

#include "capplan/gate/policy.h"
#include "input/json_schema.h"

namespace capplan {
namespace {

using T = ValueType;

constexpr Field kVersion{.key = "version",
                         .type = T::kInteger,
                         .doc = "of this format",
                         .example = "1",
                         .required = true,
                         .min = 1,
                         .max = 1};
constexpr Field kLevel{.key = "level",
                       .type = T::kName,
                       .doc = "what a finding does: deny ends with 5, warn and info do not",
                       .example = "warn",
                       .names = kLevelNames};
constexpr Field kStatistic{
    .key = "statistic",
    .type = T::kName,
    .doc = "of total_cost and monthly_cost: at central values, or a quantile of the samples",
    .example = "p50",
    .names = kStatisticNames};
constexpr Field kPrices{.key = "prices",
                        .type = T::kName,
                        .doc = "at which the head's state is judged",
                        .example = "head",
                        .names = kPricesNames};

constexpr Field kMinDelta[] = {
    {.key = "abs",
     .type = T::kQuantity,
     .doc = "of costs",
     .example = "$1",
     .dim = Dim{.usd = 1},
     .max = 1e12},
    {.key = "rel", .type = T::kRatio, .doc = "of what it was", .example = "0.1%", .max = 1},
};

constexpr Field kDefaults[] = {
    kStatistic,
    kLevel,
    kPrices,
    {.key = "min_delta",
     .type = T::kMap,
     .doc = "changes that are not larger than both are noise; default $1 and 0.1%",
     .example = "{abs: $1, rel: 0.1%}",
     .fields = kMinDelta},
};

constexpr Field kDelta[] = {
    {.key = "abs", .type = T::kText, .doc = "by how much", .example = "\">$5k\""},
    {.key = "rel", .type = T::kText, .doc = "by which share of what it was", .example = "\">5%\""},
};

constexpr Field kWhen[] = {
    {.key = "metric",
     .type = T::kName,
     .doc = "which figure `delta` or `value` is of; default total_cost",
     .example = "job_cost",
     .names = kMetricNames},
    kStatistic,
    {.key = "effect",
     .type = T::kName,
     .doc = "which part of the change; default spec",
     .example = "spec",
     .names = kEffectNames},
    kPrices,
    {.key = "delta",
     .type = T::kMap,
     .doc = "the figure grew by this",
     .example = "{abs: \">$5k\", rel: \">5%\"}",
     .fields = kDelta},
    {.key = "all",
     .type = T::kBool,
     .doc = "whether both of `delta` must hold; default true",
     .example = "true"},
    {.key = "value", .type = T::kText, .doc = "the figure is above this", .example = "\">$180k\""},
    {.key = "crossing",
     .type = T::kBool,
     .doc = "only where the base was not there yet; default false",
     .example = "true"},
    {.key = "probability",
     .type = T::kText,
     .doc = "P(total_cost > budget) or P(finish > deadline), and its limit",
     .example = "P(total_cost > budget) > 10%"},
    {.key = "price_age",
     .type = T::kText,
     .doc = "days since the oldest price in the best plan",
     .example = "\">45d\""},
    {.key = "assumption_share",
     .type = T::kText,
     .doc = "how much of the cost rests on assumptions",
     .example = "\">30%\""},
    {.key = "winner_changed",
     .type = T::kBool,
     .doc = "another plan is the best because of `effect`",
     .example = "true"},
    {.key = "infeasible",
     .type = T::kName,
     .doc = "no plan keeps all constraints; what the best one breaks",
     .example = "any",
     .names = kBreachNames},
};

constexpr Field kRule[] = {
    {.key = "id",
     .type = T::kText,
     .doc = "lower-case letters, digits and hyphens",
     .example = "big-increase",
     .required = true},
    {.key = "when",
     .type = T::kMap,
     .doc = "one condition, with what it is about",
     .example = "{delta: {abs: \">$5k\"}}",
     .required = true,
     .fields = kWhen},
    kLevel,
    {.key = "message", .type = T::kText, .doc = "what to do about it", .example = "ask #ml-infra"},
};

constexpr Field kPolicy[] = {
    kVersion,
    {.key = "defaults",
     .type = T::kMap,
     .doc = "of rules that do not say otherwise",
     .example = "{level: deny}",
     .fields = kDefaults},
    {.key = "rules", .type = T::kMaps, .doc = "one an entry", .required = true, .fields = kRule},
};

constexpr Field kWaiver[] = {
    {.key = "rule", .type = T::kText, .doc = "its id", .example = "big-increase", .required = true},
    {.key = "spec",
     .type = T::kText,
     .doc = "path from the root of the repository",
     .example = "workloads/chat.yaml",
     .required = true},
    {.key = "workload", .type = T::kText, .doc = "this one alone; default all", .example = "pretrain"},
    {.key = "reason", .type = T::kText, .doc = "why it may", .example = "launch in May", .required = true},
    {.key = "approved_by", .type = T::kText, .doc = "who says so", .example = "jo", .required = true},
    {.key = "expires",
     .type = T::kDate,
     .doc = "the last day on which it holds",
     .example = "2026-12-31",
     .required = true},
};

constexpr Field kWaivers[] = {
    kVersion,
    {.key = "waivers", .type = T::kMaps, .doc = "one an entry", .required = true, .fields = kWaiver},
};

}  // namespace

std::span<const Field> policy_fields() { return kPolicy; }
std::span<const Field> when_fields() { return kWhen; }
std::span<const Field> waivers_fields() { return kWaivers; }

std::string policy_json_schema() { return json_schema("capplan policy", {kPolicy}); }
std::string waivers_json_schema() { return json_schema("capplan waivers", {kWaivers}); }

}  // namespace capplan
