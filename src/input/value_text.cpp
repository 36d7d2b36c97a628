#include "input/value_text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "core/number_text.h"
#include "core/quantity_text.h"
#include "core/text.h"

namespace capplan {
namespace {

using Read = tl::expected<Value, ValueError>;

Read wrong(std::string message, std::string hint = "") {
  return tl::unexpected(ValueError{std::move(message), std::move(hint)});
}

std::string shown(const YamlNode& node) { return "`" + node.scalar.substr(0, 60) + "`"; }

Read read_bool(const YamlNode& node) {
  if (!node.quoted && node.scalar == "true") return Value{1, node.scalar};
  if (!node.quoted && node.scalar == "false") return Value{0, node.scalar};
  static constexpr std::array<std::string_view, 4> kTrue{"yes", "on", "y", "1"};
  static constexpr std::array<std::string_view, 4> kFalse{"no", "off", "n", "0"};
  const std::string lower = to_lower(node.scalar);
  std::string hint;
  if (lower == "true" || std::find(kTrue.begin(), kTrue.end(), lower) != kTrue.end()) hint = "write `true`";
  if (lower == "false" || std::find(kFalse.begin(), kFalse.end(), lower) != kFalse.end())
    hint = "write `false`";
  return wrong("expected true or false, found " + shown(node), hint);
}

Read read_name(const YamlNode& node, const Field& field) {
  const std::vector<std::string_view> names(field.names.begin(), field.names.end());
  if (std::find(names.begin(), names.end(), node.scalar) != names.end()) return Value{0, node.scalar};
  const std::string_view near = nearest_name(node.scalar, names);
  return wrong("expected one of " + join(names) + ", found " + shown(node),
               near.empty() ? "" : "did you mean `" + std::string(near) + "`?");
}

Read read_date(const YamlNode& node) {
  if (is_iso_date(node.scalar)) return Value{0, node.scalar};
  return wrong("expected a date such as `2026-08-22`, found " + shown(node));
}

Read read_multiple(const YamlNode& node) {
  std::string_view text = trim(node.scalar);
  if (!text.ends_with("x")) return wrong("expected a multiple such as `3x`, found " + shown(node));
  text.remove_suffix(1);
  const auto parsed = parse_quantity(text);
  if (!parsed || parsed->unit || parsed->percent || !parsed->noun.empty())
    return wrong("expected a multiple such as `3x`, found " + shown(node));
  return Value{parsed->value, node.scalar};
}

std::string range_of(const Field& field) {
  if (field.type == ValueType::kQuantity) return "";
  const std::string low = plain_number(field.min);
  constexpr double kAsGoodAsInfinite = 1e30;
  if (field.max >= kAsGoodAsInfinite) return (field.above_min ? " above " : " from ") + low;
  return (field.above_min ? " above " + low + " and up to " : " from " + low + " to ") +
         plain_number(field.max);
}

Read check_range(double value, const YamlNode& node, const Field& field) {
  const bool low = field.above_min ? value <= field.min : value < field.min;
  if (!low && value <= field.max) return Value{value, node.scalar};
  if (field.type == ValueType::kQuantity) {
    if (low && field.min == 0) return wrong(std::string("expected more than nothing, found ") + shown(node));
    return wrong("out of range: " + shown(node) +
                 (field.example.empty() ? "" : ", where `" + std::string(field.example) + "` is usual"));
  }
  return wrong("expected " + describe_value(field) + ", found " + shown(node));
}

// A count that is followed by a word must be followed by the right one: "2T tokens" is no number of samples.
bool noun_fits(const std::string& noun, const Field& field) {
  if (noun.empty()) return true;
  if (field.noun.empty()) return false;
  const std::string_view wanted = field.noun;
  return noun == wanted || noun + "s" == wanted;
}

Read read_number(const YamlNode& node, const Field& field, const ExchangeRates& rates) {
  const auto parsed = parse_quantity(node.scalar, rates);
  if (!parsed) return wrong("expected " + describe_value(field) + ", found " + shown(node), parsed.error());
  const bool quantity = field.type == ValueType::kQuantity;
  if (quantity != parsed->unit.has_value() || (quantity && *parsed->unit != field.dim)) {
    if (quantity && !parsed->unit)
      return wrong(shown(node) + " has no unit; expected " + describe_value(field));
    return wrong(shown(node) + " has the wrong unit; expected " + describe_value(field));
  }
  if (parsed->percent && field.type != ValueType::kRatio)
    return wrong("expected " + describe_value(field) + ", found the percentage " + shown(node));
  if (!noun_fits(parsed->noun, field))
    return wrong("expected " + describe_value(field) + ", found " + shown(node));
  if (field.type != ValueType::kInteger && field.type != ValueType::kIntegers) {
    Read read = check_range(parsed->value, node, field);
    if (read) read->rate = parsed->rate;
    return read;
  }
  // 1.001k is not exactly 1001 in binary.
  const double whole = std::round(parsed->value);
  if (std::abs(parsed->value - whole) > 4 * std::numeric_limits<double>::epsilon() * std::abs(whole))
    return wrong("expected a whole number, found " + shown(node));
  return check_range(whole, node, field);
}

}  // namespace

tl::expected<Value, ValueError> read_value(const YamlNode& node, const Field& field,
                                           const ExchangeRates& rates) {
  if (node.kind != YamlNode::Kind::kScalar) return wrong("expected " + describe_value(field));
  switch (field.type) {
    case ValueType::kText:
      if (node.scalar.empty()) return wrong("expected text, found nothing");
      return Value{0, node.scalar};
    case ValueType::kName:
      return read_name(node, field);
    case ValueType::kBool:
      return read_bool(node);
    case ValueType::kDate:
      return read_date(node);
    case ValueType::kMultiple: {
      const Read multiple = read_multiple(node);
      return multiple ? check_range(multiple->number, node, field) : multiple;
    }
    default:
      return read_number(node, field, rates);
  }
}

Field item_of(const Field& list) {
  Field item = list;
  if (list.type == ValueType::kTexts || list.type == ValueType::kTextOrTexts) item.type = ValueType::kText;
  if (list.type == ValueType::kNames) item.type = ValueType::kName;
  if (list.type == ValueType::kIntegers) item.type = ValueType::kInteger;
  if (list.type == ValueType::kNumbers) item.type = ValueType::kNumber;
  return item;
}

std::string describe_value(const Field& field) {
  switch (field.type) {
    case ValueType::kMap:
      return "a mapping";
    case ValueType::kMaps:
      return "a list of mappings";
    case ValueType::kText:
      return "text";
    case ValueType::kTexts:
      return "a list of texts";
    case ValueType::kTextOrTexts:
      return "text, or a list of texts";
    case ValueType::kName:
      return "one of " + join({field.names.begin(), field.names.end()});
    case ValueType::kNames:
      return "a list of " + join({field.names.begin(), field.names.end()});
    case ValueType::kBool:
      return "true or false";
    case ValueType::kInteger:
      if (field.min == field.max) return plain_number(field.min);
      return "a whole number" + range_of(field) +
             (field.noun.empty() ? "" : " of " + std::string(field.noun));
    case ValueType::kIntegers:
      return "a list of whole numbers" + range_of(field);
    case ValueType::kNumbers:
      return "a list of numbers" + range_of(field);
    case ValueType::kNumber:
      return "a number" + range_of(field) + (field.noun.empty() ? "" : " of " + std::string(field.noun));
    case ValueType::kRatio:
      return "a ratio such as `0.45` or `45%`" + range_of(field);
    case ValueType::kMultiple:
      return "a multiple such as `3x`" + range_of(field);
    case ValueType::kQuantity:
      return describe_dimension(field.dim);
    case ValueType::kDate:
      return "a date such as `2026-08-22`";
  }
  return "a value";
}

}  // namespace capplan
