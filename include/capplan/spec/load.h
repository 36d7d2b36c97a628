// Reads a spec.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "capplan/core/diagnostic.h"
#include "capplan/core/exchange.h"
#include "capplan/spec/plan_spec.h"

namespace capplan {

// Contents of a file that a spec names (hf_config), by its path relative to the spec; an error is a reason in
// words.
using ReadFile = std::function<tl::expected<std::string, std::string>(const std::string& path)>;

// A key that is set from outside, in place of what the file says there. In the full form the keys of a
// workload begin with its name: "pretrain.pin.accelerator". `value` is YAML of one line; `null` takes the key
// away.
struct SpecChange {
  std::string key;
  std::string value;
};
using SpecChanges = std::vector<SpecChange>;
// "key=value" a line: what problems in the file `--set` point into.
std::string changes_text(const SpecChanges& changes);

struct LoadedSpec {
  PlanSpec spec;
  Diagnostics warnings;
};

// What could be read, with every problem found: errors and warnings. `name` is what problems are reported
// under. Amounts in other currencies are dollars by `rates`.
struct ReadSpec {
  PlanSpec spec;
  Diagnostics problems;
};
ReadSpec read_spec(const std::string& name, const std::string& text, const ReadFile& read_file,
                   const ExchangeRates& rates = {}, const SpecChanges& changes = {});

// The spec, or every problem in it.
Result<LoadedSpec> load_spec(const std::string& name, const std::string& text, const ReadFile& read_file,
                             const ExchangeRates& rates = {});

// JSON Schema (draft 7) of a spec.
std::string spec_json_schema();

}  // namespace capplan
