#include "input/schema.h"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <cmath>
#include <map>

#include "core/number_text.h"
#include "core/quantity_text.h"
#include "core/text.h"
#include "input/distribution_value.h"
#include "input/value_text.h"
#include "input/yaml_text.h"

namespace capplan {
namespace {

using Kind = YamlNode::Kind;

constexpr std::size_t kMaxProblems = 200;  // nobody reads more; a hostile file could make a hundred thousand

const Field* find_field(std::span<const Field> fields, std::string_view key) {
  const auto found = std::find_if(fields.begin(), fields.end(), [&](const Field& f) { return f.key == key; });
  return found == fields.end() ? nullptr : &*found;
}

class Checker {
 public:
  Checker(Diagnostics& problems, const ExchangeRates& rates, std::vector<UncertainFigure>* uncertain)
      : problems_(problems), rates_(rates), uncertain_(uncertain) {}

  std::vector<ExchangeRate> used_rates() const {
    std::vector<ExchangeRate> used;
    for (const auto& [currency, rate] : used_) used.push_back(rate);
    return used;
  }

  void check_map(const YamlNode& node, std::span<const Field> fields, const std::string& path) {
    if (node.kind != Kind::kMap) {
      report(node.location, subject(path) + " must be a mapping of keys: " + keys_of(fields), "");
      return;
    }
    const ExchangeRates outer = rates_;
    if (const YamlNode* date = node.find("as_of")) rates_ = rates_.on(date->scalar);
    for (const auto& [key, value] : node.members) {
      if (const Field* field = find_field(fields, key.scalar)) {
        check_value(value, *field, path.empty() ? key.scalar : path + "." + key.scalar, key.location);
      } else {
        unknown_key(key, fields, path);
      }
    }
    rates_ = outer;
    for (const Field& field : fields) {
      if (!field.required || node.find(field.key) != nullptr) continue;
      std::string hint;
      if (!field.example.empty())
        hint = "add `" + std::string(field.key) + ": " + std::string(field.example) + "`";
      report(node.location,
             subject(path) + " lacks `" + std::string(field.key) + "`: " + std::string(field.doc), hint);
    }
  }

 private:
  bool is_full() const { return problems_.size() >= kMaxProblems; }

  void report(const Location& where, std::string message, std::string hint) {
    if (is_full()) return;
    problems_.push_back({Severity::kError, where, std::move(message), std::move(hint)});
  }

  static std::string subject(const std::string& path) { return path.empty() ? "the file" : "`" + path + "`"; }

  static std::string keys_of(std::span<const Field> fields) {
    std::vector<std::string_view> keys;
    for (const Field& field : fields) keys.push_back(field.key);
    return join(keys);
  }

  void unknown_key(const YamlNode& key, std::span<const Field> fields, const std::string& path) {
    if (is_full()) return;
    std::vector<std::string_view> keys;
    for (const Field& field : fields) keys.push_back(field.key);
    const std::string_view near = nearest_name(key.scalar, keys);
    report(key.location,
           "unknown key `" + key.scalar.substr(0, 60) + "`" + (path.empty() ? "" : " in `" + path + "`") +
               "; expected one of " + join(keys),
           near.empty() ? "" : "did you mean `" + std::string(near) + "`?");
  }

  void check_value(const YamlNode& node, const Field& field, const std::string& path, const Location& key) {
    if (node.kind == Kind::kNull) {
      report(key, subject(path) + " has no value; expected " + describe_value(field), example(field));
      return;
    }
    switch (field.type) {
      case ValueType::kMap:
        check_map(node, field.parts(), path);
        return;
      case ValueType::kMaps:
      case ValueType::kTexts:
      case ValueType::kNames:
      case ValueType::kIntegers:
      case ValueType::kNumbers:
        check_list(node, field, path);
        return;
      case ValueType::kTextOrTexts:
        if (node.kind == Kind::kList) {
          check_list(node, field, path);
        } else {
          check_scalar(node, item_of(field), path);
        }
        return;
      default:
        break;
    }
    if (uncertain_ != nullptr && is_distribution(node, field)) {
      check_distribution(node, field, path);
    } else if (node.kind == Kind::kMap && !field.fields.empty()) {
      check_map(node, field.fields, path);
    } else {
      check_scalar(node, field, path);
    }
  }

  void check_list(const YamlNode& node, const Field& field, const std::string& path) {
    if (node.kind != Kind::kList) {
      report(node.location, subject(path) + " must be a list; expected " + describe_value(field),
             example(field));
      return;
    }
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      const std::string item_path = path + "[" + std::to_string(i) + "]";
      if (field.type == ValueType::kMaps) {
        check_map(node.items[i], field.parts(), item_path);
      } else {
        check_scalar(node.items[i], item_of(field), item_path);
      }
    }
    if (node.items.empty() && field.min > 0)
      report(node.location, subject(path) + " is empty", example(field));
    if (field.type == ValueType::kMaps && static_cast<double>(node.items.size()) > field.max)
      report(node.location,
             subject(path) + " has " + std::to_string(node.items.size()) + " entries, " +
                 plain_number(field.max) + " are the most",
             "");
  }

  void check_scalar(const YamlNode& node, const Field& field, const std::string& path) {
    if (node.kind != Kind::kScalar) {
      report(node.location, subject(path) + ": expected " + describe_value(field), example(field));
      return;
    }
    const auto value = read_value(node, field, rates_);
    if (value) {
      if (value->rate) used_.emplace(value->rate->currency, *value->rate);
      return;
    }
    report(node.location, subject(path) + ": " + value.error().message, value.error().hint);
  }

  void check_distribution(const YamlNode& node, const Field& field, const std::string& path) {
    std::vector<ExchangeRate> used;
    const auto distribution = read_distribution(node, field, path, rates_, &used);
    if (distribution) {
      uncertain_->push_back({path, *distribution, field.dim, node.location});
      for (const ExchangeRate& rate : used) used_.emplace(rate.currency, rate);
      return;
    }
    for (const Diagnostic& problem : distribution.error())
      report(problem.location, problem.message, problem.hint);
  }

  static std::string example(const Field& field) {
    return field.example.empty() ? "" : "for instance `" + std::string(field.example) + "`";
  }

  Diagnostics& problems_;
  ExchangeRates rates_;
  std::vector<UncertainFigure>* uncertain_;
  std::map<Text, ExchangeRate> used_;
};

}  // namespace

std::vector<ExchangeRate> check_fields(const YamlNode& node, std::span<const Field> fields,
                                       const std::string& path, Diagnostics& problems,
                                       const ExchangeRates& rates, std::vector<UncertainFigure>* uncertain) {
  Checker checker(problems, rates, uncertain);
  checker.check_map(node, fields, path);
  return checker.used_rates();
}

const Field& Section::field(std::string_view key) const {
  const Field* found = find_field(fields_, key);
  assert(found != nullptr && "the key is not in the section's table");
  return *found;
}

const YamlNode* Section::value(std::string_view key) const {
  if (node_ == nullptr) return nullptr;
  assert(find_field(fields_, key) != nullptr && "the key is not in the section's table");
  return node_->find(key);
}

bool Section::has(std::string_view key) const {
  const YamlNode* node = value(key);
  return node != nullptr && node->kind != Kind::kNull;
}

bool Section::has_distribution(std::string_view key) const {
  const YamlNode* node = value(key);
  return node != nullptr && is_distribution(*node, field(key));
}

Location Section::location() const { return node_ == nullptr ? Location{} : node_->location; }

Location Section::location(std::string_view key) const {
  const YamlNode* node = value(key);
  return node == nullptr ? location() : node->location;
}

Location Section::key_location(std::string_view key) const {
  if (node_ == nullptr) return {};
  for (const auto& [name, value] : node_->members) {
    if (name.scalar == key) return name.location;
  }
  return location();
}

std::optional<std::string> Section::text(std::string_view key) const {
  const YamlNode* node = value(key);
  if (node == nullptr || node->kind != Kind::kScalar) return std::nullopt;
  const auto read = read_value(*node, field(key), rates_);
  return read ? std::optional(read->text) : std::nullopt;
}

std::vector<std::string> Section::texts(std::string_view key) const {
  std::vector<std::string> texts;
  const YamlNode* node = value(key);
  if (node == nullptr) return texts;
  for (const YamlNode& item : node->items) {
    if (item.kind == Kind::kScalar && read_value(item, item_of(field(key)))) texts.push_back(item.scalar);
  }
  return texts;
}

std::vector<const YamlNode*> Section::items(std::string_view key) const {
  std::vector<const YamlNode*> items;
  const YamlNode* node = value(key);
  if (node == nullptr) return items;
  if (node->kind == Kind::kScalar) return {node};
  for (const YamlNode& item : node->items) {
    if (item.kind == Kind::kScalar) items.push_back(&item);
  }
  return items;
}

std::optional<ExchangeRate> Section::rate(std::string_view key) const {
  const YamlNode* node = value(key);
  if (node != nullptr && is_distribution(*node, field(key))) {
    std::vector<ExchangeRate> used;
    const auto distribution = read_distribution(*node, field(key), std::string(key), rates_, &used);
    return distribution && !used.empty() ? std::optional(used.front()) : std::nullopt;
  }
  if (node == nullptr || node->kind != Kind::kScalar) return std::nullopt;
  const auto read = read_value(*node, field(key), rates_);
  return read ? read->rate : std::nullopt;
}

std::string Section::written(std::string_view key) const {
  const YamlNode* node = value(key);
  return node == nullptr ? std::string() : yaml_line(*node);
}

std::optional<bool> Section::flag(std::string_view key) const {
  const YamlNode* node = value(key);
  if (node == nullptr) return std::nullopt;
  const auto read = read_value(*node, field(key));
  return read ? std::optional(read->number != 0) : std::nullopt;
}

std::optional<double> Section::number(std::string_view key) const {
  const YamlNode* node = value(key);
  if (node != nullptr && is_distribution(*node, field(key))) {
    const auto distribution = read_distribution(*node, field(key), std::string(key), rates_);
    return distribution ? std::optional(distribution->quantile(node->probability)) : std::nullopt;
  }
  if (node == nullptr || node->kind != Kind::kScalar) return std::nullopt;
  const auto read = read_value(*node, field(key), rates_);
  return read ? std::optional(read->number) : std::nullopt;
}

std::vector<double> Section::numbers(std::string_view key) const {
  std::vector<double> numbers;
  const YamlNode* node = value(key);
  if (node == nullptr) return numbers;
  for (const YamlNode& item : node->items) {
    if (const auto read = read_value(item, item_of(field(key)))) numbers.push_back(read->number);
  }
  return numbers;
}

std::optional<double> Section::base_value(std::string_view key, [[maybe_unused]] Dim dim) const {
  assert(field(key).type == ValueType::kQuantity && field(key).dim == dim);
  return number(key);
}

Section Section::section(std::string_view key) const {
  const YamlNode* node = value(key);
  if (node == nullptr || node->kind != Kind::kMap || is_distribution(*node, field(key))) return {};
  return {*node, field(key).parts(), rates_};
}

std::vector<Section> Section::sections(std::string_view key) const {
  std::vector<Section> sections;
  const YamlNode* node = value(key);
  if (node == nullptr) return sections;
  for (const YamlNode& item : node->items) {
    if (item.kind == Kind::kMap) sections.emplace_back(item, field(key).parts(), rates_);
  }
  return sections;
}

}  // namespace capplan
