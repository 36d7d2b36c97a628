#include "input/json_schema.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>

#include "core/quantity_text.h"
#include "input/distribution_value.h"

namespace capplan {
namespace {

using Json = nlohmann::ordered_json;

// The patterns say what parse_quantity reads. Ranges of numbers that are written with a scale or a unit are
// the reader's alone, but that something is more than nothing can be said.
constexpr const char* kWhole = "(?:0|[1-9](?:_?[0-9])*)";
constexpr const char* kFraction = "\\.[0-9](?:_?[0-9])*";
constexpr const char* kExponent = "[eE][+-]?[0-9](?:_?[0-9])*";
constexpr const char* kScale = "(?:Ki|Mi|[kKMBT])";

std::string optional(const std::string& pattern) { return "(?:" + pattern + ")?"; }

std::string any_number() { return kWhole + optional(kFraction) + optional(kExponent); }

std::string whole_number() {
  const std::string decimal = kWhole + optional(kFraction);
  return "(?:" + decimal + optional(kExponent) + kScale + "|" + decimal + kExponent + "|" + kWhole +
         "(?:\\.0+)?)";
}

bool excludes_zero(const Field& field) { return field.min > 0 || (field.min == 0 && field.above_min); }

std::string sign(const Field& field) {
  if (field.min < 0) return "[+-]?";
  return excludes_zero(field) ? "(?=\\+?[0._]*[1-9])\\+?" : "\\+?";
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view("\\^$.|?*+()[]{}/").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string any_of(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : "|") + escaped(word);
  return "(?:" + out + ")";
}

// A currency by its code or its sign; which ones are known is the reader's to say.
constexpr const char* kCurrencySign = "(?:\\$|€|£|₹)";

std::string any_currency_or_unit(const std::vector<std::string>& words) {
  const bool money = std::find(words.begin(), words.end(), "USD") != words.end();
  return money ? std::string("(?:[A-Z]{3}|") + kCurrencySign + ")" : any_of(words);
}

std::string whole_text(const std::string& pattern) { return "^\\s*" + pattern + "\\s*$"; }

std::string noun_pattern(const Field& field) {
  std::vector<std::string> nouns;
  for (const std::string_view noun : count_nouns()) {
    if (noun == field.noun || std::string(noun) + "s" == field.noun) nouns.emplace_back(noun);
  }
  return nouns.empty() ? "" : optional("\\s*" + any_of(nouns));
}

std::string count_pattern(const Field& field) {
  const bool whole = field.type == ValueType::kInteger;
  const std::string number = whole ? whole_number() : any_number() + optional(kScale);
  return whole_text(sign(field) + number + noun_pattern(field));
}

// "GB/s" and its kind, by what stands above the line: a list of every pair would be hundreds long.
class UnitPattern {
 public:
  explicit UnitPattern(Dim dim) {
    std::map<std::string, std::vector<std::string>> below;
    for (const std::string& spelling : unit_spellings(dim)) {
      const auto slash = spelling.find('/');
      if (slash == std::string::npos) {
        (spelling == "B" ? spaced_ : simple_).push_back(spelling);
      } else {
        below[spelling.substr(0, slash)].push_back(spelling.substr(slash + 1));
      }
    }
    for (const auto& [above, units] : below) {
      if (above == "$") after_amount_ = units;
      ratios_[units].push_back(above);
    }
    // "USD/kW/month"
    std::map<std::string, std::vector<std::string>> before_time;
    for (const std::string& spelling : unit_spellings(dim + Dim{.second = 1})) {
      const auto slash = spelling.find('/');
      if (slash != std::string::npos)
        before_time[spelling.substr(0, slash)].push_back(spelling.substr(slash + 1));
    }
    for (const auto& [above, units] : before_time) {
      if (above == "$") after_amount_before_time_ = units;
      ratios_by_time_[units].push_back(above);
    }
  }

  bool empty() const { return simple_.empty() && spaced_.empty() && ratios_.empty(); }

  std::string text() const {
    std::vector<std::string> ways;
    if (!simple_.empty()) ways.push_back("\\s*" + any_currency_or_unit(simple_));
    if (!spaced_.empty()) ways.push_back("\\s+" + any_of(spaced_));  // "7B" is seven billion
    for (const auto& [below, above] : ratios_)
      ways.push_back("\\s*" + any_currency_or_unit(above) + "\\s*\\/\\s*" + any_of(below));
    for (const auto& [below, above] : ratios_by_time_)
      ways.push_back("\\s*" + any_currency_or_unit(above) + by_time(below));
    std::string out;
    for (const std::string& way : ways) out += (out.empty() ? "" : "|") + way;
    return "(?:" + out + ")";
  }

  // What follows "$2.50".
  std::string after_amount() const {
    std::string out = after_amount_.empty() ? "" : "\\s*\\/\\s*" + any_of(after_amount_);
    if (after_amount_before_time_.empty()) return out;
    return "(?:" + out + "|" + by_time(after_amount_before_time_) + ")";
  }

 private:
  static std::string by_time(const std::vector<std::string>& below) {
    std::vector<std::string> times = unit_spellings(Dim{.second = 1});
    std::erase_if(times, [](const std::string& t) { return t.find('/') != std::string::npos; });
    return "\\s*\\/\\s*" + any_of(below) + "\\s*\\/\\s*" + any_of(times);
  }

  std::vector<std::string> simple_;
  std::vector<std::string> spaced_;  // units that would be read as a scale right after the number
  std::map<std::vector<std::string>, std::vector<std::string>> ratios_, ratios_by_time_;
  std::vector<std::string> after_amount_, after_amount_before_time_;
};

std::string quantity_pattern(const Field& field) {
  const UnitPattern units(field.dim);
  if (units.empty()) return whole_text(optional(kCurrencySign) + sign(field) + any_number() + ".*\\S");
  if (field.dim.usd != 1) return whole_text(sign(field) + any_number() + units.text());
  const std::string plain =
      sign(field) + any_number() + optional(std::string(kScale) + "(?=\\s)") + units.text();
  const std::string amount =
      kCurrencySign + sign(field) + any_number() + optional(kScale) + units.after_amount();
  return whole_text("(?:" + plain + "|" + amount + ")");
}

Json number_of(double value) {
  return value == std::trunc(value) && std::abs(value) < 1e15 ? Json(static_cast<std::int64_t>(value))
                                                              : Json(value);
}

Json number_range(const Field& field, const char* type) {
  Json json{{"type", type}};
  if (std::isfinite(field.min)) json[field.above_min ? "exclusiveMinimum" : "minimum"] = number_of(field.min);
  if (std::isfinite(field.max)) json["maximum"] = number_of(field.max);
  return json;
}

Json pattern_of(const std::string& pattern) { return {{"type", "string"}, {"pattern", pattern}}; }

Json number_or_text(const Field& field, const char* type, const std::string& pattern) {
  return {{"anyOf", Json::array({number_range(field, type), pattern_of(pattern)})}};
}

Json names_of(const Field& field) {
  Json names = Json::array();
  for (const std::string_view name : field.names) names.push_back(std::string(name));
  return {{"enum", names}};
}

// A name may look like a number to YAML.
Json any_text() { return {{"type", Json::array({"string", "number", "boolean"})}, {"minLength", 1}}; }

Json list_of(const Json& items, const Field& field) {
  Json json{{"type", "array"}, {"items", items}};
  if (field.min > 0) json["minItems"] = 1;
  if (field.type == ValueType::kMaps && std::isfinite(field.max)) json["maxItems"] = number_of(field.max);
  return json;
}

Json object_of(std::span<const Field> fields);

Json integer_of(Field field) {
  field.type = ValueType::kInteger;
  return number_or_text(field, "integer", count_pattern(field));
}

Json ratio_of(const Field& field) {
  const std::string percent = "\\s*%";
  return number_or_text(
      field, "number",
      whole_text(sign(field) + any_number() + optional(std::string(kScale) + "|" + percent)));
}

Json value_of(const Field& field) {
  switch (field.type) {
    case ValueType::kMap:
      return object_of(field.fields);
    case ValueType::kMaps:
      return list_of(field.nested != nullptr ? Json{{"$ref", "#/definitions/" + std::string(field.noun)}}
                                             : object_of(field.fields),
                     field);
    case ValueType::kText:
      return any_text();
    case ValueType::kTexts:
      return list_of(any_text(), field);
    case ValueType::kTextOrTexts:
      return {{"anyOf", Json::array({any_text(), list_of(any_text(), field)})}};
    case ValueType::kName:
      return names_of(field);
    case ValueType::kNames:
      return list_of(names_of(field), field);
    case ValueType::kBool:
      return {{"type", "boolean"}};
    case ValueType::kInteger:
      return integer_of(field);
    case ValueType::kIntegers:
      return list_of(integer_of(field), field);
    case ValueType::kNumbers:
      return list_of(number_or_text(field, "number", count_pattern(field)), field);
    case ValueType::kNumber:
      return number_or_text(field, "number", count_pattern(field));
    case ValueType::kRatio:
      return ratio_of(field);
    case ValueType::kMultiple:
      return pattern_of(whole_text(sign(field) + any_number() + optional(kScale) + "\\s*x"));
    case ValueType::kQuantity:
      return pattern_of(quantity_pattern(field));
    case ValueType::kDate:
      return pattern_of("^[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])$");
  }
  return {};
}

bool is_scalar(ValueType type) {
  return type != ValueType::kMap && type != ValueType::kMaps && type != ValueType::kTexts &&
         type != ValueType::kNames && type != ValueType::kIntegers && type != ValueType::kNumbers;
}

// Examples of mappings and lists are YAML, not JSON: the description of their parts has them.
void add_example(const Field& field, Json& json) {
  if (field.example.empty() || field.example.front() == '{' || field.example.front() == '[') return;
  const std::string text(field.example);
  const bool is_text = field.type == ValueType::kText || field.type == ValueType::kQuantity;
  Json value = is_text ? Json(text) : Json::parse(text, nullptr, false);
  if (value.is_discarded()) value = text;
  json["examples"] = Json::array({value});
}

Json property_of(const Field& field) {
  Json json{{"description", std::string(field.doc)}};
  add_example(field, json);
  const Json value = value_of(field);
  Json others = Json::array();
  if (is_scalar(field.type) && !field.fields.empty()) others.push_back(object_of(field.fields));
  // What stands behind its keys is the reader's alone to judge: their units are those of the value.
  if (may_be_uncertain(field)) others.push_back({{"$ref", "#/definitions/distribution"}});
  if (others.empty()) {
    json.update(value);
  } else {
    json["anyOf"] = value.contains("anyOf") ? value["anyOf"] : Json::array({value});
    json["anyOf"].insert(json["anyOf"].end(), others.begin(), others.end());
  }
  return json;
}

Json object_of(std::span<const Field> fields) {
  Json properties = Json::object();
  Json required = Json::array();
  for (const Field& field : fields) {
    properties[std::string(field.key)] = property_of(field);
    if (field.required) required.push_back(std::string(field.key));
  }
  Json json{{"type", "object"}, {"additionalProperties", false}};
  if (!required.empty()) json["required"] = required;
  json["properties"] = properties;
  return json;
}

// The same keys for every value; what stands behind them is the value's own kind.
Json any_distribution() {
  Json ways = Json::array();
  for (const DistributionForm& form :
       distribution_forms(Field{.key = "", .type = ValueType::kQuantity, .doc = ""})) {
    Json properties = Json::object();
    Json required = Json::array();
    for (const Field& field : form.fields) {
      properties[std::string(field.key)] = {{"type", Json::array({"string", "number"})}};
      required.push_back(std::string(field.key));
    }
    ways.push_back({{"type", "object"},
                    {"additionalProperties", false},
                    {"required", required},
                    {"properties", properties}});
  }
  return {{"description", "a distribution in place of one number"}, {"anyOf", ways}};
}

// Mappings that may contain their own kind stand once, under a name.
void add_definitions(std::span<const Field> fields, Json& definitions) {
  for (const Field& field : fields) {
    if (field.nested == nullptr) {
      add_definitions(field.fields, definitions);
    } else if (const std::string name(field.noun); !definitions.contains(name)) {
      definitions[name] = object_of(field.nested());
      add_definitions(field.nested(), definitions);
    }
  }
}

}  // namespace

std::string json_schema(const std::string& title, const std::vector<std::span<const Field>>& forms) {
  Json one_of = Json::array();
  for (const std::span<const Field> form : forms) one_of.push_back(object_of(form));
  Json schema{{"$schema", "http://json-schema.org/draft-07/schema#"}, {"title", title}};
  Json definitions{{"distribution", any_distribution()}};
  for (const std::span<const Field> form : forms) add_definitions(form, definitions);
  schema["definitions"] = definitions;
  schema["oneOf"] = one_of;
  return schema.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace capplan
