#include "spec/places.h"

namespace capplan {
namespace {

constexpr std::string_view kOnlyWorkload = "workloads[0]";

void add_places(const YamlNode& node, const std::string& path, SpecPlaces& places) {
  places.add(path, node.location);
  for (const auto& [key, value] : node.members)
    add_places(value, path.empty() ? key.scalar : path + "." + key.scalar, places);
  for (std::size_t i = 0; i < node.items.size(); ++i)
    add_places(node.items[i], path + "[" + std::to_string(i) + "]", places);
}

// "workloads[0].pin.count", "workloads[0].pin", "workloads[0]", "workloads", "".
std::string_view around(std::string_view path) {
  const std::size_t last = path.find_last_of(".[");
  return last == std::string_view::npos ? std::string_view{} : path.substr(0, last);
}

}  // namespace

void SpecPlaces::add(std::string path, Location where) {
  by_path_.insert_or_assign(std::move(path), std::move(where));
}

const Location* SpecPlaces::find(std::string_view path) const {
  const auto found = by_path_.find(path);
  if (found != by_path_.end()) return &found->second;
  const bool short_form = !by_path_.contains(kOnlyWorkload);
  if (!short_form || !path.starts_with(kOnlyWorkload)) return nullptr;
  path.remove_prefix(kOnlyWorkload.size());
  if (path.starts_with('.')) path.remove_prefix(1);
  const auto at_top = by_path_.find(path);
  return at_top == by_path_.end() ? nullptr : &at_top->second;
}

Location SpecPlaces::nearest(std::string_view path) const {
  while (true) {
    if (const Location* where = find(path)) return *where;
    if (path.empty()) return {};
    path = around(path);
  }
}

SpecPlaces places_of(const YamlNode& root) {
  SpecPlaces places;
  add_places(root, "", places);
  return places;
}

}  // namespace capplan
