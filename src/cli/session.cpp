#include "cli/session.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <ostream>
#include <utility>

#include "cli/atomic_file.h"
#include "cli/repository.h"
#include "core/text.h"

namespace capplan {
namespace {

constexpr int kUsualWidth = 80;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool is_terminal() { return ::isatty(STDOUT_FILENO) == 1; }

int terminal_width() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  const std::string stated = variable("COLUMNS");
  int columns = 0;
  std::from_chars(stated.data(), stated.data() + stated.size(), columns);
  return columns > 0 ? columns : kUsualWidth;
}

bool wants_colour(const std::string& choice, bool terminal) {
  if (choice == "always") return true;
  if (choice == "never") return false;
  if (!variable("NO_COLOR").empty()) return false;
  const std::string force = variable("CLICOLOR_FORCE") + variable("FORCE_COLOR");
  if (!force.empty() && force != "0") return true;
  return terminal && variable("TERM") != "dumb";
}

// Only a terminal's locale matters: what goes to a file or a pipe is the same everywhere.
bool speaks_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string value = to_lower(variable(name));
    if (!value.empty())
      return value.find("utf-8") != std::string::npos || value.find("utf8") != std::string::npos;
  }
  return false;
}

}  // namespace

std::string Session::profiles_folder() const {
  const Setting* configured = configuration_.find("profiles");
  return options_.profiles.empty() && configured != nullptr ? configured->value : options_.profiles;
}

Assumptions Session::configured_profiles() const {
  const Setting* configured = configuration_.find("profiles");
  if (!options_.profiles.empty() || configured == nullptr) return {};
  return {{"profiles", printable(configured->written), configured->by}};
}

std::optional<Catalog> Session::load_catalog(ExitCode& failure) const {
  Catalog catalog = builtin_catalog();
  const std::string folder = profiles_folder();
  if (folder.empty()) return catalog;
  const auto files = read_profile_folder(folder);
  if (!files) {
    err() << "capplan: " << files.error() << "\n";
    failure = ExitCode::kFile;
    return std::nullopt;
  }
  if (!may_be_read(folder, *files, failure)) return std::nullopt;
  if (!configured_profiles().empty() && !options_.quiet)
    err() << "capplan: profiles of " << printable(folder) << " lie over the built-in ones ("
          << configuration_.find("profiles")->origin << ")\n";
  auto overlaid = overlay_catalog(catalog, folder, *files);
  for (const Diagnostic& problem : overlaid ? overlaid->warnings() : overlaid.error()) {
    std::string text;
    for (const ProfileFile& file : *files) {
      if (folder + "/" + file.path == problem.location.file) text = file.text;
    }
    report({problem}, text);
  }
  if (overlaid) return std::move(*overlaid);
  failure = ExitCode::kInvalidContent;
  return std::nullopt;
}

// Nothing of a folder that a repository's configuration names leads out of the repository.
bool Session::may_be_read(const std::string& folder, const std::vector<ProfileFile>& files,
                          ExitCode& failure) const {
  const Setting* configured = configuration_.find("profiles");
  if (!options_.profiles.empty() || configured == nullptr || configured->confines.empty()) return true;
  for (const ProfileFile& file : files) {
    const std::string path = folder + "/" + file.path;
    if (stands_below(path, configured->confines)) continue;
    report_file(printable(path), "leads outside the repository that names it (" + configured->origin + ")");
    failure = ExitCode::kInvalidContent;
    return false;
  }
  return true;
}

RenderOptions Session::render_options() const {
  const bool terminal = options_.output.empty() && is_terminal();
  RenderOptions render;
  render.version = CAPPLAN_VERSION;
  render.width = options_.width > 0 ? options_.width : (terminal ? terminal_width() : 0);
  render.colour = wants_colour(options_.color, terminal);
  render.ascii = options_.ascii || (terminal && !speaks_utf8());
  return render;
}

Format Session::format() const { return find_format(options_.format).value_or(Format::kTable); }

ExitCode Session::write_parts(const std::function<std::optional<std::string>()>& next) const {
  if (options_.output.empty()) {
    while (streams_.out.good()) {
      const std::optional<std::string> text = next();
      if (!text) break;
      streams_.out << *text << std::flush;
    }
    if (streams_.out.good()) return ExitCode::kFine;
    report_file("standard output", "cannot be written");
    return ExitCode::kFile;
  }
  const auto fail = [&](const std::string& reason) {
    report_file(options_.output, reason);
    return ExitCode::kFile;
  };
  auto file = AtomicFile::open(options_.output);
  if (!file) return fail(file.error());
  while (const std::optional<std::string> text = next()) {
    if (const auto written = file->write(*text); !written) return fail(written.error());
  }
  const auto done = file->commit();
  return done ? ExitCode::kFine : fail(done.error());
}

ExitCode Session::write(const std::string& text) const {
  bool written = false;
  return write_parts([&] { return std::exchange(written, true) ? std::nullopt : std::optional(text); });
}

bool Session::can_write() const {
  if (options_.output.empty()) return true;
  namespace fs = std::filesystem;
  const fs::path target(options_.output);
  std::error_code error;
  const bool there = fs::exists(target, error);
  const fs::path folder = target.has_parent_path() ? target.parent_path() : fs::path(".");
  const bool good = there ? !fs::is_directory(target, error) && ::access(target.c_str(), W_OK) == 0
                          : ::access(folder.c_str(), W_OK) == 0;
  if (!good) report_file(options_.output, "cannot be written");
  return good;
}

void Session::report(const Diagnostics& problems, const std::string& text) const {
  for (const Diagnostic& problem : problems) {
    if (problem.severity == Severity::kWarning && options_.quiet) continue;
    err() << format_diagnostic(problem, text);
  }
}

void Session::report_file(const std::string& path, const std::string& reason) const {
  err() << "capplan: " << path << ": " << reason << "\n";
}

}  // namespace capplan
