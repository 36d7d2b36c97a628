#include "input/yaml_text.h"

namespace capplan {
namespace {

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\r') {
      out += "\\r";
    } else {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
  }
  return out + "\"";
}

// A plain scalar stays plain: quoted it would be text, not a number. What was plain once can stand in a block
// again.
std::string scalar_text(const YamlNode& node) {
  const bool plain = !node.quoted && node.scalar.find_first_of("\n\r\t") == std::string::npos;
  return plain ? node.scalar : quoted(node.scalar);
}

bool is_structure(const YamlNode& node) {
  return (node.kind == YamlNode::Kind::kMap && !node.members.empty()) ||
         (node.kind == YamlNode::Kind::kList && !node.items.empty());
}

void write_block(const YamlNode& node, std::size_t indent, std::string& out);

// After a key or a dash: on the same line, or as a block below.
void write_value(const YamlNode& node, std::size_t indent, std::string& out) {
  if (is_structure(node)) {
    out += "\n";
    write_block(node, indent + 2, out);
  } else {
    const std::string line = yaml_line(node);
    out += (line.empty() ? "" : " ") + line + "\n";
  }
}

void write_block(const YamlNode& node, std::size_t indent, std::string& out) {
  const std::string margin(indent, ' ');
  for (const auto& [key, value] : node.members) {
    out += margin + scalar_text(key) + ":";
    write_value(value, indent, out);
  }
  for (const YamlNode& item : node.items) {
    out += margin + "-";
    write_value(item, indent, out);
  }
}

}  // namespace

std::string yaml_text(const YamlNode& root) {
  if (!is_structure(root)) return yaml_line(root) + "\n";
  std::string out;
  write_block(root, 0, out);
  return out;
}

std::string yaml_line(const YamlNode& node) {
  std::string out;
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      return {};
    case YamlNode::Kind::kScalar:
      return scalar_text(node);
    case YamlNode::Kind::kList:
      for (const YamlNode& item : node.items) out += (out.empty() ? "" : ", ") + yaml_line(item);
      return "[" + out + "]";
    case YamlNode::Kind::kMap:
      for (const auto& [key, value] : node.members)
        out += (out.empty() ? "" : ", ") + key.scalar + ": " + yaml_line(value);
      return "{" + out + "}";
  }
  return out;
}

}  // namespace capplan
