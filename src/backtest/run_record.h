// Published or own measured runs, one JSON object a line. What a prediction may read stands apart from what
// was measured, so that no prediction can look.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "capplan/core/diagnostic.h"
#include "input/source_text.h"

namespace capplan {

// Inputs of a run: its configuration. Absent where the source does not say, or says what cannot be.
struct RunInputs {
  std::string model_name, accelerator, framework, interconnect, finetune_type, optimizer;
  std::string precision, precision_note, recompute, memory_format;
  std::string image_size;                // "224", "800x1333", "128^3"
  std::map<std::string, double> number;  // every numeric input, by its key
  std::map<std::string, bool> flag;

  std::optional<double> get(const std::string& key) const;
  std::optional<int> whole(const std::string& key) const;
  std::optional<bool> is(const std::string& key) const;
};

struct RunRecord {
  std::string id;
  std::string family, tier, metric, source, config_group;
  RunInputs inputs;
  std::map<std::string, double> measured;
};

struct RunRecords {
  std::vector<RunRecord> runs;
  Diagnostics problems;  // lines that are no JSON object with an id
};

RunRecords read_run_records(const SourceText& source);

}  // namespace capplan
