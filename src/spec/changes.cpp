#include "spec/changes.h"

#include <algorithm>

#include "core/text.h"
#include "spec/spec_fields.h"

namespace capplan {
namespace {

constexpr std::string_view kPlace = "--set";

// Of `text` from its `begin`th byte in the line of a change.
Location place_in(int line, std::size_t begin, std::size_t length) {
  return {std::string(kPlace), line, static_cast<int>(begin) + 1,
          static_cast<int>(std::max<std::size_t>(length, 1))};
}

void move_to(Location& where, int line, std::size_t offset) {
  where.file = kPlace;
  where.line = line;
  where.column += static_cast<int>(offset);
}

void move_to(YamlNode& node, int line, std::size_t offset) {
  move_to(node.location, line, offset);
  for (YamlNode& item : node.items) move_to(item, line, offset);
  for (auto& [key, value] : node.members) {
    move_to(key, line, offset);
    move_to(value, line, offset);
  }
}

YamlMember* find_member(YamlNode& map, std::string_view key) {
  const auto found = std::find_if(map.members.begin(), map.members.end(),
                                  [&](const YamlMember& m) { return m.key.scalar == key; });
  return found == map.members.end() ? nullptr : &*found;
}

YamlNode node_at(const Location& where, YamlNode::Kind kind) {
  YamlNode node;
  node.kind = kind;
  node.location = where;
  return node;
}

// The value at the key, made where it is missing.
YamlNode& member(YamlNode& map, std::string_view key, const Location& where) {
  // What stands here as one value, `experiments: 3x`, becomes a mapping.
  if (map.kind != YamlNode::Kind::kMap) map = node_at(where, YamlNode::Kind::kMap);
  if (YamlMember* there = find_member(map, key)) return there->value;
  YamlNode name = node_at(where, YamlNode::Kind::kScalar);
  name.scalar = key;
  map.members.push_back({std::move(name), node_at(where, YamlNode::Kind::kNull)});
  return map.members.back().value;
}

// Where the path begins: the workload that it names, which is taken off, or the top level.
YamlNode& start_of(YamlNode& root, std::string_view& path) {
  YamlMember* workloads = find_member(root, "workloads");
  if (workloads == nullptr) return root;
  for (YamlNode& workload : workloads->value.items) {
    const YamlNode* name = workload.find("name");
    if (name == nullptr || name->scalar.empty() || !path.starts_with(name->scalar + ".")) continue;
    path.remove_prefix(name->scalar.size() + 1);
    return workload;
  }
  return root;
}

// In the full form: a first word that is neither a key nor a workload would be reported as an unknown key
// only.
bool starts_nowhere(const YamlNode& root, std::string_view path, const Location& where,
                    Diagnostics& problems) {
  const YamlNode* workloads = root.find("workloads");
  if (workloads == nullptr) return false;
  const std::string_view first = path.substr(0, path.find('.'));
  std::vector<std::string_view> known;
  for (const Field& field : full_form_fields()) known.push_back(field.key);
  if (std::find(known.begin(), known.end(), first) != known.end()) return false;
  for (const YamlNode& workload : workloads->items) {
    if (const YamlNode* name = workload.find("name")) known.push_back(name->scalar);
  }
  const std::string_view near = nearest_name(first, known);
  problems.push_back({Severity::kError, where,
                      "no workload or key at the top level is named `" + std::string(first) + "`",
                      near.empty() ? "the keys of a workload begin with its name"
                                   : "did you mean `" + std::string(near) + "`?"});
  return true;
}

void erase(YamlNode& map, std::string_view key) {
  std::erase_if(map.members, [&](const YamlMember& m) { return m.key.scalar == key; });
}

void apply(YamlNode& root, const SpecChange& change, int line, Diagnostics& problems) {
  const Location key_place = place_in(line, 0, change.key.size());
  std::string_view path = change.key;
  YamlNode* node = &start_of(root, path);
  if (node == &root && starts_nowhere(root, path, key_place, problems)) return;
  for (std::size_t dot = path.find('.'); dot != std::string_view::npos; dot = path.find('.')) {
    node = &member(*node, path.substr(0, dot), key_place);
    path.remove_prefix(dot + 1);
  }
  if (change.value == "null") {
    erase(*node, path);
    return;
  }
  Result<YamlNode> value = parse_yaml({std::string(kPlace), change.value});
  const std::size_t offset = change.key.size() + 1;
  if (!value) {
    for (Diagnostic problem : value.error()) {
      move_to(problem.location, line, offset);
      problems.push_back(std::move(problem));
    }
    return;
  }
  move_to(*value, line, offset);
  member(*node, path, key_place) = std::move(*value);
}

}  // namespace

void apply_changes(YamlNode& root, const SpecChanges& changes, Diagnostics& problems) {
  int line = 0;
  for (const SpecChange& change : changes) apply(root, change, ++line, problems);
}

std::string changes_text(const SpecChanges& changes) {
  std::string text;
  for (const SpecChange& change : changes) text += change.key + "=" + change.value + "\n";
  return text;
}

}  // namespace capplan
