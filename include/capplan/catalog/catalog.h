// Everything the profiles hold, as flat tables in a fixed order. Immutable once made; text lives as long as
// it does.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "capplan/catalog/accelerator.h"
#include "capplan/catalog/calibration.h"
#include "capplan/catalog/kernels.h"
#include "capplan/catalog/offer.h"
#include "capplan/catalog/spot.h"
#include "capplan/catalog/stack.h"
#include "capplan/core/diagnostic.h"
#include "capplan/core/exchange.h"
#include "capplan/core/uncertain.h"
#include "capplan/model/model_arch.h"

namespace capplan {

struct ModelProfile {
  Text id;
  Text name;
  Text aliases;  // "a|b|c"
  ModelArch arch;
  std::span<const Operator> operators;  // its layers where they are listed; arch has none of its own
  Text source;
  Text as_of;
  Text unverified;

  // The architecture with its operators.
  ModelArch resolved() const;
};

// A single figure that a formula uses: PUE, a tariff, a salary. `value` is in base units of `dim`.
struct Figure {
  Text id;
  Text name;
  double value = 0;
  Dim dim;
  std::optional<double> low, high;
  Provenance provenance;
  Text notes;
};

// A place to own hardware at. Figures by id; empty means that it costs nothing there.
struct Site {
  Text id;
  Text name;
  Text country;
  Text facility;
  Text electricity;
  Text pue;
  Text staff_minimum;
  Text spares;
  Text installation;
  Text insurance;
  Text notes;
};

struct CarbonRow {
  Text scope;
  Text region;
  Text place;
  double kg_per_kwh = 0;
  Text as_of;
  Text source;
};

// What published work found that a lever does to quality.
enum class QualityLoss {
  kExact,  // the same arithmetic
  kNoise,  // within run-to-run variation
  kSome,   // measured and small
  kTask    // may be large: it depends on the task
};
std::string_view quality_loss_name(QualityLoss loss);

struct LeverEvidence {
  Text id;  // as in `optimizations:`
  Text name;
  QualityLoss loss = QualityLoss::kTask;
  Text quality;
  Text source;
  Text as_of;
};

struct Tables {
  std::vector<Accelerator> accelerators;
  std::vector<ModelProfile> models;
  std::vector<Provider> providers;
  std::vector<Cluster> clusters;
  std::vector<StorageRow> storage;
  std::vector<EgressRow> egress;
  std::vector<Offer> offers;
  std::vector<Credit> credits;  // in the order in which they are spent
  std::vector<ExchangeRate> exchange;
  std::vector<CarbonRow> carbon;
  std::vector<SpotZone> spot_zones;
  std::vector<Figure> figures;
  std::vector<Site> sites;
  std::vector<KernelRow> kernels;
  std::vector<Stack> stacks;
  std::vector<LeverEvidence> levers;
  std::vector<Calibration> calibrations;
  std::vector<FittedConstant> constants;
  std::vector<ResidualBand> residuals;
};

// What a name in a spec, a quote or a run record stands for.
struct NameMatch {
  std::vector<Text> ids;  // none: unknown; one: found; several: all that fit equally
  bool exact = false;     // the id itself, to the letter
};

// Of profiles that were laid over: in the binary no figure is a distribution.
struct UncertainProfileFigure {
  UncertainFigure figure;
  // Of a price by the hour: plans rest on it only on this accelerator of this provider. Else both are empty.
  std::string provider, accelerator;
};

// Probabilities of uncertain figures, by path; those that are not named are at their medians.
using Probabilities = std::map<std::string, double, std::less<>>;

struct CatalogDraws {
  struct Drawn {
    Tables tables;
    std::shared_ptr<const void> arena;
  };
  std::vector<UncertainProfileFigure> figures;
  // Reads the profiles anew; nothing where they do not go together.
  std::function<std::optional<Drawn>(const Probabilities& at)> read;
};

class Catalog {
 public:
  // `arena` owns text of `tables` and of `as_of` that is not in the binary; may be null. Without `as_of` the
  // catalogue is of the date of its newest price. `draws` is null where nothing is uncertain.
  Catalog(Tables tables, std::string sha256, std::shared_ptr<const void> arena, Diagnostics warnings = {},
          Text as_of = {}, std::shared_ptr<const CatalogDraws> draws = nullptr);

  const Tables& tables() const { return tables_; }
  // Date of the newest price.
  Text as_of() const { return as_of_; }
  // In force on that date: what a spec's amounts are read by, and what tables show other currencies by. Valid
  // as long as the catalogue.
  ExchangeRates exchange_rates() const { return {tables_.exchange, as_of_}; }
  // What looks wrong in the profiles that were laid over.
  const Diagnostics& warnings() const { return warnings_; }
  // Digest of the profile files, in path order.
  const std::string& sha256() const { return sha256_; }
  // What keeps the tables' text alive.
  const std::shared_ptr<const void>& arena() const { return arena_; }

  // The figures that are distributions, in the order of files and lines.
  std::span<const UncertainProfileFigure> uncertain() const;
  // The catalogue with its uncertain figures at probabilities: rows and their order are the same. Nothing
  // where such figures contradict each other. Valid as long as this one.
  std::optional<Catalog> at(const Probabilities& probabilities) const;
  const std::shared_ptr<const CatalogDraws>& draws() const { return draws_; }
  // The same with its medians alone.
  Catalog certain() const;

  const Accelerator* accelerator(Text id) const;
  const Provider* provider(Text id) const;
  const Cluster* cluster(Text provider, Text id) const;
  const Figure* find_figure(Text id) const;
  // A figure that the build has checked to be there.
  const Figure& figure(Text id) const;
  const Site* site(Text id) const;
  const ModelProfile* model(Text id) const;
  const Stack* stack(Text id) const;

  // What providers of a kind that state no price for data are taken to charge: the median over those of the
  // kind of each one's first price, of those that charge; where none does, that over all providers; zero
  // where nobody charges.
  const DataPrices& median_data_prices(SupplyOption kind) const { return median_data_prices_.at(kind); }

  // A name may differ by case, separators, vendor prefix, and a missing or differing memory size or form
  // factor (contract, section 2.3).
  NameMatch match_accelerator(std::string_view name) const;
  NameMatch match_model(std::string_view name) const;
  // The nearest id, for "did you mean".
  std::string_view nearest_accelerator(std::string_view name) const;
  std::string_view nearest_model(std::string_view name) const;

 private:
  Tables tables_;
  std::string sha256_;
  std::shared_ptr<const void> arena_;
  Diagnostics warnings_;
  Text as_of_;
  std::shared_ptr<const CatalogDraws> draws_;
  std::map<SupplyOption, DataPrices> median_data_prices_;
  std::map<Text, std::size_t> accelerators_;  // positions, not addresses: a catalogue may be copied
};

// The profiles that the build put into the binary.
Catalog builtin_catalog();

struct ProfileFile {
  std::string path;  // "offers/nebius.csv", relative to the profiles folder
  std::string text;
};

// Parses profile files; problems are reported under `folder`/path. Figures that results need but that are not
// there are problems too when `complete` is asked for.
Result<Catalog> load_catalog(const std::string& folder, const std::vector<ProfileFile>& files);

// `base` with the rows of the files laid over it: same key replaces, new key adds. The adjustments of the
// files then apply to all rows. Distributions of the files can be drawn; those of the base are at their
// medians.
Result<Catalog> overlay_catalog(const Catalog& base, const std::string& folder,
                                const std::vector<ProfileFile>& files);

// The profile files below a folder, in path order; an error is a reason in words.
tl::expected<std::vector<ProfileFile>, std::string> read_profile_folder(const std::string& folder);

}  // namespace capplan
