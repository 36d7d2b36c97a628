// One function a command; run.cpp holds the table of them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/session.h"

namespace capplan {

struct EstimateOptions {
  std::string spec;
  bool all = false;
  std::optional<int> top;
  bool include_outliers = false;
  std::string objective;
  bool scaling = false;
  std::optional<int> samples;  // of each plan's cost
  std::optional<int> threads;  // default: as many as the machine has
};
ExitCode run_estimate(const Session& session, const EstimateOptions& options);

// The derivation of one figure, down to spec line, price row, formula and citation.
struct ExplainOptions {
  std::string spec;
  std::string figure;  // empty: all that have a short name, with their values
  std::optional<int> threads;
};
ExitCode run_explain(const Session& session, const ExplainOptions& options);

// What the cheapest plan's cost hangs on, and where another plan becomes the cheapest.
struct SensitivityOptions {
  std::string spec;
  bool include_outliers = false;
  std::optional<int> threads;
};
ExitCode run_sensitivity(const Session& session, const SensitivityOptions& options);

// Buy against rent, commit against pay by the hour.
struct BreakEvenOptions {
  std::string spec;
  bool all = false;  // every comparison, not the first ones
  std::optional<int> threads;
};
ExitCode run_breakeven(const Session& session, const BreakEvenOptions& options);

// Scenarios side by side: every spec under every combination of the values.
struct CompareOptions {
  std::vector<std::string> specs;
  std::vector<std::string> sets;  // "KEY=V1,V2"
  std::string shard;              // "I/N"
  std::optional<int> threads;
};
ExitCode run_compare(const Session& session, const CompareOptions& options);

// What changed in cost between two specs, two results, or a commit and the working tree, and why.
struct DiffOptions {
  std::vector<std::string> specs;
  std::string base;      // a revision; empty: the first spec is the base
  std::string recorded;  // result of the base by the version that made it
  std::optional<int> threads;
};
ExitCode run_diff(const Session& session, const DiffOptions& options);

// Holds specs, and what changed in them since a commit, against a policy: the gate of a pipeline.
struct CheckOptions {
  std::vector<std::string> specs;
  std::string base;    // a revision; empty: only the state is judged
  std::string policy;  // file; empty: .capplan/policy.yaml of the repository, else the default policy
  std::string as_of;   // ISO date; empty: that of the last commit
  bool exit_zero = false;
  bool warn_as_deny = false;
  std::optional<int> threads;
  std::string json;  // file that gets the JSON result besides; empty: none
};
ExitCode run_check(const Session& session, const CheckOptions& options);

// Whether a policy finds in given figures what it should.
struct PolicyTestOptions {
  std::string cases;  // file; empty: .capplan/policy-test.yaml of the repository
};
ExitCode run_policy_test(const Session& session, const PolicyTestOptions& options);

struct InitOptions {
  std::string file = "workload.yaml";
  std::string kind = "training";
  bool force = false;
};
ExitCode run_init(const Session& session, const InitOptions& options);
// The commented starter spec of a kind.
std::string starter_spec(const std::string& kind);

// The JSON Schema of a spec, a policy, its waivers, or its tests.
ExitCode run_schema(const Session& session, const std::string& of);

// Predicts each run of a JSON Lines file and says how far off that is.
struct BacktestOptions {
  std::string runs;
  bool search_layouts = false;  // in place of the recorded ones
};
ExitCode run_backtest(const Session& session, const BacktestOptions& options);

struct CalibrateOptions {
  std::vector<std::string> files;
  std::string kernels;    // folder of measured kernels: fits their laws in place of constants
  std::string leave_out;  // accelerator, source or model: the error of fits without it, in place of a fit
  std::vector<std::string> hold;  // constants that keep their priors: what each one earns
  bool from_priors = false;       // hold constants towards their priors, not towards the catalogue's
  std::string id = "own-runs";
  std::string source;
  std::string as_of;
};
ExitCode run_calibrate(const Session& session, const CalibrateOptions& options);

struct HardwareFilter {
  std::string vendor;
  std::string sort;
};
ExitCode run_hardware_list(const Session& session, const HardwareFilter& filter);
ExitCode run_hardware_show(const Session& session, const std::string& name);

struct ModelFilter {
  std::string architecture;
  std::string sort;
};
ExitCode run_models_list(const Session& session, const ModelFilter& filter);
ExitCode run_models_show(const Session& session, const std::string& name);

struct PriceFilter {
  std::string accelerator;
  std::string provider;
  std::string region;
  std::string purchase;
  std::optional<double> max_price;
  std::string sort;
  bool history = false;  // rows that do not count too, with the reason
};
ExitCode run_prices_list(const Session& session, const PriceFilter& filter);
ExitCode run_prices_show(const Session& session, const PriceFilter& filter);

struct ImportOptions {
  std::string from = "csv";
  std::string file;
  std::string folder;  // the profile folder to write
  std::string as_of;
};
ExitCode run_prices_import(const Session& session, const ImportOptions& options);

// Writes the lock of the specs: at --lock, else where one is found from them upwards, else at the root of
// their repository, without one in their folder.
struct LockOptions {
  std::vector<std::string> specs;
};
ExitCode run_prices_lock(const Session& session, const LockOptions& options);

// A lock's rows against its list of digests, and against the profiles that it was made from where these are
// the program's.
struct VerifyOptions {
  std::string lock;  // empty: the one that is found from the working folder upwards
};
ExitCode run_prices_verify(const Session& session, const VerifyOptions& options);

// What another lock, or one written now, has differently.
struct LockDiffOptions {
  std::string before;  // empty: as above
  std::string after;   // empty: as `prices lock` would write it now
};
ExitCode run_prices_diff(const Session& session, const LockDiffOptions& options);

struct ConfigListOptions {
  bool show_origin = false;  // where each value is from
};
ExitCode run_config_list(const Session& session, const ConfigListOptions& options);
ExitCode run_config_get(const Session& session, const std::string& key);

// A script for bash, zsh or fish that asks the program what may follow.
ExitCode run_completion(const Session& session, const std::string& shell);

}  // namespace capplan
