#include "backtest/calibration_profile.h"

#include <algorithm>
#include <cmath>

#include "core/number_text.h"

namespace capplan {
namespace {

constexpr std::size_t kFewest = 10;  // runs for a band of one's own

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

// ln(measured / predicted time) of a scored run.
double residual(const ScoredRun& r) {
  const double ratio = std::log(r.observation->measured / r.prediction.value);
  const bool time = metric_is_time(r.observation->record->metric);
  return time ? ratio : -ratio;
}

struct Band {
  std::string evidence;
  double p10 = 0, p90 = 0;
  std::size_t runs = 0;
};

enum class Vote { kRun, kCell };

// By runs, the band holds 80% of them. By cells, an accelerator and publisher counts as twelve runs at most:
// wider, and right for a part that nobody has measured, which is like another cell and not like another run.
Band band_of(const std::string& evidence, const std::vector<ScoredRun>& runs, Vote vote) {
  std::vector<const Observation*> observations;
  observations.reserve(runs.size());
  for (const ScoredRun& r : runs) observations.push_back(r.observation);
  const std::vector<double> by_cell = cell_weights(observations);
  std::vector<std::pair<double, double>> weighted;
  weighted.reserve(runs.size());
  double total = 0;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const double weight = vote == Vote::kRun ? 1 : by_cell[i];
    weighted.emplace_back(residual(runs[i]), weight);
    total += weight;
  }
  std::sort(weighted.begin(), weighted.end());
  Band band{evidence, 0, 0, runs.size()};
  double sum = 0;
  for (const auto& [value, weight] : weighted) {
    if (sum <= 0.1 * total) band.p10 = value;
    if (sum <= 0.9 * total) band.p90 = value;
    sum += weight;
  }
  return band;
}

std::vector<ScoredRun> of_families(const std::vector<ScoredRun>& runs,
                                   std::initializer_list<Family> families) {
  std::vector<ScoredRun> kept;
  for (const ScoredRun& r : runs) {
    if (std::find(families.begin(), families.end(), r.observation->run->demand.family) != families.end())
      kept.push_back(r);
  }
  return kept;
}

const std::initializer_list<Family> kNetworks{Family::kCnn, Family::kVit, Family::kBert, Family::kDiffusion};

std::vector<Band> bands(std::span<const Observation* const> observations, const Catalog& catalog,
                        const FitOptions& options) {
  const std::vector<ScoredRun> by_source = cross_validate(observations, LeaveOut::kPublisher, options);
  const std::vector<ScoredRun> by_accelerator = cross_validate(observations, LeaveOut::kAccelerator, options);
  std::vector<Band> all{band_of("runs", of_families(by_source, {Family::kDense}), Vote::kRun),
                        band_of("no-runs", of_families(by_accelerator, {Family::kDense}), Vote::kCell),
                        band_of("mixture", of_families(by_accelerator, {Family::kMoe}), Vote::kRun),
                        band_of("adapters", of_families(by_source, {Family::kLora}), Vote::kRun),
                        band_of("networks", of_families(by_source, kNetworks), Vote::kRun),
                        band_of("networks-no-runs", of_families(by_accelerator, kNetworks), Vote::kCell),
                        band_of("recommendation", of_families(by_accelerator, {Family::kDlrm}), Vote::kRun),
                        band_of("other", of_families(by_source, {Family::kGeneric}), Vote::kRun)};
  for (Band& band : all) {
    if (band.runs >= kFewest) continue;
    // Too few of one's own: the catalogue's stand.
    for (const ResidualBand& known : catalog.tables().residuals) {
      if (known.evidence == band.evidence)
        band = {band.evidence, known.p10, known.p90, static_cast<std::size_t>(known.runs)};
    }
  }
  std::erase_if(all, [](const Band& b) { return b.runs == 0; });
  return all;
}

std::string constant_line(std::string_view name, const std::string& scope, double value, double prior,
                          int runs) {
  return "  - {name: " + std::string(name) + ", scope: " + scope + ", value: " + four_digits(value) +
         ", prior: " + four_digits(prior) + ", runs: " + std::to_string(runs) + "}\n";
}

std::string constants_text(std::span<const Observation* const> observations, const FittedConstants& fitted,
                           const FitOptions& options) {
  const TrainingConstants& priors = options.priors;
  const auto prior_of = [&](const ConstantField& f, const std::string& id) {
    return options.calibrated == nullptr ? priors.*f.member
                                         : training_constants(*options.calibrated, id).*f.member;
  };
  std::string out = "constants:\n";
  for (const ConstantField& f : constant_fields()) {
    if (!f.per_accelerator)
      out += constant_line(f.name, "any", fitted.shared.*f.member, priors.*f.member,
                           is_free(f, options) ? static_cast<int>(observations.size()) : 0);
  }
  for (const ConstantField& f : constant_fields()) {
    if (!f.per_accelerator) continue;
    const std::map<std::string, int> runs = runs_by_accelerator(observations, f);
    for (const auto& [id, count] : runs)
      out += constant_line(f.name, id, fitted.of(id).*f.member, prior_of(f, id), count);
    if (options.calibrated == nullptr) continue;
    // What was known of other accelerators stays.
    for (const FittedConstant& known : options.calibrated->tables().constants) {
      if (known.name == f.name && known.scope != "any" && !runs.contains(std::string(known.scope)))
        out += constant_line(f.name, std::string(known.scope), known.value, known.prior, known.runs);
    }
  }
  return out;
}

}  // namespace

std::string calibration_profile(std::span<const Observation* const> observations, const Catalog& catalog,
                                const FitOptions& options, const CalibrationSource& source) {
  const FittedConstants fitted = fit_constants(observations, options);
  std::vector<ScoredRun> scored;
  const std::vector<const Observation*> rests_on = fitted_observations(observations);
  scored.reserve(rests_on.size());
  for (const Observation* o : rests_on)
    scored.push_back({o, predict(*o, fitted.of(o->run->accelerator), o->run->band)});
  const ErrorSummary errors = summarise(scored);
  std::string out =
      "# Made by `capplan calibrate`. Residuals are of the runs it was fitted to; the bands, of ln(measured "
      "/\n"
      "# predicted time) of runs that were left out.\n";
  int shared = 0;
  int own = 0;
  for (const ConstantField& f : constant_fields())
    (f.per_accelerator ? own : shared) += is_free(f, options) ? 1 : 0;
  out += "# " + std::to_string(shared) + " shared constants fitted, " + std::to_string(own) +
         " of each accelerator.\n";
  out += "id: " + source.id + "\nruns: " + std::to_string(errors.runs) +
         "\nresidual_median: " + four_digits(errors.median / 100) +
         "\nresidual_p90: " + four_digits(errors.p90 / 100) + "\nsource: " + quoted(source.source) +
         "\nas_of: " + source.as_of + "\n";
  out += constants_text(rests_on, fitted, options);
  out += "residuals:\n";
  for (const Band& b : bands(observations, catalog, options))
    out += "  - {evidence: " + b.evidence + ", p10: " + four_digits(b.p10) + ", p90: " + four_digits(b.p90) +
           ", runs: " + std::to_string(b.runs) + "}\n";
  return out;
}

}  // namespace capplan
