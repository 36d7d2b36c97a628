// One scalar of a file, read as what its field says it is.
#pragma once

#include <string>
#include <tl/expected.hpp>

#include "input/schema.h"
#include "input/yaml.h"

namespace capplan {

struct Value {
  double number = 0;  // base units; 0 or 1 for a flag
  std::string text;
  std::optional<ExchangeRate> rate = std::nullopt;  // of an amount in another currency than dollars
};

struct ValueError {
  std::string message;  // "expected a duration such as `30 days`, found `7`"
  std::string hint;
};

tl::expected<Value, ValueError> read_value(const YamlNode& node, const Field& field,
                                           const ExchangeRates& rates = {});

// The field that each item of a list field must satisfy.
Field item_of(const Field& list);

// "a whole number", "one of adam, sgd", "a duration such as `30 days`"
std::string describe_value(const Field& field);

}  // namespace capplan
