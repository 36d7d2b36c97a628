// Locks: written, checked, and held against what is newer.
#include <ostream>
#include <set>

#include "cli/atomic_file.h"
#include "cli/commands.h"
#include "cli/lock_file.h"
#include "cli/plan_input.h"
#include "cli/repository.h"
#include "core/parallel.h"
#include "input/source_text.h"

namespace capplan {
namespace {

// What the program knows now: a lock of everything that `scope` names, with --profiles in it.
std::optional<Lock> lock_now(const Session& session, const Catalog& catalog, const LockScope& scope,
                             ExitCode& failure) {
  Lock lock = make_lock(catalog, builtin_profiles(), scope, CAPPLAN_VERSION);
  lock.overlay_folder = session.profiles_folder();
  if (lock.overlay_folder.empty()) return lock;
  auto files = read_profile_folder(lock.overlay_folder);
  if (!files) {
    session.err() << "capplan: " << files.error() << "\n";
    failure = ExitCode::kFile;
    return std::nullopt;
  }
  lock.overlay = std::move(*files);
  return lock;
}

std::string result_text(const PlanSpec& spec, const Catalog& catalog) {
  PlanSettings settings;
  settings.threads = usual_threads();
  const Result<Plan> plan = make_plan(spec, catalog, settings);
  RenderOptions options;
  options.all = true;
  return plan ? render(*plan, Format::kJson, options) : std::string();
}

// The specs that a lock is for, all read before anything is written.
class SpecsToLock {
 public:
  SpecsToLock(const Session& session, const Catalog& catalog) : session_(session), catalog_(catalog) {}

  ExitCode read(const std::vector<std::string>& paths) {
    ExitCode worst = ExitCode::kFine;
    for (const std::string& path : paths) worst = worse_of(worst, read_one(path));
    return worst;
  }

  LockScope scope() const {
    std::set<std::string> models, accelerators;
    bool all = false;
    for (const PlanSpec& spec : specs_) {
      const LockScope one = scope_of(spec, catalog_);
      models.insert(one.models.begin(), one.models.end());
      all = all || !one.accelerators;
      if (one.accelerators) accelerators.insert(one.accelerators->begin(), one.accelerators->end());
    }
    LockScope whole{{models.begin(), models.end()}, std::nullopt};
    if (!all) whole.accelerators.emplace(accelerators.begin(), accelerators.end());
    return whole;
  }

  // Whether every result under the lock is, byte for byte, the one without it.
  bool same_results(const std::string& file, const std::string& text) {
    const Result<ReadLock> read = read_lock(file, text);
    const Result<Catalog> locked =
        read && read->breaches.empty() ? locked_catalog(file, read->lock) : tl::unexpected(Diagnostics());
    if (!locked) return false;
    if (results_.empty()) {
      for (const PlanSpec& spec : specs_) results_.push_back(result_text(spec, catalog_));
    }
    for (std::size_t i = 0; i < specs_.size(); ++i) {
      if (result_text(specs_[i], *locked) != results_[i]) return false;
    }
    return true;
  }

 private:
  ExitCode read_one(const std::string& path) {
    const auto source = read_source(path, kYamlLimit);
    if (!source) {
      session_.report_file(source.error().path, source.error().reason);
      return ExitCode::kFile;
    }
    ReadSpec read = read_spec(source->name, source->text, reader_beside(path), catalog_.exchange_rates());
    if (has_errors(read.problems)) {
      session_.report(read.problems, source->text);
      return ExitCode::kInvalidContent;
    }
    if (const Diagnostics names = check_catalog_names(read.spec, catalog_); has_errors(names)) {
      session_.report(names, source->text);
      return ExitCode::kInvalidContent;
    }
    specs_.push_back(std::move(read.spec));
    return ExitCode::kFine;
  }

  const Session& session_;
  const Catalog& catalog_;
  std::vector<PlanSpec> specs_;
  std::vector<std::string> results_;
};

std::string lock_target(const Session& session, const std::string& spec) {
  if (!session.options().lock.empty()) return session.options().lock;
  const auto found = find_lock(spec);
  return shown_path(found.empty() ? confines_of_spec(spec) / kLockName : found);
}

std::string lock_to_read(const Session& session, const std::string& given) {
  if (!given.empty()) return given;
  const auto found = find_lock("-");
  if (found.empty())
    session.report_file(kLockName,
                        "there is none here or in a folder above; `capplan prices lock SPEC` writes one");
  return found.empty() ? std::string() : shown_path(found);
}

std::string change_text(const LockChange& change) {
  return std::string(lock_change_name(change.kind)) + ": `" + change.row + "`" +
         (change.column.empty() ? "" : ", " + change.column) +
         (change.before.empty() && change.after.empty() ? "" : ": " + change.before + " -> " + change.after);
}

}  // namespace

ExitCode run_prices_lock(const Session& session, const LockOptions& options) {
  const std::string target = lock_target(session, options.specs.front());
  ExitCode failure = ExitCode::kFine;
  const auto catalog = session.load_catalog(failure);
  if (!catalog) return failure;
  SpecsToLock specs(session, *catalog);
  if (const ExitCode read = specs.read(options.specs); read != ExitCode::kFine) return read;
  // Of pinned specs a part of the offers is enough; where it is not, all are held.
  const LockScope scope = specs.scope();
  std::optional<Lock> lock = lock_now(session, *catalog, scope, failure);
  if (!lock) return failure;
  if (scope.accelerators && !specs.same_results(target, lock_text(*lock)))
    lock = lock_now(session, *catalog, LockScope{scope.models, std::nullopt}, failure);
  if (!lock) return failure;
  const std::string text = lock_text(*lock);
  if (!specs.same_results(target, text)) {
    session.err() << "capplan: internal error: results under the lock would differ; nothing was written\n";
    return ExitCode::kInternal;
  }
  if (const auto written = write_file(target, text); !written) {
    session.report_file(target, written.error());
    return ExitCode::kFile;
  }
  if (!session.options().quiet)
    session.err() << "locked " << row_count(*lock) << " rows as of " << lock->as_of << " in " << target
                  << (lock->overlay.empty() ? "" : ", those of --profiles with them") << "\n";
  return ExitCode::kFine;
}

ExitCode run_prices_verify(const Session& session, const VerifyOptions& options) {
  const std::string path = lock_to_read(session, options.lock);
  if (path.empty()) return ExitCode::kFile;
  ExitCode failure = ExitCode::kFine;
  const auto lock = load_lock(session, path, failure);
  if (!lock) return failure;
  if (const Result<Catalog> held = locked_catalog(path, *lock); !held) {
    session.report(held.error(), "");
    return ExitCode::kInvalidContent;
  }
  const auto catalog = session.load_catalog(failure);
  if (!catalog) return failure;
  const bool known = catalog->sha256() == lock->catalog_sha256;
  if (known) {
    const auto now = lock_now(session, *catalog, lock->scope, failure);
    if (!now) return failure;
    const std::vector<LockChange> changes = lock_changes(*now, *lock);
    for (const LockChange& change : changes)
      session.err() << path << ": error: " << change_text(change) << "\n";
    if (!changes.empty()) return ExitCode::kPriceMissing;
  }
  return session.write(path + ": all " + std::to_string(row_count(*lock)) + " rows are as locked, as of " +
                       lock->as_of +
                       (known ? ", and as in this program's profiles\n"
                              : "; this program has other profiles (`capplan prices diff`)\n"));
}

ExitCode run_prices_diff(const Session& session, const LockDiffOptions& options) {
  const std::string path = lock_to_read(session, options.before);
  if (path.empty()) return ExitCode::kFile;
  ExitCode failure = ExitCode::kFine;
  const auto before = load_lock(session, path, failure);
  if (!before) return failure;
  std::optional<Lock> after;
  if (options.after.empty()) {
    const auto catalog = session.load_catalog(failure);
    if (catalog) after = lock_now(session, *catalog, before->scope, failure);
  } else {
    after = load_lock(session, options.after, failure);
  }
  if (!after) return failure;
  Listing listing{"price_changes",
                  {{"change", "CHANGE", false, 0},
                   {"row", "ROW", false, 0},
                   {"column", "COLUMN", false, 1},
                   {"before", "BEFORE", false, 0},
                   {"after", "AFTER", false, 0}},
                  {}};
  for (const LockChange& change : lock_changes(*before, *after)) {
    listing.rows.push_back({text_cell(lock_change_name(change.kind)), text_cell(change.row),
                            text_cell(change.column), text_cell(change.before), text_cell(change.after)});
  }
  return session.write(render(listing, session.format(), session.render_options()));
}

}  // namespace capplan
