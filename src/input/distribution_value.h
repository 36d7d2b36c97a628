// A distribution in place of a scalar: {p10, p50, p90}, {min, max}, {min, mode, max}, {mean, sd} or {median,
// sigma}.
#pragma once

#include <string>
#include <vector>

#include "capplan/core/distribution.h"
#include "input/schema.h"

namespace capplan {

// Measures may be uncertain; whole numbers and words are decided.
bool may_be_uncertain(const Field& field);

// Whether the node is a distribution in place of the field's scalar, well formed or not.
bool is_distribution(const YamlNode& node, const Field& field);

// The forms that it can take, with the field of each key, for the reader and the JSON Schema.
struct DistributionForm {
  std::string_view name;
  std::vector<Field> fields;  // all required
};
std::vector<DistributionForm> distribution_forms(const Field& field);

// The node at a path that check_fields gave: "workloads[0].assume.mfu".
YamlNode& node_at(YamlNode& root, std::string_view path);

// The distribution in base units, or every problem in it. `used` takes the rates of its amounts in other
// currencies than dollars.
Result<Distribution> read_distribution(const YamlNode& node, const Field& field, const std::string& path,
                                       const ExchangeRates& rates, std::vector<ExchangeRate>* used = nullptr);

}  // namespace capplan
