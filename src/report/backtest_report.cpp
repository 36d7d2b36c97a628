#include "report/backtest_report.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "core/number_text.h"
#include "report/grid.h"
#include "report/json_text.h"
#include "report/layout_report.h"

namespace capplan {
namespace {

constexpr std::size_t kWorst = 10;

double rounded(double value) { return round_to_12_digits(value); }
double ape(const ScoredRun& r) { return std::abs(r.percent_error()); }
const RunRecord& record_of(const ScoredRun& r) { return *r.observation->record; }
std::string family_of(const ScoredRun& r) {
  const std::string& family = record_of(r).family;
  return family.empty() ? std::string(family_name(r.observation->run->demand.family)) : family;
}

std::map<std::string, std::vector<ScoredRun>> by_family(const std::vector<ScoredRun>& runs) {
  std::map<std::string, std::vector<ScoredRun>> families;
  for (const ScoredRun& r : runs) families[family_of(r)].push_back(r);
  return families;
}

Json summary_json(const std::vector<ScoredRun>& runs) {
  const ErrorSummary s = summarise(runs);
  if (runs.empty())
    return {{"n", 0},
            {"mape", nullptr},
            {"median_ape", nullptr},
            {"p90_ape", nullptr},
            {"bias", nullptr},
            {"coverage_p10_p90", nullptr}};
  return {{"n", s.runs},
          {"mape", rounded(s.mean)},
          {"median_ape", rounded(s.median)},
          {"p90_ape", rounded(s.p90)},
          {"bias", rounded(s.bias)},
          {"coverage_p10_p90", rounded(s.coverage)}};
}

Json summary_with_families(const std::vector<ScoredRun>& runs) {
  Json summary = summary_json(runs);
  Json families = Json::object();
  for (const auto& [family, members] : by_family(runs)) families[family] = summary_json(members);
  summary["by_family"] = std::move(families);
  return summary;
}

std::string json_text(const Backtest& b, const RenderOptions& options) {
  Json runs = Json::array();
  for (const ScoredRun& r : b.runs) {
    runs.push_back({{"id", record_of(r).id},
                    {"metric", record_of(r).metric},
                    {"measured", rounded(r.observation->measured)},
                    {"predicted", rounded(r.prediction.value)},
                    {"ape", rounded(ape(r))},
                    {"p10", rounded(r.prediction.p10)},
                    {"p90", rounded(r.prediction.p90)},
                    {"in_interval", r.covered()},
                    {"family", family_of(r)},
                    {"accelerator", r.observation->run->accelerator},
                    {"stack", r.observation->run->setup.stack.id}});
    if (b.layouts == LayoutSource::kSearched)
      runs.back().update({{"speedup_over_recorded", rounded(r.speedup_over_recorded)},
                          {"layout", layout_text(r.observation->run->layout)},
                          {"recorded_layout", layout_text(*r.observation->run->recorded_layout)}});
  }
  Json unpredicted = Json::array();
  for (const Unpredicted& u : b.unpredicted) unpredicted.push_back({{"id", u.id}, {"reason", u.reason}});
  Json summary = summary_with_families(b.runs);
  summary["one_vote_a_configuration"] = summary_with_families(voting_runs(b));
  const Json out = {{"schema", "capplan.backtest/1"},
                    {"capplan_version", options.version},
                    {"runs", std::move(runs)},
                    {"unpredicted", std::move(unpredicted)},
                    {"summary", std::move(summary)}};
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

void add_summary(Listing& listing, const std::string& family, const std::string& what,
                 const ErrorSummary& s) {
  const auto cell = [](double value) { return number_cell(std::round(value * 10) / 10); };
  listing.rows.push_back({text_cell(family), text_cell(what), number_cell(s.runs), cell(s.median),
                          cell(s.mean), cell(s.p90), cell(s.bias), cell(100 * s.coverage)});
}

Listing accuracy(const Backtest& b) {
  Listing listing{"accuracy",
                  {{"family", "FAMILY", false, 0},
                   {"accelerator", "ACCELERATOR", false, 0},
                   {"n", "RUNS", true, 0},
                   {"median_ape", "MEDIAN %", true, 0},
                   {"mape", "MEAN %", true, 1},
                   {"p90_ape", "P90 %", true, 1},
                   {"bias", "BIAS %", true, 2},
                   {"coverage", "P10-P90 HOLDS %", true, 2}},
                  {}};
  for (const auto& [family, members] : by_family(voting_runs(b))) {
    std::map<std::string, std::vector<ScoredRun>> cells;
    for (const ScoredRun& r : members) cells[r.observation->run->accelerator].push_back(r);
    for (const auto& [accelerator, runs] : cells) add_summary(listing, family, accelerator, summarise(runs));
    add_summary(listing, family, "all runs", summarise(members));
    add_summary(listing, family, "mean over accelerators", mean_over_accelerators(members));
  }
  if (const auto whole = whole_runs(b); !whole.empty())
    add_summary(listing, "whole runs", "tier C", summarise(whole));
  return listing;
}

// How the layouts that were found compare with the recorded ones, both as predicted.
std::string speedups(const Backtest& b) {
  int fitting = 0;
  int as_fast = 0;
  std::vector<double> gains;
  const std::vector<ScoredRun> voting = voting_runs(b);
  for (const ScoredRun& r : voting) {
    gains.push_back(100 * (r.speedup_over_recorded - 1));
    if (!r.observation->run->recorded_fits) continue;
    ++fitting;
    as_fast += r.speedup_over_recorded >= 1 - 1e-9 ? 1 : 0;
  }
  const auto tenth = [](double value) { return plain_number(std::round(value * 10) / 10) + "%"; };
  return "layouts searched: predicted at least as fast as the recorded one in " + std::to_string(as_fast) +
         " of the " + std::to_string(fitting) +
         " configurations whose recorded layout fits by the memory model, " + tenth(quantile(gains, 0.5)) +
         " faster in the median, " + tenth(quantile(gains, 0.9)) + " in one of ten";
}

// For the eye with four digits, for a program with all.
enum class Digits { kFour, kAll };

Listing run_listing(const std::vector<ScoredRun>& runs, Digits digits) {
  Listing listing{"runs",
                  {{"id", "RUN", false, 0},
                   {"metric", "METRIC", false, 2},
                   {"measured", "MEASURED", true, 1},
                   {"predicted", "PREDICTED", true, 1},
                   {"ape", "ERROR %", true, 0},
                   {"p10", "P10", true, 3},
                   {"p90", "P90", true, 3},
                   {"in_interval", "WITHIN", false, 3}},
                  {}};
  const auto cell = [&](double value) {
    if (digits == Digits::kAll || value == 0) return number_cell(value);
    const double scale = std::pow(10, std::max(0.0, 3 - std::floor(std::log10(std::abs(value)))));
    return number_cell(std::round(value * scale) / scale);
  };
  for (const ScoredRun& r : runs)
    listing.rows.push_back(
        {text_cell(record_of(r).id), text_cell(record_of(r).metric), cell(r.observation->measured),
         cell(r.prediction.value),
         digits == Digits::kAll ? number_cell(ape(r)) : number_cell(std::round(ape(r) * 10) / 10),
         cell(r.prediction.p10), cell(r.prediction.p90), text_cell(r.covered() ? "yes" : "no")});
  return listing;
}

std::vector<ScoredRun> worst(const Backtest& b) {
  std::vector<ScoredRun> runs = voting_runs(b);
  std::stable_sort(runs.begin(), runs.end(),
                   [](const ScoredRun& x, const ScoredRun& y) { return ape(x) > ape(y); });
  if (runs.size() > kWorst) runs.resize(kWorst);
  return runs;
}

}  // namespace

std::string render(const Backtest& b, Format format, const RenderOptions& options) {
  if (format == Format::kJson) return json_text(b, options);
  if (format == Format::kCsv) return render(run_listing(b.runs, Digits::kAll), format, options);
  std::string out;
  if (!b.runs.empty()) out = render(accuracy(b), format, options) + "\n";
  out +=
      std::to_string(b.runs.size()) + " runs predicted; of reruns of one configuration the newest counts\n";
  if (b.layouts == LayoutSource::kSearched) out += wrap(speedups(b), options.width, "", 2) + "\n";
  if (!b.runs.empty())
    out += "\nfurthest off\n\n" + render(run_listing(worst(b), Digits::kFour), format, options);
  if (b.unpredicted.empty()) return out;
  out += "\n" + std::to_string(b.unpredicted.size()) + " not predicted\n";
  std::map<std::string, int> reasons;
  for (const Unpredicted& u : b.unpredicted) ++reasons[u.reason];
  for (const auto& [reason, count] : reasons)
    out += wrap(printable(reason), options.width, "  " + std::to_string(count) + "  ", 5) + "\n";
  return out;
}

}  // namespace capplan
