// How far predictions are from what was measured.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "backtest/run_case.h"

namespace capplan {

// A record that can be predicted, with its case.
struct Observation {
  const RunRecord* record = nullptr;
  std::unique_ptr<TrainingCase> run;
  double measured = 0;
};

struct Prediction {
  double value = 0;
  double p10 = 0, p90 = 0;  // of the metric: the smaller first
};

// Errors of the predicted metric against the measured one, in percent of the measured.
struct ErrorSummary {
  int runs = 0;
  double median = 0, mean = 0, p90 = 0;  // of the absolute error
  double bias = 0;                       // mean of the signed error
  double coverage = 0;                   // share of measured values between P10 and P90
};

struct ScoredRun {
  const Observation* observation = nullptr;
  Prediction prediction;
  double speedup_over_recorded = 1;  // of a layout that was searched

  double percent_error() const { return 100 * (prediction.value / observation->measured - 1); }
  bool covered() const {
    return prediction.p10 <= observation->measured && observation->measured <= prediction.p90;
  }
};

// Grows with time; the other metrics are rates.
bool metric_is_time(const std::string& metric);

ErrorSummary summarise(const std::vector<ScoredRun>& runs);
// Mean of the summaries of each accelerator: no table decides by its length.
ErrorSummary mean_over_accelerators(const std::vector<ScoredRun>& runs);

// ln(predicted / measured time): above 0 where the prediction is too slow, whatever the metric.
double log_time_ratio(const Observation& o, const TrainingConstants& constants);
Prediction predict(const Observation& o, const TrainingConstants& constants, const TimeBand& band);

double quantile(std::vector<double> values, double share);

// "mosaicml/llm-foundry" of "mosaicml/llm-foundry@8c8dd48:README.md#L166"; the rounds of one benchmark are
// one.
std::string publisher_of(const RunRecord& record);

// Every measured figure that can be predicted; `unpredicted` gets the others with their reason.
struct Unpredicted {
  std::string id, reason;
};
std::vector<Observation> observe(const std::vector<RunRecord>& records, const Catalog& catalog,
                                 LayoutSource layouts, std::vector<Unpredicted>& unpredicted);
// The newest of each group of reruns.
std::vector<const RunRecord*> newest_of_groups(const std::vector<RunRecord>& records);

}  // namespace capplan
