#include "performance/efficiency.h"

#include <algorithm>
#include <cmath>

namespace capplan {
namespace {

constexpr double kQuantile = 1.2816;      // standard normal at 90%
constexpr double kCellFloor = 0.256;      // 1.2816 x 0.2: no cell is surer than between-source spread allows
constexpr double kNewVendorSigma = 0.35;  // training.md of the study: a vendor without any run of the family
constexpr int kRunsForCell = 3;
// Share of the dense bf16 peak that a matrix product reaches on H100 (795 of 989 TFLOP/s), where most runs
// are from.
constexpr double kUsualAchievable = 0.80;
constexpr double kLowestMfu = 0.01;
constexpr double kHighestMfu = 0.8;
constexpr double kSmallestParams = 1e8;
constexpr double kLargestParams = 2e11;

// fp16 and bf16 share a class, and block formats that of their width.
std::string_view precision_class(Precision precision) {
  switch (precision) {
    case Precision::kFp16:
      return "bf16";
    case Precision::kMxfp8:
      return "fp8";
    case Precision::kNvfp4:
      return "fp4";
    default:
      return precision_name(precision);
  }
}

bool cell_precision_fits(std::string_view cell, Precision precision) {
  const bool half = precision == Precision::kFp16 || precision == Precision::kBf16;
  return half ? cell == "fp16" || cell == "bf16" : cell == precision_name(precision);
}

const EfficiencyCell* find_cell(const Catalog& catalog, Family family, const Accelerator& accelerator,
                                Precision precision, double params, double count) {
  for (const EfficiencyCell& c : catalog.tables().efficiency) {
    const bool place = c.family == family_name(family) && c.accelerator == accelerator.id &&
                       cell_precision_fits(c.precision, precision);
    if (place && c.params_min <= params && params < c.params_max && c.count_min <= count &&
        count <= c.count_max && c.runs >= kRunsForCell)
      return &c;
  }
  return nullptr;
}

const EfficiencyPrior* find_prior(const Catalog& catalog, std::string_view family,
                                  std::string_view generation, std::string_view precision) {
  for (const EfficiencyPrior& p : catalog.tables().efficiency_priors) {
    if (p.family == family && p.generation == generation && p.precision == precision) return &p;
  }
  return nullptr;
}

bool vendor_has_prior(const Catalog& catalog, std::string_view family, std::string_view vendor) {
  for (const EfficiencyPrior& p : catalog.tables().efficiency_priors) {
    if (p.family != family) continue;
    for (const Accelerator& a : catalog.tables().accelerators) {
      if (a.generation == p.generation && a.vendor == vendor) return true;
    }
  }
  return false;
}

// Families without a table of their own take the one that computes most alike, with a wide band.
std::string_view table_family(Family family) {
  switch (family) {
    case Family::kDiffusion:
      return "vit";
    case Family::kGeneric:
    case Family::kDlrm:
      return "cnn";
    default:
      return family_name(family);
  }
}

Efficiency bounded(double mfu, double low, double high) {
  const auto hold = [](double value) { return std::clamp(value, kLowestMfu, kHighestMfu); };
  Efficiency e;
  e.mfu = hold(mfu);
  e.p10 = hold(low);
  e.p90 = hold(high);
  return e;
}

std::string evidence_of(const EfficiencyPrior& prior, bool own_generation) {
  const std::string kind = std::string(prior.family) + " " +
                           (prior.precision == "any" ? "" : std::string(prior.precision) + " ") + "runs";
  if (own_generation && prior.runs == 0)
    return "no published " + kind + " on " + std::string(prior.generation) +
           ": the law fitted to other runs of the family (docs/efficiency.md)";
  const bool several = prior.source.find(';') != Text::npos;
  return std::to_string(prior.runs) + " published " + kind + " on " +
         (own_generation ? std::string(prior.generation) : "all generations") + " (" +
         std::string(prior.source.substr(0, prior.source.find(';'))) + (several ? " and others)" : ")");
}

// A prior's estimate, and how far its P10 and P90 lie from the centre before they are held within bounds.
struct PriorEstimate {
  Efficiency efficiency;
  double spread = std::exp(kCellFloor);
};

PriorEstimate from_prior(const Catalog& catalog, Family family, const Accelerator& accelerator,
                         Precision precision, double params, double count) {
  const std::string_view table = table_family(family);
  const std::string_view klass = precision_class(precision);
  const EfficiencyPrior* prior = find_prior(catalog, table, accelerator.generation, klass);
  const bool own_generation = prior != nullptr;
  if (prior == nullptr) prior = find_prior(catalog, table, "any", klass);
  if (prior == nullptr) prior = find_prior(catalog, table, "any", "any");
  if (prior == nullptr) return {};
  double mfu =
      prior->mfu_at_7b_8 *
      std::exp(prior->size_slope * std::log(std::clamp(params, kSmallestParams, kLargestParams) / 7e9) +
               prior->count_slope * std::max(0.0, std::log2(count / 8)));
  double sigma = prior->sigma;
  if (!own_generation) {
    if (!vendor_has_prior(catalog, table, accelerator.vendor)) sigma = std::hypot(sigma, kNewVendorSigma);
    if (accelerator.achievable_bf16)
      mfu *= std::min(1.0, *accelerator.achievable_bf16 / accelerator.peak.bf16 / kUsualAchievable);
  }
  if (table != family_name(family)) sigma = std::hypot(sigma, kNewVendorSigma);
  const double spread = std::exp(kQuantile * sigma);
  Efficiency e = bounded(mfu, mfu / spread, mfu * spread);
  e.evidence = evidence_of(*prior, own_generation);
  return {e, spread};
}

}  // namespace

Efficiency find_efficiency(const Catalog& catalog, Family family, const Accelerator& accelerator,
                           Precision precision, double params, double count) {
  const PriorEstimate prior = from_prior(catalog, family, accelerator, precision, params, count);
  const EfficiencyCell* cell = find_cell(catalog, family, accelerator, precision, params, count);
  if (cell == nullptr) return prior.efficiency;
  const double spread = cell->mfu_p10 ? std::exp(kCellFloor) : prior.spread;
  Efficiency e = bounded(cell->mfu, std::min(cell->mfu_p10.value_or(cell->mfu), cell->mfu / spread),
                         std::max(cell->mfu_p90.value_or(cell->mfu), cell->mfu * spread));
  e.measured = true;
  e.evidence = std::to_string(cell->runs) + " published runs on " + std::string(cell->accelerator) + " (" +
               std::string(cell->source) + ")";
  return e;
}

}  // namespace capplan
