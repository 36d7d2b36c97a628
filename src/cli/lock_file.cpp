#include "cli/lock_file.h"

#include <algorithm>
#include <ostream>
#include <set>

#include "cli/repository.h"
#include "input/source_text.h"

namespace capplan {
namespace {

constexpr std::size_t kMostShown = 20;  // breaches of one lock

void report_breaches(const Session& session, const std::string& path, const ReadLock& read) {
  const std::size_t shown = std::min(read.breaches.size(), kMostShown);
  for (std::size_t i = 0; i < shown; ++i) {
    const LockBreach& breach = read.breaches[i];
    session.err() << path << ":" << breach.line << ":1: error: `" << breach.row << "` "
                  << lock_breach_name(breach.kind) << "\n";
  }
  if (shown < read.breaches.size())
    session.err() << path << ": " << read.breaches.size() - shown << " more rows are not the locked ones\n";
}

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

LockScope scope_of(const PlanSpec& spec, const Catalog& catalog) {
  std::set<std::string> models, accelerators;
  bool all = false;
  for (const Workload& workload : spec.workloads) {
    if (workload.model.preset) {
      for (const Text id : catalog.match_model(*workload.model.preset).ids) models.emplace(id);
    }
    const auto pinned = workload.pin.accelerator ? catalog.match_accelerator(*workload.pin.accelerator).ids
                                                 : std::vector<Text>();
    all = all || pinned.empty();
    for (const Text id : pinned) accelerators.emplace(id);
  }
  LockScope scope{{models.begin(), models.end()}, std::nullopt};
  if (!all) scope.accelerators.emplace(accelerators.begin(), accelerators.end());
  return scope;
}

std::string SpecCatalog::lacks(const PlanSpec& spec) const {
  if (lock.empty()) return {};
  const auto says = [&](const std::string& what) {
    return lock + " holds no " + what + " of " + spec.file + ": lock anew with `capplan prices lock " +
           spec.file + "`";
  };
  for (const Workload& workload : spec.workloads) {
    if (!workload.model.preset || !catalog.match_model(*workload.model.preset).ids.empty()) continue;
    if (!builtin_catalog().match_model(*workload.model.preset).ids.empty())
      return says("model `" + *workload.model.preset + "`");
  }
  if (!scope.accelerators) return {};
  const LockScope needed = scope_of(spec, catalog);
  if (!needed.accelerators) return says("offers but those of pinned accelerators, and not all are pinned");
  for (const std::string& id : *needed.accelerators) {
    if (!contains(*scope.accelerators, id)) return says("offer for the accelerator `" + id + "`");
  }
  return {};
}

std::string lock_of(const Session& session, const std::string& spec) {
  if (session.options().no_lock) return {};
  if (!session.options().lock.empty()) return session.options().lock;
  const auto found = find_lock(spec);
  return found.empty() ? std::string() : shown_path(found);
}

namespace {

std::optional<Lock> checked_lock(const Session& session, const std::string& path, const std::string& text,
                                 ExitCode& failure) {
  Result<ReadLock> read = read_lock(path, text);
  if (!read) {
    session.report(read.error(), text);
    failure = ExitCode::kInvalidContent;
    return std::nullopt;
  }
  if (!read->breaches.empty()) {
    report_breaches(session, path, *read);
    failure = ExitCode::kPriceMissing;
    return std::nullopt;
  }
  return std::move(read->lock);
}

std::optional<std::string> read_lock_file(const Session& session, const std::string& path,
                                          ExitCode& failure) {
  auto source = read_source(path, kLockLimit);
  if (source) return std::move(source->text);
  session.report_file(source.error().path, source.error().reason);
  failure = ExitCode::kFile;
  return std::nullopt;
}

}  // namespace

std::optional<Lock> load_lock(const Session& session, const std::string& path, ExitCode& failure) {
  const auto text = read_lock_file(session, path, failure);
  return text ? checked_lock(session, path, *text, failure) : std::nullopt;
}

std::optional<SpecCatalog> catalog_of_lock(const Session& session, const std::string& path,
                                           const std::string& text, ExitCode& failure) {
  const std::optional<Lock> lock = checked_lock(session, path, text, failure);
  if (!lock) return std::nullopt;
  Result<Catalog> catalog = locked_catalog(path, *lock);
  for (const Diagnostic& problem : catalog ? catalog->warnings() : catalog.error())
    session.report({problem}, "");
  if (!catalog) {
    failure = ExitCode::kInvalidContent;
    return std::nullopt;
  }
  if (lock->engine != CAPPLAN_VERSION && !session.options().quiet)
    session.err() << "capplan: " << path << " was written by version " << lock->engine << ", this is "
                  << CAPPLAN_VERSION << ": prices are the locked ones, the arithmetic is not\n";
  return SpecCatalog{std::move(*catalog), path, lock->scope};
}

std::optional<SpecCatalog> load_catalog_of(const Session& session, const std::vector<std::string>& specs,
                                           ExitCode& failure) {
  const std::string path = lock_of(session, specs.front());
  for (const std::string& spec : specs) {
    if (lock_of(session, spec) == path) continue;
    session.err() << "capplan: " << specs.front() << " and " << spec
                  << " stand under different locks: give --lock or --no-lock\n";
    failure = ExitCode::kUsage;
    return std::nullopt;
  }
  if (path.empty()) {
    auto catalog = session.load_catalog(failure);
    if (!catalog) return std::nullopt;
    return SpecCatalog{std::move(*catalog), "", {}, session.configured_profiles()};
  }
  if (!session.options().profiles.empty()) {
    session.err() << "capplan: " << path << " says what everything costs, and --profiles would too: give "
                  << "--no-lock, or lock them with `capplan prices lock --profiles`\n";
    failure = ExitCode::kUsage;
    return std::nullopt;
  }
  const auto text = read_lock_file(session, path, failure);
  return text ? catalog_of_lock(session, path, *text, failure) : std::nullopt;
}

}  // namespace capplan
