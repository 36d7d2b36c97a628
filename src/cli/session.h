// What a command needs of the world: streams, the environment, files, and the options that all commands
// share.
#pragma once

#include <functional>
#include <iosfwd>
#include <optional>
#include <string>

#include "capplan/catalog/catalog.h"
#include "capplan/core/assumption.h"
#include "capplan/report/report.h"
#include "cli/config.h"
#include "cli/exit_code.h"

namespace capplan {

struct Streams {
  std::ostream& out;
  std::ostream& err;
};

// Options of every command that prints a result.
struct OutputOptions {
  std::string format = "table";
  std::string output;  // file; empty: standard output
  std::string profiles;
  std::string lock;      // file; empty: the one that is found from the spec upwards
  bool no_lock = false;  // none at all
  std::string color = "auto";
  int width = 0;
  bool ascii = false;
  bool quiet = false;
};

class Session {
 public:
  Session(Streams streams, OutputOptions options, Configuration configuration = {})
      : streams_(streams), options_(std::move(options)), configuration_(std::move(configuration)) {}

  const OutputOptions& options() const { return options_; }
  const Configuration& configuration() const { return configuration_; }
  std::ostream& err() const { return streams_.err; }

  // Of --profiles or the configuration; empty: none.
  std::string profiles_folder() const;
  // What every result says of a folder of profiles that the command line does not name; nothing without one.
  Assumptions configured_profiles() const;
  // The built-in profiles, with those of profiles_folder() over them; nullopt where they do not load. What is
  // wrong or looks wrong in them is reported.
  std::optional<Catalog> load_catalog(ExitCode& failure) const;
  RenderOptions render_options() const;
  Format format() const;
  // Writes a result to --output or standard output.
  ExitCode write(const std::string& text) const;
  // The same, of what `next` gives until it gives nothing: for results that do not fit into memory.
  ExitCode write_parts(const std::function<std::optional<std::string>()>& next) const;
  // Whether --output can be written, without touching it; reports where it cannot.
  bool can_write() const;
  // Prints problems of `text` in order; warnings are left out when quiet.
  void report(const Diagnostics& problems, const std::string& text) const;
  void report_file(const std::string& path, const std::string& reason) const;

 private:
  bool may_be_read(const std::string& folder, const std::vector<ProfileFile>& files, ExitCode& failure) const;

  Streams streams_;
  OutputOptions options_;
  Configuration configuration_;
};

}  // namespace capplan
