#include "gate/spec_changes.h"

#include <algorithm>
#include <set>

#include "input/yaml_text.h"

namespace capplan {
namespace {

constexpr const char* kWorkloads = "workloads";

using Path = std::vector<std::string>;

const YamlMember* find_member(const YamlNode& map, std::string_view key) {
  const auto found = std::find_if(map.members.begin(), map.members.end(),
                                  [&](const YamlMember& m) { return m.key.scalar == key; });
  return found == map.members.end() ? nullptr : &*found;
}

std::string name_of(const YamlNode& workload) {
  const YamlNode* name = workload.find("name");
  return name == nullptr ? std::string() : name->scalar;
}

const YamlNode* find_named(const YamlNode& list, std::string_view name) {
  const auto found = std::find_if(list.items.begin(), list.items.end(),
                                  [&](const YamlNode& item) { return name_of(item) == name; });
  return found == list.items.end() ? nullptr : &*found;
}

// Whether its items can be told apart by their names.
bool is_named(const YamlNode& list) {
  std::set<std::string> names;
  return list.kind == YamlNode::Kind::kList &&
         std::all_of(list.items.begin(), list.items.end(), [&](const YamlNode& item) {
           const std::string name = name_of(item);
           return !name.empty() && names.insert(name).second;
         });
}

bool same(const YamlNode& a, const YamlNode& b) {
  return a.kind == b.kind && a.quoted == b.quoted && yaml_line(a) == yaml_line(b);
}

class SpecComparer {
 public:
  void compare(const YamlNode& base, const YamlNode& head, const Path& path) {
    const bool maps = base.kind == YamlNode::Kind::kMap && head.kind == YamlNode::Kind::kMap;
    if (maps) return compare_maps(base, head, path);
    const bool workloads = path == Path{kWorkloads} && is_named(base) && is_named(head);
    if (workloads) return compare_lists(base, head, path);
    if (!same(base, head)) changes_.push_back({path, &base, &head, head.location});
  }

  std::vector<ChangedKey> take() { return std::move(changes_); }

 private:
  static Path below(Path path, const std::string& key) {
    path.push_back(key);
    return path;
  }

  void compare_maps(const YamlNode& base, const YamlNode& head, const Path& path) {
    for (const auto& [key, value] : head.members) {
      const Path here = below(path, key.scalar);
      const std::size_t before = changes_.size();
      if (const YamlMember* was = find_member(base, key.scalar)) {
        compare(was->value, value, here);
        // What changed is shown where its key stands.
        if (changes_.size() == before + 1 && changes_.back().path == here)
          changes_.back().place = key.location;
      } else {
        changes_.push_back({here, nullptr, &value, key.location});
      }
    }
    for (const auto& [key, value] : base.members) {
      if (find_member(head, key.scalar) == nullptr)
        changes_.push_back({below(path, key.scalar), &value, nullptr, key.location});
    }
  }

  void compare_lists(const YamlNode& base, const YamlNode& head, const Path& path) {
    for (const YamlNode& item : head.items) {
      const Path here = below(path, name_of(item));
      if (const YamlNode* was = find_named(base, here.back())) {
        compare(*was, item, here);
      } else {
        changes_.push_back({here, nullptr, &item, item.location});
      }
    }
    for (const YamlNode& item : base.items) {
      if (find_named(head, name_of(item)) == nullptr)
        changes_.push_back({below(path, name_of(item)), &item, nullptr, item.location});
    }
  }

  std::vector<ChangedKey> changes_;
};

YamlNode key_node(const std::string& text) {
  YamlNode node;
  node.kind = YamlNode::Kind::kScalar;
  node.scalar = text;
  return node;
}

void set_in(YamlNode& node, const ChangedKey& change, std::size_t depth) {
  const std::string& step = change.path[depth];
  const bool last = depth + 1 == change.path.size();
  if (node.kind == YamlNode::Kind::kList) {
    const auto item = std::find_if(node.items.begin(), node.items.end(),
                                   [&](const YamlNode& i) { return name_of(i) == step; });
    if (!last) return set_in(*item, change, depth + 1);
    if (item != node.items.end()) node.items.erase(item);
    if (change.base != nullptr) node.items.push_back(*change.base);
    return;
  }
  const auto member = std::find_if(node.members.begin(), node.members.end(),
                                   [&](const YamlMember& m) { return m.key.scalar == step; });
  if (!last) return set_in(member->value, change, depth + 1);
  if (change.base == nullptr) {
    node.members.erase(member);
  } else if (member == node.members.end()) {
    node.members.push_back({key_node(step), *change.base});
  } else {
    member->value = *change.base;
  }
}

}  // namespace

std::string ChangedKey::key() const {
  const bool in_workload = path.size() > 2 && path.front() == kWorkloads;
  std::string text;
  for (std::size_t i = in_workload ? 1 : 0; i < path.size(); ++i) text += (text.empty() ? "" : ".") + path[i];
  return text;
}

std::vector<ChangedKey> changed_keys(const YamlNode& base, const YamlNode& head) {
  SpecComparer comparison;
  comparison.compare(base, head, {});
  return comparison.take();
}

YamlNode set_back(const YamlNode& head, const ChangedKey& change) {
  YamlNode root = head;
  set_in(root, change, 0);
  return root;
}

}  // namespace capplan
