#include <unistd.h>

#include <cstdlib>
#include <ostream>

#include "cli/config.h"
#include "cli/repository.h"
#include "cli/session.h"
#include "core/text.h"

namespace capplan {
namespace {

namespace fs = std::filesystem;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// XDG Base Directory Specification 0.8: a path that is not absolute counts as none.
fs::path user_file() {
  const fs::path stated = environment("XDG_CONFIG_HOME");
  if (stated.is_absolute()) return stated / "capplan/config.yaml";
  const fs::path home = environment("HOME");
  return home.is_absolute() ? home / ".config/capplan/config.yaml" : fs::path();
}

struct RepositoryFile {
  fs::path path;  // empty: there is none
  fs::path confines;
};

RepositoryFile repository_file() {
  std::error_code error;
  const fs::path confines = confines_of_spec("-");
  for (fs::path at = folder_of_spec("-");; at = at.parent_path()) {
    fs::path file = at / ".capplan/config.yaml";
    if (fs::is_regular_file(file, error) && stands_below(file, confines)) return {file, confines};
    if (at == confines || at == at.root_path()) return {};
  }
}

class Loader {
 public:
  explicit Loader(const Session& session) : session_(session) {}

  void read_environment() {
    for (const Field& field : config_fields()) {
      const std::string value = environment(config_variable(field.key).c_str());
      if (!value.empty()) read_variable(field, value);
    }
    for (char** entry = ::environ; *entry != nullptr; ++entry) warn_of_slip(*entry);
  }

  // A path in the file is from the file's folder.
  void read_file(const fs::path& path, const fs::path& confines) {
    const auto source = read_source(path.string(), kYamlLimit);
    if (!source) return fail_file(source.error());
    const std::string shown = shown_path(path);
    ReadConfig read = read_config({shown, source->text});
    for (Setting& setting : read.settings) {
      if (setting.key == "profiles") place(setting, path.parent_path(), confines, read.problems);
      settings_.add(std::move(setting));
    }
    sort_by_location(read.problems);
    if (has_errors(read.problems)) fail(ExitCode::kInvalidContent, read.problems, source->text);
  }

  std::optional<Configuration> result(ExitCode& failure) {
    if (failure_ == ExitCode::kFine) return std::move(settings_);
    failure = failure_;
    return std::nullopt;
  }

 private:
  void read_variable(const Field& field, const std::string& value) {
    const Result<Setting> setting = read_config_variable(field, value);
    if (!setting) return fail(ExitCode::kUsage, setting.error(), value);
    settings_.add(*setting);
  }

  // The tests' and the builds' own variables begin alike: only what is near a key is a slip.
  void warn_of_slip(std::string_view entry) {
    if (!entry.starts_with(kConfigPrefix) || session_.options().quiet) return;
    const std::string name(entry.substr(0, entry.find('=')));
    std::vector<std::string_view> keys;
    for (const Field& field : config_fields()) {
      if (config_variable(field.key) == name) return;
      keys.push_back(field.key);
    }
    const std::string_view near = nearest_name(name.substr(kConfigPrefix.size()), keys);
    if (near.empty()) return;
    session_.err() << "capplan: warning: there is no variable " << printable(name) << "; did you mean "
                   << config_variable(near) << "?\n";
  }

  static void place(Setting& setting, const fs::path& folder, const fs::path& confines,
                    Diagnostics& problems) {
    const fs::path full = folder / setting.value;
    if (!confines.empty() && !stands_below(full, confines)) {
      const bool repository = repository_of(confines) == confines;
      problems.push_back(
          {Severity::kError, setting.place,
           std::string("`profiles` leads outside ") + (repository ? "the repository" : "the working folder"),
           "--profiles may"});
    }
    setting.written = setting.value;
    setting.by = confines.empty() ? "configuration of the user" : "configuration of the repository";
    setting.value = shown_path(full.lexically_normal());
    setting.confines = confines;
  }

  void fail_file(const FileError& error) {
    session_.report_file(error.path, error.reason);
    failure_ = worst(ExitCode::kFile);
  }

  void fail(ExitCode code, const Diagnostics& problems, const std::string& text) {
    session_.report(problems, text);
    failure_ = worst(code);
  }

  // Wrong usage comes before wrong content, as where an option is wrong.
  ExitCode worst(ExitCode code) const {
    return failure_ == ExitCode::kUsage || code == ExitCode::kUsage ? ExitCode::kUsage
                                                                    : worse_of(failure_, code);
  }

  const Session& session_;
  Configuration settings_;
  ExitCode failure_ = ExitCode::kFine;
};

}  // namespace

std::optional<Configuration> load_configuration(const Session& session, ExitCode& failure) {
  Loader loader(session);
  loader.read_environment();
  if (const RepositoryFile file = repository_file(); !file.path.empty())
    loader.read_file(file.path, file.confines);
  std::error_code error;
  if (const fs::path file = user_file(); !file.empty() && fs::exists(file, error)) loader.read_file(file, {});
  return loader.result(failure);
}

}  // namespace capplan
