// What stands in for options that are not given: the environment, the repository's `.capplan/config.yaml`,
// the user's `$XDG_CONFIG_HOME/capplan/config.yaml`; of several, the first that has the key.
//
// The keys are options that change how a result is shown or how fast it is found, and the folder of profiles,
// which results name. A repository may be a stranger's: its file names no folder outside it, and no key
// starts a program.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cli/exit_code.h"
#include "input/schema.h"

namespace capplan {

class Session;

struct Setting {
  std::string key;     // an option without its dashes
  std::string value;   // as the option would be given
  std::string origin;  // "CAPPLAN_FORMAT", ".capplan/config.yaml:3"
  Location place;
  // Of a folder: as it is written, and by whom, the same wherever the program runs; and what it may not lead
  // out of, empty for nothing.
  std::string written = {}, by = {};
  std::filesystem::path confines = {};
};

class Configuration {
 public:
  // Takes a setting unless a stronger one of its key is there.
  void add(Setting setting);
  const Setting* find(std::string_view key) const;

 private:
  std::vector<Setting> settings_;
};

std::span<const Field> config_fields();
inline constexpr std::string_view kConfigPrefix = "CAPPLAN_";
// "CAPPLAN_FORMAT" for "format".
std::string config_variable(std::string_view key);
Result<Setting> read_config_variable(const Field& field, const std::string& value);

// What could be read of a file, in its order, with every problem found. Paths stay as they are written.
struct ReadConfig {
  std::vector<Setting> settings;
  Diagnostics problems;
};
ReadConfig read_config(const SourceText& source);

// Of this process, with the nearest `.capplan/config.yaml` from the working folder up to the root of its
// repository, without one in the working folder only. Nothing, with the code, after reporting all that is
// wrong: 2 for a variable, 3 for a file, 7 for one that cannot be read.
std::optional<Configuration> load_configuration(const Session& session, ExitCode& failure);

}  // namespace capplan
