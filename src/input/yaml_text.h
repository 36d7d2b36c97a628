// A YAML tree as text again: parse_yaml() reads it back as the same tree, places aside.
#pragma once

#include <string>

#include "input/yaml.h"

namespace capplan {

// A document in block style. The root must be a mapping.
std::string yaml_text(const YamlNode& root);

// One line, for people: "1T", "[spot, queued]", "{mean: 12, peak: 40}".
std::string yaml_line(const YamlNode& node);

}  // namespace capplan
