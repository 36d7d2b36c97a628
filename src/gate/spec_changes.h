// The keys in which two specs differ, and a spec with one of them set back.
#pragma once

#include <string>
#include <vector>

#include "input/yaml.h"

namespace capplan {

struct ChangedKey {
  std::vector<std::string> path;   // keys from the root; a workload's name after "workloads"
  const YamlNode* base = nullptr;  // nullptr: not there
  const YamlNode* head = nullptr;
  Location place;  // of the key in the head, else in the base

  // As `--set` takes it: "dataset.tokens", "pretrain.pin.count".
  std::string key() const;
};

// In the order of the head, then what only the base has. A mapping that one side lacks is one change, and so
// is a list, but for the workloads: these are compared by name. Points into both trees.
std::vector<ChangedKey> changed_keys(const YamlNode& base, const YamlNode& head);

// The head with this key as the base has it.
YamlNode set_back(const YamlNode& head, const ChangedKey& change);

}  // namespace capplan
