// A YAML document as a plain tree with the place of every node. Stricter than YAML: duplicate keys, tags,
// merge keys, tabs as indentation and a second document are errors, and depth and size are bounded (aliases
// included).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "capplan/core/diagnostic.h"
#include "input/source_text.h"

namespace capplan {

struct YamlMember;

struct YamlNode {
  enum class Kind { kNull, kScalar, kList, kMap };

  Kind kind = Kind::kNull;
  Location location;
  std::string scalar;
  bool quoted = false;  // "…" or '…': text even where it looks like a number
  std::vector<YamlNode> items;
  std::vector<YamlMember> members;  // in file order
  double probability = 0.5;         // of the quantile that a distribution here is read as

  const YamlNode* find(std::string_view key) const;
};

struct YamlMember {
  YamlNode key;  // a scalar
  YamlNode value;
};

// The document's root, or every problem found. An empty document is an error.
Result<YamlNode> parse_yaml(const SourceText& source);

}  // namespace capplan
