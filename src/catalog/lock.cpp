#include "capplan/catalog/lock.h"

#include <algorithm>
#include <map>

#include "catalog/lock_rows.h"
#include "catalog/profile_loader.h"

namespace capplan {
namespace {

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Where two cards may be meant, either is enough: a row too many does no harm.
bool is_of(const Catalog& catalog, std::string_view name, const std::vector<std::string>& accelerators) {
  const NameMatch match = catalog.match_accelerator(name);
  return std::any_of(match.ids.begin(), match.ids.end(), [&](Text id) { return contains(accelerators, id); });
}

// A price list with the rows alone that can rank; nullopt where none can.
std::optional<ProfileFile> offers_in(const LockScope& scope, const Catalog& catalog,
                                     const ProfileFile& file) {
  const auto table = any_table(file);
  if (!table) return file;
  const std::vector<LockRow> rows = rows_of(file);  // the header first
  ProfileFile kept{file.path, rows.front().text};
  bool any = false;
  for (std::size_t i = 0; i < table->rows.size(); ++i) {
    const CsvTable::Row& row = table->rows[i];
    if (table->cell(row, "status") != offer_status_name(OfferStatus::kOk)) continue;
    if (scope.accelerators && !is_of(catalog, table->cell(row, "accelerator"), *scope.accelerators)) continue;
    kept.text += rows[i + 1].text;
    any = true;
  }
  return any ? std::optional(std::move(kept)) : std::nullopt;
}

bool is_model_outside(const LockScope& scope, std::string_view path) {
  constexpr std::string_view kFolder = "models/";
  constexpr std::string_view kEnding = ".yaml";
  if (!path.starts_with(kFolder) || !path.ends_with(kEnding)) return false;
  path.remove_prefix(kFolder.size());
  path.remove_suffix(kEnding.size());
  return !contains(scope.models, path);
}

}  // namespace

Lock make_lock(const Catalog& catalog, const std::vector<ProfileFile>& profiles, LockScope scope,
               std::string engine) {
  Lock lock{.engine = std::move(engine),
            .as_of = std::string(catalog.as_of()),
            .catalog_sha256 = catalog.sha256(),
            .scope = std::move(scope),
            .files = {},
            .overlay_folder = {},
            .overlay = {}};
  for (const ProfileFile& file : profiles) {
    if (file.path == "price_exceptions.csv" || is_model_outside(lock.scope, file.path)) continue;
    if (!file.path.starts_with("offers/")) {
      lock.files.push_back(file);
    } else if (auto kept = offers_in(lock.scope, catalog, file)) {
      lock.files.push_back(std::move(*kept));
    }
  }
  return lock;
}

Result<Catalog> locked_catalog(const std::string& file, const Lock& lock) {
  Result<Catalog> catalog = load_catalog(file, lock.files);
  if (catalog && !lock.overlay.empty())
    catalog = overlay_catalog(*catalog, lock.overlay_folder, lock.overlay);
  if (!catalog) return catalog;
  auto arena =
      std::make_shared<std::pair<std::shared_ptr<const void>, std::string>>(catalog->arena(), lock.as_of);
  const Text as_of = arena->second;
  return Catalog(catalog->tables(), lock.catalog_sha256, std::move(arena), catalog->warnings(), as_of,
                 catalog->draws());
}

}  // namespace capplan
