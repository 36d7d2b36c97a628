// The cost gate: specs, and what changed in them since a commit, held against a policy.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <ostream>

#include "capplan/gate/check.h"
#include "cli/atomic_file.h"
#include "cli/commands.h"
#include "cli/diff_sides.h"
#include "cli/plan_input.h"
#include "cli/policy_files.h"
#include "cli/repository.h"
#include "core/number_text.h"
#include "core/parallel.h"
#include "core/text.h"
#include "report/check_report.h"

namespace capplan {
namespace {

namespace fs = std::filesystem;

class Checker {
 public:
  Checker(const Session& session, const CheckOptions& options)
      : session_(session), options_(options), now_(session) {
    check_.input.has_base = !options.base.empty();
    check_.input.whole_repository = options.specs.empty();
    check_.input.warn_as_deny = options.warn_as_deny;
  }

  ExitCode run() {
    const std::string first = options_.specs.empty() ? "-" : options_.specs.front();
    ExitCode failure = ExitCode::kFine;
    auto files = load_policy(session_, options_.policy, first, failure);
    if (!files) return give_up(failure);
    check_.input.policy = std::move(files->policy);
    check_.input.waivers = std::move(files->waivers);
    failure = check_.input.has_base ? read_both() : read_heads();
    if (failure == ExitCode::kUsage || failure == ExitCode::kFile) {
      if (sides_.empty() && check_.unjudged.empty()) return give_up(failure);
    }
    if (wrong_usage_) return ExitCode::kUsage;
    price();
    if (interrupted_) return ExitCode::kInterrupted;
    if (!set_date(first, failure)) return give_up(failure);
    check_.findings = judge(check_.input);
    return finish();
  }

 private:
  // Nothing could be judged: a pipeline that reads the last line still finds it.
  ExitCode give_up(ExitCode code) const {
    if (code != ExitCode::kUsage) session_.err() << "capplan: verdict=error rules=- delta=-\n";
    return code;
  }

  ExitCode read_heads() {
    for (const std::string& spec : options_.specs) {
      ExitCode failure = ExitCode::kFine;
      const fs::path path = folder_of_spec(spec) / fs::path(spec).filename();
      auto head = now_.read(spec, failure);
      take({path.lexically_relative(confines_of_spec(spec)).generic_string(), std::nullopt, std::move(head)},
           spec, failure);
    }
    return code_;
  }

  ExitCode read_both() {
    ExitCode failure = ExitCode::kFine;
    base_ = BaseCommit::open(session_, folder_of_spec(options_.specs.empty() ? "-" : options_.specs.front()),
                             options_.base, failure);
    if (!base_) return failure;
    const auto paths = paths_of(session_, *base_, options_.specs, failure);
    if (!paths) return failure;
    if (paths->empty()) session_.err() << "capplan: there is no spec in the repository\n";
    for (const std::string& path : *paths) {
      ExitCode own = ExitCode::kFine;
      auto sides = read_sides(session_, *base_, now_, path, own);
      take(sides ? std::move(*sides) : PathSides{path, std::nullopt, std::nullopt},
           shown_path(base_->root() / path), own);
    }
    return code_;
  }

  void take(PathSides sides, const std::string& shown, ExitCode failure) {
    if (failure == ExitCode::kFine && sides.head && lacks_prices(session_, *sides.head))
      failure = ExitCode::kPriceMissing;
    wrong_usage_ = wrong_usage_ || failure == ExitCode::kUsage;
    code_ = worse_of(code_, failure);
    if (failure == ExitCode::kFine && (sides.base || sides.head)) {
      sides_.push_back(std::move(sides));
    } else {
      check_.unjudged.push_back(printable(shown));
    }
  }

  // Every spec on a thread of its own; what they say comes in their order.
  void price() {
    LongWork work(session_.err(), session_.options().quiet, "checking", static_cast<double>(sides_.size()));
    PlanSettings all = plan_settings(options_.threads, work);
    all.winner_alone = true;
    PlanSettings each = all;
    if (sides_.size() > 1) each.threads = 1;
    std::vector<std::optional<Result<SpecDiff>>> diffs(sides_.size());
    const bool changes_alone = check_.input.has_base && asks_of_changes_alone(check_.input.policy);
    parallel_for(sides_.size(), all.threads, [&](std::size_t i) {
      if (changes_alone && is_untouched(sides_[i])) {
        each.monitor->advance(1);
      } else {
        diffs[i] = compare(sides_[i], each);
      }
    });
    for (std::size_t i = 0; i < diffs.size(); ++i) {
      if (!diffs[i]) {
        check_.input.untouched.push_back(sides_[i].path);
      } else if (*diffs[i]) {
        add(std::move(**diffs[i]), sides_[i].path);
      } else {
        refuse(diffs[i]->error(), sides_[i]);
      }
    }
  }

  // The same spec, named files and prices on both sides, and nothing wrong that could be found without
  // pricing.
  static bool is_untouched(const PathSides& sides) {
    if (!sides.base || !sides.head || sides.base->spec.text != sides.head->spec.text) return false;
    const Catalog& prices = sides.head->prices->catalog;
    if (sides.base->prices->catalog.sha256() != prices.sha256()) return false;
    const SpecSide& head = sides.head->spec;
    const ReadSpec read = read_spec(head.file, head.text, head.read_file, prices.exchange_rates());
    return !has_errors(read.problems) && !has_errors(check_catalog_names(read.spec, prices)) &&
           spec_digest(sides.base->spec) == spec_digest(head);
  }

  static Result<SpecDiff> compare(const PathSides& sides, const PlanSettings& settings) {
    const PricedSpec& one = sides.head ? *sides.head : *sides.base;
    SpecPair pair{std::nullopt, std::nullopt, (sides.base ? *sides.base : one).prices->catalog,
                  one.prices->catalog};
    if (sides.base) pair.base = sides.base->spec;
    if (sides.head) pair.head = sides.head->spec;
    if (sides.base) pair.base_lacks = [&](const PlanSpec& spec) { return sides.base->prices->lacks(spec); };
    Result<SpecDiff> diff = diff_specs(pair, settings, CAPPLAN_VERSION);
    if (diff) drop_other_plans(*diff);
    return diff;
  }

  // Hundreds a spec, and nothing here asks for them.
  static void drop_other_plans(SpecDiff& diff) {
    for (auto* side : {&diff.base, &diff.head, &diff.base_now, &diff.head_at_base}) {
      if (*side) (*side)->by_plan.clear();
    }
  }

  void add(SpecDiff diff, const std::string& path) {
    interrupted_ = interrupted_ || !diff.proven;
    if (!session_.options().quiet && diff.head && !diff.head->feasible && diff.head_at_base->feasible)
      session_.err() << "capplan: " << printable(diff.file)
                     << ": nothing is feasible at its own prices (rules judge that with `prices: head`)\n";
    check_.input.diff.specs.push_back(std::move(diff));
    check_.input.paths.push_back(path);
  }

  void refuse(const Diagnostics& problems, const PathSides& sides) {
    for (const Diagnostic& problem : problems) {
      const bool of_base = sides.base && problem.location.file == sides.base->spec.file;
      session_.report({problem}, (of_base || !sides.head ? sides.base : sides.head)->spec.text);
    }
    code_ = worse_of(code_, ExitCode::kInvalidContent);
    check_.unjudged.push_back(printable((sides.head ? sides.head : sides.base)->spec.file));
  }

  // The last commit's, so that the verdict follows from the tree alone; outside a repository the newest
  // price's.
  bool set_date(const std::string& first, ExitCode& failure) {
    CheckInput& input = check_.input;
    input.as_of = options_.as_of;
    if (!input.as_of.empty() || !needs_date(input.policy, input.waivers)) return true;
    const fs::path root = repository_of(folder_of_spec(first));
    if (root.empty()) {
      for (const PathSides& sides : sides_)
        input.as_of = std::max(input.as_of,
                               std::string((sides.head ? sides.head : sides.base)->prices->catalog.as_of()));
      return true;
    }
    const auto git = Git::open(root);
    const auto commit =
        git ? git->commit("HEAD") : tl::expected<std::string, std::string>(tl::unexpect, git.error());
    const auto day = commit ? git->date(*commit) : commit;
    if (day) {
      input.as_of = *day;
    } else {
      session_.err() << "capplan: the date of the last commit: " << day.error() << "; give --as-of\n";
      failure = ExitCode::kFile;
    }
    return day.has_value();
  }

  ExitCode verdict_code() const {
    ExitCode code = ExitCode::kFine;
    for (const SpecDiff& spec : check_.input.diff.specs) {
      const auto& head = spec.head_at_base ? spec.head_at_base : spec.head;
      if (head && !head->feasible && !tolerates_infeasible(check_, spec)) code = ExitCode::kNothingFeasible;
    }
    if (std::any_of(check_.findings.begin(), check_.findings.end(),
                    [](const Finding& f) { return f.counts_as(Level::kDeny); }))
      code = worse_of(code, ExitCode::kPolicyViolated);
    return options_.exit_zero ? ExitCode::kFine : code;
  }

  ExitCode finish() {
    const CheckFormat format = find_check_format(session_.options().format).value_or(CheckFormat::kTable);
    const std::string what = check_.input.has_base ? options_.base + " → working tree" : "";
    const RenderOptions render_options = session_.render_options();
    ExitCode code = worse_of(code_, verdict_code());
    const ExitCode written = session_.write(render(check_, what, format, render_options));
    if (written != ExitCode::kFine) code = worse_of(code, written);
    if (!options_.json.empty()) code = worse_of(code, write_json(what, render_options));
    if (format == CheckFormat::kGithub) {
      code = worse_of(
          code, append("GITHUB_STEP_SUMMARY", render(check_, what, CheckFormat::kMarkdown, render_options)));
      code = worse_of(code, append("GITHUB_OUTPUT", github_outputs(check_)));
    }
    session_.err() << machine_line(check_) << "\n";
    return code;
  }

  ExitCode write_json(const std::string& what, const RenderOptions& options) const {
    const auto written = write_file(options_.json, render(check_, what, CheckFormat::kJson, options));
    if (written) return ExitCode::kFine;
    session_.report_file(options_.json, written.error());
    return ExitCode::kFile;
  }

  // To the file that a variable of the runner names; nothing where it names none.
  ExitCode append(const char* variable, const std::string& text) const {
    const char* path = std::getenv(variable);
    if (path == nullptr || *path == '\0') return ExitCode::kFine;
    std::ofstream file(path, std::ios::binary | std::ios::app);
    file << text << std::flush;
    if (file) return ExitCode::kFine;
    session_.report_file(path, "cannot be written");
    return ExitCode::kFile;
  }

  const Session& session_;
  const CheckOptions& options_;
  WorkingTree now_;
  std::optional<BaseCommit> base_;
  std::vector<PathSides> sides_;
  Check check_;
  ExitCode code_ = ExitCode::kFine;
  bool interrupted_ = false;
  bool wrong_usage_ = false;
};

std::string wrong_usage(const CheckOptions& options) {
  if (options.specs.empty() && options.base.empty())
    return "check takes specs, or --base REV for all of the repository";
  if (!options.as_of.empty() && !is_iso_date(options.as_of))
    return "--as-of takes a date such as 2026-11-15, not `" + printable(options.as_of) + "`";
  return {};
}

}  // namespace

ExitCode run_check(const Session& session, const CheckOptions& options) {
  if (const std::string problem = wrong_usage(options); !problem.empty()) {
    session.err() << "capplan: " << problem << "\ntry `capplan check --help`\n";
    return ExitCode::kUsage;
  }
  return Checker(session, options).run();
}

}  // namespace capplan
