#include "catalog/profile_loader.h"

#include <algorithm>

#include "catalog/lock_rows.h"
#include "core/number_text.h"
#include "core/quantity_text.h"
#include "input/distribution_value.h"

namespace capplan {
namespace {

// Each costs four readings of the folder and four pricings of every plan that rests on it.
constexpr std::size_t kMostUncertain = 200;

}  // namespace

double UncertainReading::note(UncertainFigure figure, Diagnostics& problems) {
  const auto named = at.find(figure.path);
  const double probability = named == at.end() ? 0.5 : named->second;
  const auto known =
      std::ranges::find(figures, figure.path,
                        [](const UncertainProfileFigure& u) -> const std::string& { return u.figure.path; });
  if (known != figures.end()) {
    known->figure = std::move(figure);
    return probability;
  }
  if (figures.size() == kMostUncertain)
    problems.push_back(
        {Severity::kError, figure.location,
         "more than " + std::to_string(kMostUncertain) + " figures of these profiles are distributions",
         "state those that matter, and one number for the others"});
  if (figures.size() <= kMostUncertain) figures.push_back({std::move(figure), {}, {}});
  return probability;
}

Text ProfileLoader::keep_list(const std::vector<std::string>& texts, char separator) {
  std::string all;
  for (const std::string& text : texts) {
    if (!all.empty()) all += separator;
    all += text;
  }
  return arena.keep(all);
}

std::string ProfileLoader::stated_amount(const Section& in, std::string_view key) const {
  const auto rate = in.rate(key);
  const std::string converted = rate ? " at " + rate_text(*rate) : std::string();
  if (in.has_distribution(key)) return "median of " + in.written(key) + converted;
  return rate ? in.text(key).value_or("") + converted : std::string();
}

Provenance ProfileLoader::provenance(const Section& in, std::string_view amount) {
  std::string source = in.text("source").value_or("");
  const std::string stated = amount.empty() ? std::string() : stated_amount(in, amount);
  if (!stated.empty()) source += " (" + stated + ")";
  return {arena.keep(source), keep(in.text("as_of")), in.flag("unverified").value_or(false)};
}

tl::expected<std::optional<Dim>, std::string> ProfileLoader::stated_unit(const YamlNode& in,
                                                                         std::string_view key,
                                                                         const ExchangeRates& rates) const {
  const YamlNode* node = in.find(key);
  if (node != nullptr && node->kind == YamlNode::Kind::kMap) {
    const auto number = std::ranges::find_if(
        node->members, [](const YamlMember& m) { return m.key.scalar != "sigma"; });  // which has no unit
    node = number == node->members.end() ? nullptr : &number->value;
  }
  if (node == nullptr || node->kind != YamlNode::Kind::kScalar) return std::nullopt;
  const auto parsed = parse_quantity(node->scalar, rates);
  if (!parsed) return tl::unexpected(parsed.error());
  return parsed->unit;
}

void ProfileLoader::refuse_ends_of_distribution(const Section& in, std::string_view key) {
  if (!in.has_distribution(key)) return;
  for (const std::string_view end : {"low", "high"}) {
    if (in.has(end))
      problems.push_back(
          {Severity::kError, in.key_location(end),
           "`" + std::string(end) + "` beside a distribution: `" + std::string(key) + "` says how it spreads",
           "remove `" + std::string(end) + "`"});
  }
}

bool ProfileLoader::check(YamlNode& in, std::span<const Field> fields, const std::string& name) {
  Diagnostics found;
  std::vector<UncertainFigure> figures;
  check_fields(in, fields, "", found, rates_on(std::nullopt), uncertain == nullptr ? nullptr : &figures);
  for (UncertainFigure& figure : figures) {
    YamlNode& node = node_at(in, figure.path);
    figure.path = name + figure.path;
    node.probability = uncertain->note(std::move(figure), found);
  }
  problems.insert(problems.end(), found.begin(), found.end());
  return !has_errors(found);
}

std::optional<YamlNode> ProfileLoader::parse(const SourceText& source, std::span<const Field> fields) {
  Result<YamlNode> root = parse_yaml(source);
  if (!root) {
    problems.insert(problems.end(), root.error().begin(), root.error().end());
    return std::nullopt;
  }
  if (!check(*root, fields, path + " ")) return std::nullopt;
  return std::move(*root);
}

std::optional<CsvTable> ProfileLoader::parse_table(const SourceText& source,
                                                   std::span<const std::string_view> columns,
                                                   std::span<const std::string_view> required_columns) {
  Result<CsvTable> table = parse_csv(source, columns, required_columns);
  if (table) return std::move(*table);
  problems.insert(problems.end(), table.error().begin(), table.error().end());
  return std::nullopt;
}

std::string ProfileLoader::name_of(const CsvRow& row, const Field& column) const {
  return row_name(path, row.table(), row.cells()) + " " + std::string(column.key);
}

std::optional<double> ProfileLoader::number(CsvRow& row, const Field& column) {
  if (uncertain == nullptr || !row.has_distribution(column.key)) return row.number(column.key, column.min);
  const std::optional<Distribution> distribution = row.distribution(column);
  if (!distribution) return std::nullopt;
  return distribution->quantile(
      uncertain->note({name_of(row, column), *distribution, {}, row.location()}, problems));
}

}  // namespace capplan
