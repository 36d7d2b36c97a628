// What the fuzz targets do with an input. libFuzzer drives these functions, and corpus_replay_test runs them
// over the kept inputs with any compiler. A broken promise ends the process: that is what a fuzzer looks for.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backtest/backtest.h"
#include "capplan/catalog/catalog.h"
#include "capplan/catalog/lock.h"
#include "capplan/gate/check.h"
#include "capplan/gate/diff.h"
#include "capplan/plan/plan.h"
#include "capplan/report/report.h"
#include "capplan/spec/load.h"
#include "cli/config.h"
#include "core/quantity_text.h"
#include "core/text.h"
#include "gate/policy_cases.h"
#include "input/source_text.h"
#include "input/yaml.h"
#include "model/hf_config.h"
#include "report/backtest_report.h"
#include "report/check_report.h"

namespace capplan::fuzz {

inline void require(bool holds, const char* promise) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n", promise);
  std::abort();
}

// A refusal says what is wrong, inside the text, and can be shown.
inline void require_refusal(const Diagnostics& problems, const std::string& text) {
  require(has_errors(problems), "what is refused has an error");
  const auto lines = 1 + std::count(text.begin(), text.end(), '\n');
  for (const Diagnostic& problem : problems) {
    require(!problem.message.empty(), "a problem is in words");
    require(problem.location.line >= 1 && problem.location.line <= lines,
            "a problem stands on a line of the text");
    require(problem.location.column >= 1, "columns count from 1");
    require(!format_diagnostic(problem, text).empty(), "a problem can be shown");
  }
}

// A part of what the binary holds, so that a plan takes milliseconds: six accelerators, every fifth of their
// offers.
inline const Catalog& small_catalog() {
  static const Catalog catalog = [] {
    const std::vector<Text> kept = {"A100-SXM-80GB", "H100-SXM-80GB", "L4-24GB",
                                    "MI300X-192GB",  "RTX4090-24GB",  "TPU-v5e-16GB"};
    const auto is_kept = [&](Text id) { return std::find(kept.begin(), kept.end(), id) != kept.end(); };
    const Catalog whole = builtin_catalog();
    Tables tables = whole.tables();
    std::erase_if(tables.accelerators, [&](const Accelerator& a) { return !is_kept(a.id); });
    std::size_t nth = 0;
    std::erase_if(tables.offers, [&](const Offer& o) { return !is_kept(o.accelerator) || nth++ % 5 != 0; });
    return Catalog(std::move(tables), whole.sha256(), whole.arena());
  }();
  return catalog;
}

inline void require_sound(const PlanOption& option) {
  if (option.sampled)
    require(option.sampled->p10 <= option.sampled->p50 && option.sampled->p50 <= option.sampled->p90,
            "p10 <= p50 <= p90");
  require(std::isfinite(option.wall_clock.base()) && option.wall_clock.base() >= 0, "time is finite");
  require(std::isfinite(option.energy.kwh) && option.energy.kwh >= 0, "energy is finite");
  require(option.feasible == option.violations.empty(), "feasible is without violations");
  for (const Allocation& allocation : option.allocations) {
    require(allocation.count >= 1, "an allocation has accelerators");
    require(std::isfinite(allocation.accelerator_hours), "accelerator hours are finite");
  }
}

inline void require_sound(const Plan& plan) {
  int rank = 0;
  for (const PlanOption& option : plan.options) {
    require(option.rank == ++rank, "ranks count from 1");
    require_sound(option);
  }
  for (const Rejection& rejection : plan.rejected)
    require(!rejection.reason.empty(), "a rejection has a reason");
  for (const Format format : {Format::kTable, Format::kJson, Format::kCsv, Format::kMarkdown}) {
    require(!render(plan, format, RenderOptions()).empty(), "a plan can be shown");
  }
}

inline void spec(const std::string& text) {
  const ReadFile no_files = [](const std::string&) { return tl::unexpected(std::string("no such file")); };
  const auto loaded = load_spec("spec.yaml", text, no_files);
  if (!loaded) return require_refusal(loaded.error(), text);
  if (loaded->spec.workloads.size() > 4) return;
  const auto plan = make_plan(loaded->spec, small_catalog(), {});
  if (!plan) return require_refusal(plan.error(), text);
  require_sound(*plan);
}

inline void require_text(const YamlNode& node) {
  require(find_binary(node.scalar) == std::string_view::npos, "a scalar is UTF-8 text");
  for (const YamlNode& item : node.items) require_text(item);
  for (const auto& [key, value] : node.members) {
    require_text(key);
    require_text(value);
  }
}

inline void yaml(const std::string& text) {
  const auto root = parse_yaml({"fuzz.yaml", text});
  if (!root) return require_refusal(root.error(), text);
  require_text(*root);
}

inline void quantity(const std::string& text) {
  const auto parsed = parse_quantity(text);
  if (!parsed) return require(!parsed.error().empty(), "a refusal is in words");
  require(std::isfinite(parsed->value), "a quantity is finite");
  if (!parsed->unit) return;
  require(!describe_dimension(*parsed->unit).empty(), "a dimension can be described");
  for (const std::string& unit : unit_spellings(*parsed->unit)) {
    const auto one = parse_quantity("1 " + unit);
    require(one && one->unit == parsed->unit, "a unit that is offered is one that is read");
  }
}

inline void hf_config(const std::string& text) {
  const auto model = read_hf_config(text);
  if (!model) return require(!model.error().empty(), "a refusal is in words");
  const auto all = total_parameters(*model);
  const auto active = active_parameters(*model);
  require(all && active, "a configuration gives the parameters");
  require(std::isfinite(*all) && *active > 0 && *active <= *all, "active parameters are some of all");
}

inline void runs(const std::string& text) {
  const RunRecords read = read_run_records({"runs.jsonl", text});
  for (const Diagnostic& problem : read.problems)
    require(!format_diagnostic(problem, text).empty(), "a problem can be shown");
  if (read.runs.size() > 8) return;
  const Backtest backtest = make_backtest(read.runs, small_catalog());
  require(backtest.runs.size() + backtest.unpredicted.size() == backtest.records.size(), "no record is lost");
  for (const ScoredRun& r : backtest.runs) {
    require(std::isfinite(r.prediction.value) && r.prediction.value > 0, "a prediction is finite");
    require(r.prediction.p10 <= r.prediction.value && r.prediction.value <= r.prediction.p90,
            "p10 <= value <= p90");
  }
  for (const Format format : {Format::kTable, Format::kJson, Format::kCsv})
    require(!render(backtest, format, RenderOptions()).empty(), "a backtest can be shown");
}

inline void require_same_rows(const Catalog& catalog, const std::string& figure) {
  for (const double probability : {0.02, 0.98}) {
    const auto drawn = catalog.at({{figure, probability}});
    if (!drawn) continue;
    const std::vector<Offer>& before = catalog.tables().offers;
    const std::vector<Offer>& after = drawn->tables().offers;
    require(before.size() == after.size(), "a draw has as many rows");
    for (std::size_t i = 0; i < before.size(); ++i)
      require(before[i].accelerator == after[i].accelerator && before[i].source == after[i].source,
              "rows keep their places in a draw");
  }
}

inline void overlay(const std::string& path, const std::string& text) {
  const auto catalog = overlay_catalog(small_catalog(), "fuzz", {{path, text}});
  if (!catalog) return require(has_errors(catalog.error()), "what is refused has an error");
  require(catalog->sha256() != small_catalog().sha256(), "other profiles have another digest");
  for (const UncertainProfileFigure& u : catalog->uncertain()) require_same_rows(*catalog, u.figure.path);
}

inline void csv(const std::string& text) { overlay("offers/nebius.csv", text); }

// The first byte says what kind of profile the rest is.
inline void profile(const std::string& text) {
  static const std::vector<std::pair<char, std::string>> kinds = {
      {'a', "accelerators/own.yaml"}, {'m', "models/own.yaml"},  {'p', "providers/own.yaml"},
      {'f', "figures/own.yaml"},      {'s', "sites/own.yaml"},   {'c', "carbon.csv"},
      {'l', "levers.yaml"},           {'k', "kernels.csv"},      {'t', "stacks/own.yaml"},
      {'b', "calibration.yaml"},      {'j', "adjustments.yaml"}, {'x', "exchange.csv"}};
  for (const auto& [first, path] : kinds) {
    if (!text.empty() && text.front() == first) overlay(path, text.substr(1));
  }
}

// A lock that is taken is written again as it was read, and holds a catalogue or says what is wrong with it.
inline void lock(const std::string& text) {
  const auto read = read_lock("capplan.lock", text);
  if (!read) return require_refusal(read.error(), text);
  for (const LockBreach& breach : read->breaches)
    require(breach.line >= 1 && find_control(breach.row) == std::string::npos, "a breach can be shown");
  const auto again = read_lock("capplan.lock", lock_text(read->lock));
  require(again && again->breaches.empty(), "a lock that is written has no breaches");
  require(lock_changes(read->lock, again->lock).empty(), "a lock reads back as it was written");
  const auto catalog = locked_catalog("capplan.lock", read->lock);
  if (!catalog) require(has_errors(catalog.error()), "what is refused has an error");
}

inline void result(const std::string& text) {
  const auto read = read_result("result.json", text);
  if (!read) return require_refusal(read.error(), text);
  Money sum;
  for (const WorkloadCost& workload : read->workloads) sum += workload.cost;
  require(read->workloads.empty() || sum == read->total, "workloads sum to the total");
  const SpecDiff diff = diff_results(*read, *read, "result.json");
  require(diff.effects.total() == Money(), "a result does not differ from itself");
}

inline void config(const std::string& text) {
  const ReadConfig read = read_config({"config.yaml", text});
  if (!read.problems.empty()) require_refusal(read.problems, text);
  for (const Setting& setting : read.settings)
    require(!setting.value.empty() && find_control(setting.value) == std::string::npos,
            "a value can be shown");
}

inline Outcome priced(double total) {
  Outcome o;
  o.name = o.winner = "job";
  o.feasible = total < 1000;
  o.total = Money::of(Usd::of(total));
  o.workloads = {{"job", o.total}};
  Standing standing;
  standing.horizon = kMonth;
  standing.breaks_budget = !o.feasible;
  standing.p_over_budget = 0.5;
  standing.oldest_price = "2026-01-01";
  o.standing = standing;
  return o;
}

// What is taken as a policy, or as waivers, gives a verdict in every form, and the same one again.
inline void policy(const std::string& text) {
  CheckInput input;
  input.has_base = true;
  input.as_of = "2026-11-15";
  const auto rules = read_policy("policy.yaml", text);
  const auto waivers = read_waivers("waivers.yaml", text);
  if (!rules) require_refusal(rules.error(), text);
  if (!waivers) require_refusal(waivers.error(), text);
  if (const auto cases = read_policy_cases("policy-test.yaml", text); !cases)
    require_refusal(cases.error(), text);
  if (rules) input.policy = *rules;
  if (waivers) input.waivers = *waivers;
  SpecDiff diff;
  diff.file = diff.name = "job";
  diff.base = diff.base_now = priced(500);
  diff.head = diff.head_at_base = priced(2000);
  diff.winner_changed = Cause::kSpec;
  input.diff.specs = {diff};
  input.paths = {"job"};
  const Check check{input, judge(input), {}};
  for (const Finding& finding : check.findings) require(!finding.rule.empty(), "a finding names its rule");
  for (const CheckFormat format : {CheckFormat::kTable, CheckFormat::kJson, CheckFormat::kCsv,
                                   CheckFormat::kMarkdown, CheckFormat::kJunit, CheckFormat::kSarif}) {
    const std::string shown = render(check, "", format, RenderOptions());
    require(!shown.empty() && shown == render({input, judge(input), {}}, "", format, RenderOptions()),
            "a verdict is the same each time");
  }
}

struct Target {
  const char* name;
  void (*run)(const std::string& text);
};

inline constexpr Target kTargets[] = {
    {"spec_fuzz", spec},           {"yaml_fuzz", yaml},    {"quantity_fuzz", quantity},
    {"hf_config_fuzz", hf_config}, {"csv_fuzz", csv},      {"profile_fuzz", profile},
    {"runs_fuzz", runs},           {"lock_fuzz", lock},    {"result_fuzz", result},
    {"policy_fuzz", policy},       {"config_fuzz", config}};

}  // namespace capplan::fuzz
