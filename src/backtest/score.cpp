#include "backtest/score.h"

#include <algorithm>
#include <cmath>

namespace capplan {
namespace {

double metric_after(const Observation& o, Duration step) {
  return metric_of(*o.run, o.record->metric, step).value_or(0);
}

}  // namespace

bool metric_is_time(const std::string& metric) {
  return metric == "step_time_s" || metric == "gpu_hours" || metric == "wallclock_days" ||
         metric == "time_to_train_min";
}

double quantile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const double place = share * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, values.size() - 1);
  return values[below] + (values[above] - values[below]) * (place - static_cast<double>(below));
}

ErrorSummary summarise(const std::vector<ScoredRun>& runs) {
  ErrorSummary s;
  s.runs = static_cast<int>(runs.size());
  std::vector<double> errors;
  for (const ScoredRun& r : runs) {
    s.bias += r.percent_error() / s.runs;
    s.mean += std::abs(r.percent_error()) / s.runs;
    s.coverage += r.covered() ? 1.0 / s.runs : 0;
    errors.push_back(std::abs(r.percent_error()));
  }
  s.median = quantile(errors, 0.5);
  s.p90 = quantile(errors, 0.9);
  return s;
}

ErrorSummary mean_over_accelerators(const std::vector<ScoredRun>& runs) {
  std::map<std::string, std::vector<ScoredRun>> cells;
  for (const ScoredRun& r : runs) cells[r.observation->run->accelerator].push_back(r);
  ErrorSummary sum;
  for (const auto& [accelerator, members] : cells) {
    const ErrorSummary c = summarise(members);
    const double share = 1.0 / static_cast<double>(cells.size());
    sum.runs += c.runs;
    sum.median += c.median * share;
    sum.mean += c.mean * share;
    sum.p90 += c.p90 * share;
    sum.bias += c.bias * share;
    sum.coverage += c.coverage * share;
  }
  return sum;
}

double log_time_ratio(const Observation& o, const TrainingConstants& constants) {
  const double ratio = std::log(metric_after(o, predict_step(*o.run, constants).total()) / o.measured);
  return metric_is_time(o.record->metric) ? ratio : -ratio;
}

Prediction predict(const Observation& o, const TrainingConstants& constants, const TimeBand& band) {
  const Duration step = predict_step(*o.run, constants).total();
  const double fast = metric_after(o, step * band.p10);
  const double slow = metric_after(o, step * band.p90);
  return {metric_after(o, step), std::min(fast, slow), std::max(fast, slow)};
}

std::string publisher_of(const RunRecord& record) {
  std::string name = record.source.substr(0, record.source.find_first_of("@:"));
  const std::size_t round = name.find("_v");
  return name.starts_with("mlcommons/") && round != std::string::npos ? name.substr(0, round) : name;
}

std::vector<const RunRecord*> newest_of_groups(const std::vector<RunRecord>& records) {
  std::map<std::string, const RunRecord*> last;
  for (const RunRecord& r : records) last[r.config_group] = &r;
  std::vector<const RunRecord*> newest;
  for (const RunRecord& r : records) {
    if (last[r.config_group] == &r) newest.push_back(&r);
  }
  return newest;
}

std::vector<Observation> observe(const std::vector<RunRecord>& records, const Catalog& catalog,
                                 LayoutSource layouts, std::vector<Unpredicted>& unpredicted) {
  std::vector<Observation> all;
  for (const RunRecord& r : records) {
    TrainingCaseResult run = make_training_case(r, catalog, layouts);
    const auto measured = r.measured.find(r.metric);
    if (!run) {
      unpredicted.push_back({r.id, run.error()});
    } else if (r.metric.empty()) {
      unpredicted.push_back({r.id, "`score_target` is not stated"});
    } else if (measured == r.measured.end() || measured->second <= 0) {
      unpredicted.push_back({r.id, "`" + r.metric + "` is not given"});
    } else if (const auto value = metric_of(**run, r.metric, kSecond); !value) {
      unpredicted.push_back({r.id, "`" + r.metric + "` cannot be predicted from what the record gives"});
    } else if (const double step =
                   predict_step(**run, training_constants(catalog, (*run)->accelerator)).total().base();
               !std::isfinite(step) || step <= 0 ||
               !std::isfinite(*metric_of(**run, r.metric, Duration::of(step)))) {
      unpredicted.push_back({r.id, "what it states leads to no finite time"});
    } else {
      all.push_back({&r, std::move(*run), measured->second});
    }
  }
  return all;
}

}  // namespace capplan
