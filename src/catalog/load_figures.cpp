// Single figures and the sites that name them.
#include "catalog/profile_loader.h"
#include "core/quantity_text.h"

namespace capplan {
namespace {

using T = ValueType;

// A figure's unit is its own, so value, low and high are read here and not by the table.
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

struct Amount {
  double value = 0;
  Dim dim;
  std::string stated;  // where it was converted
};

std::optional<Amount> read_amount(ProfileLoader& loader, const Section& in, std::string_view key,
                                  const ExchangeRates& rates) {
  const auto text = in.text(key);
  if (!text) return std::nullopt;
  const auto parsed = parse_quantity(*text, rates);
  if (!parsed) {
    loader.problems.push_back(
        {Severity::kError, in.location(key), "`" + std::string(key) + "`: " + parsed.error(), ""});
    return std::nullopt;
  }
  return Amount{parsed->value, parsed->unit.value_or(Dim{}),
                parsed->rate ? *text + " at " + rate_text(*parsed->rate) : std::string()};
}

void read_figure(ProfileLoader& loader, const Section& in) {
  Figure f;
  f.id = loader.keep(in.text("id"));
  f.name = loader.keep(in.text("name"));
  const ExchangeRates rates = loader.rates_on(in.text("as_of"));
  const auto value = read_amount(loader, in, "value", rates);
  if (!value) return;
  f.value = value->value;
  f.dim = value->dim;
  for (const std::string_view key : {"low", "high"}) {
    const auto bound = read_amount(loader, in, key, rates);
    if (!bound) continue;
    if (bound->dim != f.dim)
      loader.problems.push_back({Severity::kError, in.location(key), "has another unit than `value`", ""});
    (key == "low" ? f.low : f.high) = bound->value;
  }
  f.provenance = loader.provenance(in);
  if (!value->stated.empty())
    f.provenance.source = loader.arena.keep(std::string(f.provenance.source) + " (" + value->stated + ")");
  f.notes = loader.keep(in.text("notes"));
  loader.tables.figures.push_back(f);
}

}  // namespace

void load_figures(ProfileLoader& loader, const SourceText& source) {
  const Result<YamlNode> root = parse_yaml(source);
  if (!root) {
    loader.problems.insert(loader.problems.end(), root.error().begin(), root.error().end());
    return;
  }
  if (root->kind != YamlNode::Kind::kList) {
    loader.problems.push_back({Severity::kError, root->location, "a figures file is a list of figures",
                               "begin each with `- id: …`"});
    return;
  }
  for (const YamlNode& item : root->items) {
    check_fields(item, kFigure, "", loader.problems);
    if (item.kind == YamlNode::Kind::kMap) read_figure(loader, Section(item, kFigure));
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
