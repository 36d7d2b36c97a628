#include "capplan/catalog/catalog.h"

#include <algorithm>
#include <array>
#include <cassert>

#include "catalog/accelerator_names.h"
#include "catalog/data_prices.h"
#include "core/text.h"

namespace capplan {
namespace {

template <class Row>
const Row* find_id(const std::vector<Row>& rows, Text id) {
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const Row& row) { return row.id == id; });
  return found == rows.end() ? nullptr : &*found;
}

template <class Row>
std::vector<std::string_view> ids_of(const std::vector<Row>& rows) {
  std::vector<std::string_view> ids;
  ids.reserve(rows.size());
  for (const Row& row : rows) ids.push_back(row.id);
  return ids;
}

// "llama38b" of "meta-llama/Llama-3-8B".
std::string fold_without_publisher(std::string_view name) {
  const std::size_t slash = name.rfind('/');
  return fold_name(slash == std::string_view::npos ? name : name.substr(slash + 1));
}

using Fold = std::string (*)(std::string_view);

// From strict to loose: "1.6GF" is not "16GF", and "ViT-B/16" is a whole name where "meta-llama/Llama-3-8B"
// has a publisher.
constexpr std::array<Fold, 3> kModelFolds{to_lower, fold_name, fold_without_publisher};

bool is_named(const ModelProfile& model, std::string_view name, Fold fold) {
  const std::string wanted = fold(name);
  if (fold(model.id) == wanted || fold(model.name) == wanted) return true;
  std::string_view rest = model.aliases;
  while (!rest.empty()) {
    const std::size_t bar = rest.find('|');
    if (fold(rest.substr(0, bar)) == wanted) return true;
    if (bar == std::string_view::npos) break;
    rest.remove_prefix(bar + 1);
  }
  return false;
}

}  // namespace

ModelArch ModelProfile::resolved() const {
  ModelArch model = arch;
  model.operators.assign(operators.begin(), operators.end());
  return model;
}

Catalog::Catalog(Tables tables, std::string sha256, std::shared_ptr<const void> arena, Diagnostics warnings,
                 Text as_of, std::shared_ptr<const CatalogDraws> draws)
    : tables_(std::move(tables)),
      sha256_(std::move(sha256)),
      arena_(std::move(arena)),
      warnings_(std::move(warnings)),
      as_of_(as_of),
      draws_(std::move(draws)) {
  for (const Offer& offer : tables_.offers) {
    if (as_of.empty() && offer.status == OfferStatus::kOk) as_of_ = std::max(as_of_, offer.as_of);
  }
  median_data_prices_ = capplan::median_data_prices(tables_);
  for (std::size_t i = 0; i < tables_.accelerators.size(); ++i)
    accelerators_.emplace(tables_.accelerators[i].id, i);
}

std::span<const UncertainProfileFigure> Catalog::uncertain() const {
  return draws_ ? draws_->figures : std::span<const UncertainProfileFigure>();
}

std::optional<Catalog> Catalog::at(const Probabilities& probabilities) const {
  if (!draws_) return certain();
  std::optional<CatalogDraws::Drawn> drawn = draws_->read(probabilities);
  if (!drawn) return std::nullopt;
  return Catalog(std::move(drawn->tables), sha256_, std::move(drawn->arena), {}, as_of_);
}

Catalog Catalog::certain() const {
  Catalog copy = *this;
  copy.draws_ = nullptr;
  return copy;
}

const Accelerator* Catalog::accelerator(Text id) const {
  const auto found = accelerators_.find(id);
  return found == accelerators_.end() ? nullptr : &tables_.accelerators[found->second];
}

const Provider* Catalog::provider(Text id) const { return find_id(tables_.providers, id); }

const Cluster* Catalog::cluster(Text provider, Text id) const {
  if (id.empty()) return nullptr;
  const auto found = std::find_if(tables_.clusters.begin(), tables_.clusters.end(),
                                  [&](const Cluster& c) { return c.provider == provider && c.id == id; });
  return found == tables_.clusters.end() ? nullptr : &*found;
}

const Figure* Catalog::find_figure(Text id) const { return find_id(tables_.figures, id); }

const Figure& Catalog::figure(Text id) const {
  const Figure* found = find_figure(id);
  assert(found != nullptr && "the build checks that every figure a formula names is there");
  return *found;
}

const Site* Catalog::site(Text id) const { return find_id(tables_.sites, id); }
const ModelProfile* Catalog::model(Text id) const { return find_id(tables_.models, id); }

const Stack* Catalog::stack(Text id) const { return find_id(tables_.stacks, id); }

NameMatch Catalog::match_accelerator(std::string_view name) const {
  if (const Accelerator* exact = accelerator(name)) return {{exact->id}, true};
  NameMatch match;
  for (const std::size_t i : match_names(name, ids_of(tables_.accelerators)))
    match.ids.push_back(tables_.accelerators[i].id);
  return match;
}

NameMatch Catalog::match_model(std::string_view name) const {
  if (const ModelProfile* exact = model(name)) return {{exact->id}, true};
  NameMatch match;
  for (const Fold fold : kModelFolds) {
    for (const ModelProfile& m : tables_.models) {
      if (is_named(m, name, fold)) match.ids.push_back(m.id);
    }
    if (!match.ids.empty()) break;
  }
  return match;
}

std::string_view Catalog::nearest_accelerator(std::string_view name) const {
  if (const std::string_view near = nearest_name(name, ids_of(tables_.accelerators)); !near.empty())
    return near;
  // "H1000" is far from "H100-SXM-80GB" by letters, but near what the name is about.
  const std::string core = take_apart(name).core;
  std::vector<std::string> cores;
  for (const Accelerator& a : tables_.accelerators) cores.push_back(take_apart(a.id).core);
  const std::string_view near = nearest_name(core, {cores.begin(), cores.end()});
  const auto found = std::find(cores.begin(), cores.end(), near);
  return found == cores.end() ? Text()
                              : tables_.accelerators[static_cast<std::size_t>(found - cores.begin())].id;
}
std::string_view Catalog::nearest_model(std::string_view name) const {
  return nearest_name(name, ids_of(tables_.models));
}

}  // namespace capplan
