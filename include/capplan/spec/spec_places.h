// Where in a spec's text each of its values stands.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "capplan/core/diagnostic.h"

namespace capplan {

// A path is written as in assumptions and messages: "workloads[0].training.epochs", "constraints.budget".
class SpecPlaces {
 public:
  void add(std::string path, Location where);

  // Of a value that the spec states; nullptr of any other. "workloads[0]." may stand before the keys of the
  // short form too, where they stand at the top level.
  const Location* find(std::string_view path) const;

  // Of the value, else of the innermost mapping around it that the spec has, else of the whole file.
  Location nearest(std::string_view path) const;

 private:
  std::map<std::string, Location, std::less<>> by_path_;  // the root under the empty path
};

}  // namespace capplan
