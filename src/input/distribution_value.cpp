#include "input/distribution_value.h"

#include <algorithm>
#include <array>

#include "input/value_text.h"

namespace capplan {
namespace {

constexpr std::array<std::string_view, 9> kKeys{"p10", "p50", "p90",    "min",  "mode",
                                                "max", "sd",  "median", "sigma"};
constexpr std::string_view kForms =
    "{p10, p50, p90}, {min, max} (uniform), {min, mode, max} (triangular), {mean, sd} (normal) or {median, "
    "sigma} (lognormal)";

constexpr double kWidestSigma = 5;  // of the logarithm: P90 600 times the median

Field keyed(std::string_view key, const Field& field) {
  Field member = field;
  member.key = key;
  member.doc = "in the units of the value";
  member.example = field.fields.empty() ? field.example : std::string_view{};
  member.required = true;
  member.fields = {};
  return member;
}

Field spread_of(const Field& field) {
  Field sd = keyed("sd", field);
  sd.min = 0;
  sd.max = std::numeric_limits<double>::infinity();
  sd.above_min = false;
  return sd;
}

Field sigma() {
  return {.key = "sigma",
          .type = ValueType::kNumber,
          .doc = "standard deviation of the natural logarithm",
          .example = "0.2",
          .required = true,
          .max = kWidestSigma};
}

class DistributionReader {
 public:
  DistributionReader(const YamlNode& node, const Field& field, const std::string& path,
                     const ExchangeRates& rates, std::vector<ExchangeRate>* used)
      : node_(node), field_(field), path_(path), rates_(rates), used_(used) {}

  Result<Distribution> read() {
    const auto forms = distribution_forms(field_);
    const auto form =
        std::find_if(forms.begin(), forms.end(), [&](const DistributionForm& f) { return has_keys_of(f); });
    if (form == forms.end()) {
      error(node_.location, "`" + path_ + "`: the keys of a distribution are " + std::string(kForms));
      return tl::unexpected(std::move(problems_));
    }
    std::vector<double> values;
    for (const Field& member : form->fields) values.push_back(number(member));
    if (problems_.empty()) check_order(*form, values);
    if (!problems_.empty()) return tl::unexpected(std::move(problems_));
    return Distribution(shape(form->name, values), field_.min, field_.max);
  }

 private:
  bool has_keys_of(const DistributionForm& form) const {
    return node_.members.size() == form.fields.size() &&
           std::all_of(form.fields.begin(), form.fields.end(),
                       [&](const Field& member) { return node_.find(member.key) != nullptr; });
  }

  double number(const Field& member) {
    const YamlNode& node = *node_.find(member.key);
    const auto value = read_value(node, member, rates_);
    if (!value) {
      error(node.location, "`" + path_ + "." + std::string(member.key) + "`: " + value.error().message,
            value.error().hint);
      return 0;
    }
    if (value->rate && used_ != nullptr) used_->push_back(*value->rate);
    return value->number;
  }

  // Quantiles and ends rise; a spread has no order.
  void check_order(const DistributionForm& form, const std::vector<double>& values) {
    if (form.name == "normal" || form.name == "lognormal") return;
    for (std::size_t i = 1; i < values.size(); ++i) {
      if (values[i - 1] <= values[i]) continue;
      error(node_.find(form.fields[i].key)->location, "`" + path_ + "`: " + std::string(form.fields[i].key) +
                                                          " is below " + std::string(form.fields[i - 1].key));
    }
  }

  static Distribution::Shape shape(std::string_view name, const std::vector<double>& v) {
    if (name == "quantiles") return ThroughPoints{v[0], v[1], v[2]};
    if (name == "uniform") return Uniform{v[0], v[1]};
    if (name == "triangular") return Triangular{v[0], v[1], v[2]};
    if (name == "normal") return Normal{v[0], v[1]};
    return Lognormal{v[0], v[1]};
  }

  void error(const Location& where, std::string message, std::string hint = "") {
    problems_.push_back({Severity::kError, where, std::move(message), std::move(hint)});
  }

  const YamlNode& node_;
  const Field& field_;
  const std::string& path_;
  const ExchangeRates& rates_;
  std::vector<ExchangeRate>* used_;
  Diagnostics problems_;
};

}  // namespace

bool may_be_uncertain(const Field& field) {
  return field.type == ValueType::kNumber || field.type == ValueType::kRatio ||
         field.type == ValueType::kMultiple || field.type == ValueType::kQuantity;
}

bool is_distribution(const YamlNode& node, const Field& field) {
  return node.kind == YamlNode::Kind::kMap && may_be_uncertain(field) &&
         std::any_of(kKeys.begin(), kKeys.end(),
                     [&](std::string_view key) { return node.find(key) != nullptr; });
}

std::vector<DistributionForm> distribution_forms(const Field& field) {
  const auto of = [&](std::string_view key) { return keyed(key, field); };
  return {{"quantiles", {of("p10"), of("p50"), of("p90")}},
          {"uniform", {of("min"), of("max")}},
          {"triangular", {of("min"), of("mode"), of("max")}},
          {"normal", {of("mean"), spread_of(field)}},
          {"lognormal", {of("median"), sigma()}}};
}

YamlNode& node_at(YamlNode& root, std::string_view path) {
  YamlNode* node = &root;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find_first_of(".["), path.size());
    const std::string_view key = path.substr(0, end);
    const auto member = std::find_if(node->members.begin(), node->members.end(),
                                     [&](const YamlMember& m) { return m.key.scalar == key; });
    node = &member->value;
    path.remove_prefix(end);
    if (path.starts_with('[')) {
      std::size_t index = 0;
      for (path.remove_prefix(1); !path.starts_with(']'); path.remove_prefix(1))
        index = 10 * index + static_cast<std::size_t>(path.front() - '0');
      node = &node->items[index];
      path.remove_prefix(1);
    }
    if (path.starts_with('.')) path.remove_prefix(1);
  }
  return *node;
}

Result<Distribution> read_distribution(const YamlNode& node, const Field& field, const std::string& path,
                                       const ExchangeRates& rates, std::vector<ExchangeRate>* used) {
  return DistributionReader(node, field, path, rates, used).read();
}

}  // namespace capplan
