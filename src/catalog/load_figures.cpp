// Single figures and the sites that name them.
#include <algorithm>
#include <vector>

#include "catalog/profile_loader.h"

namespace capplan {
namespace {

using T = ValueType;

// A figure's unit is its own: value, low and high are quantities of the unit of `value`.
constexpr Field kFigure[] = {
    {.key = "id", .type = T::kText, .doc = "that sites and formulas name", .required = true},
    {.key = "name", .type = T::kText, .doc = "what it is", .required = true},
    {.key = "value", .type = T::kText, .doc = "with its unit where it has one", .required = true},
    {.key = "low", .type = T::kText, .doc = "lowest seen"},
    {.key = "high", .type = T::kText, .doc = "highest seen"},
    required(kSourceField),
    required(kAsOfField),
    {.key = "unverified", .type = T::kBool, .doc = "nobody could name a source"},
    kNotesField,
};

constexpr Field kSite[] = {
    {.key = "id", .type = T::kText, .doc = "unique name", .required = true},
    {.key = "name", .type = T::kText, .doc = "what it is", .required = true},
    {.key = "country", .type = T::kText, .doc = "ISO 3166 alpha-3", .required = true},
    {.key = "facility", .type = T::kText, .doc = "figure: rent by power"},
    {.key = "electricity", .type = T::kText, .doc = "figure: tariff", .required = true},
    {.key = "pue", .type = T::kText, .doc = "figure: power usage effectiveness", .required = true},
    {.key = "staff_minimum", .type = T::kText, .doc = "figure: smallest staff"},
    {.key = "spares", .type = T::kText, .doc = "figure: hardware bought in reserve, as a share"},
    {.key = "installation",
     .type = T::kText,
     .doc = "figure: racking and commissioning, as a share of hardware"},
    {.key = "insurance", .type = T::kText, .doc = "figure: a year, as a share of hardware"},
    kNotesField,
};

constexpr std::string_view kAmounts[] = {"value", "low", "high"};

// With text in place of the numbers where the unit cannot be read (reported).
std::vector<Field> figure_fields(ProfileLoader& loader, const YamlNode& item) {
  std::vector<Field> fields(std::begin(kFigure), std::end(kFigure));
  const YamlNode* date = item.find("as_of");
  const auto unit = loader.stated_unit(
      item, "value", loader.rates_on(date == nullptr ? std::nullopt : std::optional(date->scalar)));
  if (const YamlNode* value = item.find("value"); !unit && value->kind == YamlNode::Kind::kScalar) {
    loader.problems.push_back({Severity::kError, value->location, "`value`: " + unit.error(), ""});
    return fields;
  }
  for (Field& field : fields) {
    if (std::ranges::find(kAmounts, field.key) == std::end(kAmounts)) continue;
    field.type = unit && *unit ? T::kQuantity : T::kRatio;
    field.dim = unit ? unit->value_or(Dim{}) : Dim{};
  }
  return fields;
}

// How prices and times vary is known, or the draws would be of draws.
bool says_how_others_vary(Text id) { return id.starts_with("market.") || id == "efficiency.common"; }

void read_figure(ProfileLoader& loader, const Section& section) {
  const Section in = loader.dated(section);
  Figure f;
  f.id = loader.keep(in.text("id"));
  f.name = loader.keep(in.text("name"));
  loader.refuse_ends_of_distribution(in, "value");
  if (in.has_distribution("value") && says_how_others_vary(f.id))
    loader.problems.push_back(
        {Severity::kError, in.location("value"),
         "`value`: `" + std::string(f.id) + "` says how other figures vary, and is one number", ""});
  f.value = in.number("value").value_or(0);
  f.dim = in.dim("value");
  f.low = in.number("low");
  f.high = in.number("high");
  f.provenance = loader.provenance(in, "value");
  f.notes = loader.keep(in.text("notes"));
  loader.tables.figures.push_back(f);
}

}  // namespace

void load_figures(ProfileLoader& loader, const SourceText& source) {
  Result<YamlNode> root = parse_yaml(source);
  if (!root) {
    loader.problems.insert(loader.problems.end(), root.error().begin(), root.error().end());
    return;
  }
  if (root->kind != YamlNode::Kind::kList) {
    loader.problems.push_back({Severity::kError, root->location, "a figures file is a list of figures",
                               "begin each with `- id: …`"});
    return;
  }
  for (YamlNode& item : root->items) {
    const std::vector<Field> fields = figure_fields(loader, item);
    const YamlNode* id = item.find("id");
    loader.check(item, fields, loader.path + " " + (id == nullptr ? "" : id->scalar + "."));
    if (item.kind == YamlNode::Kind::kMap) read_figure(loader, Section(item, fields));
  }
}

void load_site(ProfileLoader& loader, const SourceText& source) {
  const auto root = loader.parse(source, kSite);
  if (!root) return;
  const Section in(*root, kSite);
  const auto text = [&](std::string_view key) { return loader.keep(in.text(key)); };
  loader.tables.sites.push_back({text("id"), text("name"), text("country"), text("facility"),
                                 text("electricity"), text("pue"), text("staff_minimum"), text("spares"),
                                 text("installation"), text("insurance"), text("notes")});
}

}  // namespace capplan
