#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <system_error>

#include "catalog/check_overlay.h"
#include "catalog/check_tables.h"
#include "catalog/digest.h"
#include "catalog/profile_loader.h"
#include "core/text.h"

namespace capplan {
namespace {

namespace fs = std::filesystem;

std::string stem_of(const std::string& path) { return fs::path(path).stem().string(); }

// The reader of a file, by its place in the folder; false for files that are no profiles.
bool load_file(ProfileLoader& loader, const ProfileFile& file, const SourceText& source) {
  const std::string& path = file.path;
  const bool yaml = path.ends_with(".yaml");
  if (yaml && path.starts_with("accelerators/")) return load_accelerator(loader, source), true;
  if (yaml && path.starts_with("models/")) return load_model(loader, source), true;
  if (yaml && path.starts_with("providers/")) return load_provider(loader, source), true;
  if (yaml && path.starts_with("figures/")) return load_figures(loader, source), true;
  if (yaml && path.starts_with("stacks/")) return load_stack(loader, source), true;
  if (yaml && path.starts_with("sites/")) return load_site(loader, source), true;
  if (path.starts_with("offers/") && path.ends_with(".csv"))
    return load_offers(loader, source, stem_of(path)), true;
  if (path == "exchange.csv") return true;  // read before all others
  if (path == "adjustments.yaml") return load_adjustments(loader, source), true;
  if (path == "carbon.csv") return load_carbon(loader, source), true;
  if (path == "spot.csv") return load_spot_zones(loader, source), true;
  if (path == "levers.yaml") return load_levers(loader, source), true;
  if (path == "calibration.yaml") return load_calibration(loader, source), true;
  if (path == "kernels.csv" || path == "kernel_priors.csv") return load_kernels(loader, source), true;
  return path == "price_exceptions.csv" || path.ends_with(".md");
}

template <class Row, class Key>
void lay_over(std::vector<Row>& base, const std::vector<Row>& rows, const Key& key) {
  if (rows.empty()) return;
  // Price lists of 100,000 rows are laid over: no search of the table for each.
  std::map<decltype(key(rows.front())), std::size_t> places;
  for (std::size_t i = 0; i < base.size(); ++i) places.emplace(key(base[i]), i);
  for (const Row& row : rows) {
    const auto [place, fresh] = places.emplace(key(row), base.size());
    if (fresh) {
      base.push_back(row);
    } else {
      base[place->second] = row;
    }
  }
}

struct Loaded {
  Tables tables;
  std::vector<Location> offer_places;
  std::vector<PeakPlaces> peak_places;
  std::vector<Adjustment> adjustments;
};

std::tuple<Text, Text> exchange_key(const ExchangeRate& rate) { return {rate.currency, rate.as_of}; }

// Amounts of any file may need the rates: these come first. `base` are those of the catalogue beneath.
// Without `uncertain` distributions are errors.
Loaded load_files(const std::string& folder, const std::vector<ProfileFile>& files,
                  std::vector<ExchangeRate> base, TextArena& arena, UncertainReading* uncertain,
                  Diagnostics& problems) {
  Loaded loaded;
  const auto loader_of = [&](const ProfileFile& file, std::span<const ExchangeRate> exchange) {
    return ProfileLoader{file.path,          loaded.tables,      arena,    problems, loaded.offer_places,
                         loaded.peak_places, loaded.adjustments, exchange, uncertain};
  };
  for (const ProfileFile& file : files) {
    ProfileLoader loader = loader_of(file, {});
    if (file.path == "exchange.csv") load_exchange(loader, {folder + "/" + file.path, file.text});
  }
  lay_over(base, loaded.tables.exchange, exchange_key);
  for (const ProfileFile& file : files) {
    const SourceText source{folder + "/" + file.path, file.text};
    ProfileLoader loader = loader_of(file, base);
    if (!load_file(loader, file, source))
      problems.push_back({Severity::kError,
                          {source.name, 1, 1, 1},
                          "no profile: expected accelerators/, models/, providers/, offers/, figures/, "
                          "sites/, stacks/, adjustments.yaml, carbon.csv, exchange.csv, kernels.csv, "
                          "levers.yaml, spot.csv or "
                          "calibration.yaml",
                          ""});
  }
  return loaded;
}

// Rows that belong to a provider's file go with it.
template <class Row>
void replace_of_providers(std::vector<Row>& base, const std::vector<Row>& rows,
                          const std::vector<Provider>& providers) {
  std::erase_if(base, [&](const Row& row) {
    return std::any_of(providers.begin(), providers.end(),
                       [&](const Provider& p) { return p.id == row.provider; });
  });
  base.insert(base.end(), rows.begin(), rows.end());
}

void lay_over(Tables& base, const Tables& over) {
  const auto id = [](const auto& row) { return row.id; };
  lay_over(base.accelerators, over.accelerators, id);
  lay_over(base.models, over.models, id);
  lay_over(base.levers, over.levers, id);
  lay_over(base.figures, over.figures, id);
  lay_over(base.sites, over.sites, id);
  lay_over(base.stacks, over.stacks, id);
  lay_over(base.kernels, over.kernels,
           [](const KernelRow& k) { return std::tuple(k.op, k.scope, k.format, k.group); });
  replace_of_providers(base.clusters, over.clusters, over.providers);
  replace_of_providers(base.storage, over.storage, over.providers);
  replace_of_providers(base.egress, over.egress, over.providers);
  lay_over(base.providers, over.providers, id);
  lay_over(base.offers, over.offers, [](const Offer& o) {
    return std::tuple(o.provider, o.accelerator, o.count, o.machine, o.region, o.area, o.purchase, o.tier);
  });
  lay_over(base.exchange, over.exchange, exchange_key);
  base.credits.insert(base.credits.end(), over.credits.begin(), over.credits.end());
  lay_over(base.carbon, over.carbon, [](const CarbonRow& c) { return std::tuple(c.scope, c.region); });
  lay_over(base.spot_zones, over.spot_zones, [](const SpotZone& z) { return spot_zone_key(z); });
  if (!over.calibrations.empty()) {  // one fit is taken whole
    base.calibrations = over.calibrations;
    base.constants = over.constants;
    base.residuals = over.residuals;
  }
}

std::string digest_of(const std::vector<ProfileFile>& files, std::string_view before) {
  std::string all(before);
  for (const ProfileFile& file : files) all += file.path + '\0' + sha256_hex(file.text) + '\n';
  return sha256_hex(all);
}

// The files laid over a base, and what stood in them.
struct Overlaid {
  Tables tables;
  Loaded loaded;
  std::shared_ptr<const void> arena;  // rows of the base may have text of its own arena: both live on
};

Overlaid lay_files_over(const Catalog& base, const std::string& folder, const std::vector<ProfileFile>& files,
                        UncertainReading& uncertain, Diagnostics& problems) {
  auto arena = std::make_shared<TextArena>();
  Overlaid over{base.tables(), {}, {}};
  over.loaded = load_files(folder, files, base.tables().exchange, *arena, &uncertain, problems);
  if (!has_errors(problems)) {
    Tables without_offers = over.loaded.tables;
    without_offers.offers.clear();
    lay_over(over.tables, without_offers);
    resolve_offers(over.loaded.tables.offers, over.loaded.offer_places, over.tables, *arena, problems);
    Tables only_offers;
    only_offers.offers = over.loaded.tables.offers;
    lay_over(over.tables, only_offers);
    apply_adjustments(over.loaded.adjustments, over.tables, *arena, problems);
    check_tables(over.tables, folder, problems);
    sort_tables(over.tables);
  }
  over.arena = std::make_shared<std::pair<std::shared_ptr<const void>, std::shared_ptr<const void>>>(
      base.arena(), std::move(arena));
  return over;
}

// Without those of price rows that are not offered; of the others it says whose they are.
std::vector<UncertainProfileFigure> figures_that_count(const UncertainReading& read,
                                                       const std::vector<Offer>& offers) {
  std::vector<UncertainProfileFigure> figures;
  for (const UncertainProfileFigure& u : read.figures) {
    const auto row = read.price_rows.find(u.figure.path);
    const Offer* offer = row == read.price_rows.end() ? nullptr : &offers[row->second];
    if (offer != nullptr && offer->status != OfferStatus::kOk) continue;
    figures.push_back(u);
    if (offer == nullptr) continue;
    figures.back().provider = offer->provider;
    figures.back().accelerator = offer->accelerator;
  }
  return figures;
}

// The files outlive their folder: they are read anew for every draw.
std::function<std::optional<CatalogDraws::Drawn>(const Probabilities&)> reader_at(
    const Catalog& base, const std::string& folder, const std::vector<ProfileFile>& files) {
  const auto below = std::make_shared<const Catalog>(base);
  return [below, folder, files](const Probabilities& at) -> std::optional<CatalogDraws::Drawn> {
    Diagnostics problems;
    UncertainReading uncertain{at, {}, {}};
    Overlaid over = lay_files_over(*below, folder, files, uncertain, problems);
    if (has_errors(problems)) return std::nullopt;
    return CatalogDraws::Drawn{std::move(over.tables), std::move(over.arena)};
  };
}

}  // namespace

Result<Catalog> load_catalog(const std::string& folder, const std::vector<ProfileFile>& files) {
  Diagnostics problems;
  auto arena = std::make_shared<TextArena>();
  Loaded loaded = load_files(folder, files, {}, *arena, nullptr, problems);
  if (!has_errors(problems)) {
    resolve_offers(loaded.tables.offers, loaded.offer_places, loaded.tables, *arena, problems);
    apply_adjustments(loaded.adjustments, loaded.tables, *arena, problems);
    check_tables(loaded.tables, folder, problems);
  }
  if (has_errors(problems)) return tl::unexpected(std::move(problems));
  sort_tables(loaded.tables);
  return Catalog(std::move(loaded.tables), digest_of(files, ""), std::move(arena));
}

Result<Catalog> overlay_catalog(const Catalog& base, const std::string& folder,
                                const std::vector<ProfileFile>& files) {
  Diagnostics problems;
  const Probabilities medians;
  UncertainReading uncertain{medians, {}, {}};
  Overlaid over = lay_files_over(base, folder, files, uncertain, problems);
  if (!has_errors(problems)) {
    check_price_units(over.loaded.tables.offers, over.loaded.offer_places, base, problems);
    check_dense_peaks(over.loaded.tables.accelerators, over.loaded.peak_places, base, problems);
  }
  sort_by_location(problems);
  if (has_errors(problems)) return tl::unexpected(std::move(problems));
  std::shared_ptr<const CatalogDraws> draws;
  if (auto figures = figures_that_count(uncertain, over.loaded.tables.offers); !figures.empty())
    draws = std::make_shared<CatalogDraws>(CatalogDraws{std::move(figures), reader_at(base, folder, files)});
  return Catalog(std::move(over.tables), digest_of(files, base.sha256()), std::move(over.arena),
                 std::move(problems), {}, std::move(draws));
}

tl::expected<std::vector<ProfileFile>, std::string> read_profile_folder(const std::string& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) return tl::unexpected(folder + ": is no folder");
  std::vector<ProfileFile> files;
  for (auto it = fs::recursive_directory_iterator(folder, error);
       !error && it != fs::recursive_directory_iterator(); it.increment(error)) {
    if (!it->is_regular_file(error)) continue;
    const std::string extension = it->path().extension().string();
    if (extension != ".yaml" && extension != ".csv") continue;
    const auto source = read_source(it->path().string(), extension == ".csv" ? kCsvLimit : kYamlLimit);
    if (!source) return tl::unexpected(source.error().path + ": " + source.error().reason);
    files.push_back({fs::relative(it->path(), folder, error).generic_string(), source->text});
  }
  if (error) return tl::unexpected(folder + ": " + error.message());
  std::sort(files.begin(), files.end(),
            [](const ProfileFile& a, const ProfileFile& b) { return a.path < b.path; });
  return files;
}

}  // namespace capplan
