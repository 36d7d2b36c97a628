#include "gate/limit_text.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "core/text.h"

namespace capplan {
namespace {

constexpr double kHuge = 1e12;  // dollars, kilograms, hours: what millionths hold

struct Comparison {
  bool or_equal = false;
  std::string_view rest;
};

tl::expected<Comparison, ValueError> take_comparison(std::string_view text, std::string_view example) {
  text = trim(text);
  if (!text.starts_with('>'))
    return tl::unexpected(ValueError{"expected a limit such as `" + std::string(example) + "`, found `" +
                                         std::string(text.substr(0, 60)) + "`",
                                     "a rule fires above its limit: begin with `>` or `>=`"});
  text.remove_prefix(1);
  const bool or_equal = text.starts_with('=');
  if (or_equal) text.remove_prefix(1);
  return Comparison{or_equal, trim(text)};
}

tl::expected<double, ValueError> read_number(std::string_view text, const Field& field) {
  YamlNode node;
  node.kind = YamlNode::Kind::kScalar;
  node.scalar = std::string(text);
  const auto value = read_value(node, field);
  if (!value) return tl::unexpected(value.error());
  return value->number;
}

Field quantity(Dim dim, double max) {
  return {.key = "", .type = ValueType::kQuantity, .doc = "", .dim = dim, .max = max};
}

struct Unit {
  Dim dim;
  double base;  // of one, in base units
  std::string_view example;
};

Unit limit_unit(Metric metric) {
  switch (metric) {
    case Metric::kCo2e:
      return {Dim{.gram = 1}, kKilogram.base(), ">2 t"};
    case Metric::kWallClock:
      return {Dim{.second = 1}, kHour.base(), ">3 days"};
    case Metric::kTotalCost:
    case Metric::kJobCost:
    case Metric::kMonthlyCost:
      break;
  }
  return {Dim{.usd = 1}, 1, ">$5k"};
}

tl::expected<Limit<Millionths>, ValueError> read_limit(const std::string& text, const Unit& unit) {
  const auto comparison = take_comparison(text, unit.example);
  if (!comparison) return tl::unexpected(comparison.error());
  auto base = read_number(comparison->rest, quantity(unit.dim, kHuge * unit.base));
  if (!base && unit.dim == Dim{.usd = 1} && base.error().hint.find("currenc") != std::string::npos)
    base.error().hint = "limits are in dollars, as results are";
  if (!base) return tl::unexpected(base.error());
  return Limit<Millionths>{Millionths::of(*base / unit.base), comparison->or_equal};
}

std::string without_spaces(std::string_view text) {
  std::string out(text);
  std::erase_if(out, [](unsigned char c) { return std::isspace(c) != 0; });
  return out;
}

struct MishapText {
  std::string_view text;
  Mishap mishap;
};
// The budget is the spec's, so both costs say the same.
constexpr std::array<MishapText, 3> kMishaps{{{"total_cost>budget", Mishap::kOverBudget},
                                              {"job_cost>budget", Mishap::kOverBudget},
                                              {"finish>deadline", Mishap::kLate}}};

}  // namespace

tl::expected<Limit<Millionths>, ValueError> read_amount_limit(const std::string& text, Metric metric) {
  return read_limit(text, limit_unit(metric));
}

tl::expected<Limit<double>, ValueError> read_share_limit(const std::string& text) {
  const auto comparison = take_comparison(text, ">5%");
  if (!comparison) return tl::unexpected(comparison.error());
  const auto ratio =
      read_number(comparison->rest, {.key = "", .type = ValueType::kRatio, .doc = "", .max = 1e6});
  if (!ratio) return tl::unexpected(ratio.error());
  return Limit<double>{*ratio, comparison->or_equal};
}

tl::expected<Limit<Millionths>, ValueError> read_age_limit(const std::string& text) {
  return read_limit(text, {Dim{.second = 1}, kDay.base(), ">45d"});
}

tl::expected<LikelyText, ValueError> read_probability(const std::string& text) {
  const auto wrong = [&](const std::string& what) {
    return tl::unexpected(ValueError{
        "expected a probability such as `P(total_cost > budget) > 10%`, found `" + text.substr(0, 80) + "`",
        what});
  };
  const std::string_view whole = trim(text);
  const std::size_t close = whole.find(')');
  if (!whole.starts_with("P(") || close == std::string_view::npos) return wrong("");
  const std::string event = without_spaces(whole.substr(2, close - 2));
  const auto* known =
      std::find_if(kMishaps.begin(), kMishaps.end(), [&](const MishapText& m) { return m.text == event; });
  if (known == kMishaps.end())
    return wrong("known are P(total_cost > budget), P(job_cost > budget) and P(finish > deadline)");
  const auto limit = read_share_limit(std::string(whole.substr(close + 1)));
  if (!limit) return tl::unexpected(limit.error());
  if (limit->at >= 1) return wrong("no probability is above 100%");
  return LikelyText{known->mishap, *limit};
}

}  // namespace capplan
