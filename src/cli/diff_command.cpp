// What changed in cost and why: two specs or results, or the working tree against a commit.
#include <algorithm>
#include <filesystem>
#include <ostream>

#include "cli/commands.h"
#include "cli/diff_sides.h"
#include "cli/plan_input.h"
#include "cli/repository.h"
#include "core/text.h"
#include "input/source_text.h"
#include "report/diff_report.h"

namespace capplan {
namespace {

namespace fs = std::filesystem;

// A side that is named on the command line: a spec, or the JSON result of an earlier estimate.
struct NamedSide {
  std::optional<PricedSpec> spec;
  std::optional<Outcome> result;
};

bool is_result(const std::string& text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string::npos && text[first] == '{' && text.find("\"schema\"") != std::string::npos;
}

std::optional<Outcome> load_result(const Session& session, const std::string& path, const std::string& text,
                                   ExitCode& failure) {
  Result<Outcome> result = read_result(path, text);
  if (result) return std::move(*result);
  session.report(result.error(), text);
  failure = ExitCode::kInvalidContent;
  return std::nullopt;
}

class Differ {
 public:
  Differ(const Session& session, const DiffOptions& options)
      : session_(session),
        options_(options),
        work_(session.err(), session.options().quiet, "comparing"),
        settings_(plan_settings(options.threads, work_)),
        now_(session) {}

  // Two specs, two results, or one of each.
  ExitCode compare_named() {
    ExitCode failure = ExitCode::kFine;
    const auto base = read_named(options_.specs[0], failure);
    const auto head = read_named(options_.specs[1], failure);
    if (!base || !head) return failure;
    if (base->spec && head->spec) {
      add(*base->spec, *head->spec);
    } else {
      const auto before = result_of(*base), after = result_of(*head);
      if (!before || !after) return code_;
      diff_.specs.push_back(diff_results(*before, *after, options_.specs[1]));
    }
    return finish(options_.specs[0] + " → " + options_.specs[1]);
  }

  ExitCode compare_with_commit() {
    ExitCode failure = ExitCode::kFine;
    const fs::path from = folder_of_spec(options_.specs.empty() ? "-" : options_.specs.front());
    auto base = BaseCommit::open(session_, from, options_.base, failure);
    if (!base) return failure;
    const auto paths = paths_of(session_, *base, options_.specs, failure);
    if (!paths) return failure;
    if (paths->empty()) session_.err() << "capplan: there is no spec in the repository\n";
    for (const std::string& path : *paths) compare_path(*base, path);
    return finish(options_.base + " → working tree");
  }

 private:
  std::optional<NamedSide> read_named(const std::string& path, ExitCode& failure) {
    const auto source = read_source(path, kResultLimit);
    if (!source) {
      session_.report_file(source.error().path, source.error().reason);
      failure = worse_of(failure, ExitCode::kFile);
      return std::nullopt;
    }
    ExitCode own = ExitCode::kFine;
    NamedSide side;
    if (is_result(source->text)) {
      side.result = load_result(session_, path, source->text, own);
    } else {
      side.spec = now_.read(path, own);
    }
    failure = own == ExitCode::kUsage ? own : worse_of(failure, own);
    return side.spec || side.result ? std::optional(std::move(side)) : std::nullopt;
  }

  // A spec beside a result is estimated now, and rounded as a result is.
  std::optional<Outcome> result_of(const NamedSide& side) {
    if (side.result) return side.result;
    const Catalog& prices = side.spec->prices->catalog;
    const SpecPair pair{std::nullopt, side.spec->spec, prices, prices};
    Result<SpecDiff> diff = diff_specs(pair, settings_, CAPPLAN_VERSION);
    if (!diff) return fail(diff.error(), side.spec->spec), std::nullopt;
    return recorded(*diff->head);
  }

  void compare_path(BaseCommit& base, const std::string& path) {
    ExitCode failure = ExitCode::kFine;
    const auto sides = read_sides(session_, base, now_, path, failure);
    wrong_usage_ = wrong_usage_ || failure == ExitCode::kUsage;
    code_ = worse_of(code_, failure);
    if (sides) add(sides->base, sides->head);
  }

  void add(const std::optional<PricedSpec>& base, const std::optional<PricedSpec>& head) {
    const PricedSpec& one = head ? *head : *base;
    SpecPair pair{std::nullopt, std::nullopt, (base ? *base : one).prices->catalog, one.prices->catalog};
    if (base) pair.base = base->spec;
    if (head) pair.head = head->spec;
    if (base) pair.base_lacks = [&](const PlanSpec& spec) { return base->prices->lacks(spec); };
    if (head && lacks_prices(session_, *head)) {
      code_ = worse_of(code_, ExitCode::kPriceMissing);
      return;
    }
    if (!options_.recorded.empty() && !take_recorded(pair)) return;
    Result<SpecDiff> diff = diff_specs(pair, settings_, CAPPLAN_VERSION);
    if (!diff) return fail(diff.error(), base ? base->spec : one.spec, one.spec);
    if (!diff->proven) interrupted_ = true;
    for (const Assumption& a : one.prices->assumptions)
      diff->notes.push_back(a.path + " = " + a.value + " — " + a.source);
    if (diff->head && !diff->head->feasible) code_ = worse_of(code_, ExitCode::kNothingFeasible);
    diff_.specs.push_back(std::move(*diff));
  }

  bool take_recorded(SpecPair& pair) {
    const auto source = read_source(options_.recorded, kResultLimit);
    ExitCode failure = ExitCode::kFine;
    if (source) {
      pair.recorded = load_result(session_, options_.recorded, source->text, failure);
    } else {
      session_.report_file(source.error().path, source.error().reason);
      failure = ExitCode::kFile;
    }
    code_ = worse_of(code_, failure);
    return pair.recorded.has_value();
  }

  void fail(const Diagnostics& problems, const SpecSide& one, const std::optional<SpecSide>& other = {}) {
    for (const Diagnostic& problem : problems) {
      const bool of_other = other && problem.location.file == other->file;
      session_.report({problem}, of_other ? other->text : one.text);
    }
    code_ = worse_of(code_, ExitCode::kInvalidContent);
  }

  ExitCode finish(const std::string& what) {
    const DiffFormat format = find_diff_format(session_.options().format).value_or(DiffFormat::kTable);
    if (wrong_usage_) return ExitCode::kUsage;
    if (diff_.specs.empty() && code_ != ExitCode::kFine) return code_;
    const ExitCode written = session_.write(render(diff_, what, format, session_.render_options()));
    return written != ExitCode::kFine ? written : interrupted_ ? ExitCode::kInterrupted : code_;
  }

  const Session& session_;
  const DiffOptions& options_;
  LongWork work_;
  PlanSettings settings_;
  WorkingTree now_;
  Diff diff_;
  ExitCode code_ = ExitCode::kFine;
  bool interrupted_ = false;
  bool wrong_usage_ = false;
};

std::string wrong_usage(const DiffOptions& options) {
  if (options.base.empty() && options.specs.size() != 2)
    return "diff takes two specs or results, or --base REV and specs";
  if (!options.recorded.empty() && !options.base.empty() && options.specs.size() != 1)
    return "--recorded is the result of one spec: name it";
  if (std::count(options.specs.begin(), options.specs.end(), "-") > 1)
    return "standard input can be one side only";
  return {};
}

}  // namespace

ExitCode run_diff(const Session& session, const DiffOptions& options) {
  if (const std::string problem = wrong_usage(options); !problem.empty()) {
    session.err() << "capplan: " << problem << "\ntry `capplan diff --help`\n";
    return ExitCode::kUsage;
  }
  Differ differ(session, options);
  return options.base.empty() ? differ.compare_named() : differ.compare_with_commit();
}

}  // namespace capplan
