// The catalogue that a spec is priced by: of its lock where it has one, else of the binary and --profiles.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "capplan/catalog/lock.h"
#include "capplan/spec/plan_spec.h"
#include "cli/session.h"

namespace capplan {

struct SpecCatalog {
  Catalog catalog;
  std::string lock;              // path of the lock, as it is shown; empty: none
  LockScope scope;               // of the lock
  Assumptions assumptions = {};  // what nobody said on the command line, and every result says

  // What the spec asks for and the lock does not hold, in words; empty where nothing is lacking. Names that
  // no catalogue has are left to the plan.
  std::string lacks(const PlanSpec& spec) const;
};

// The path of the lock that a spec stands under: --lock, else the one that is found from the spec upwards;
// empty for none, and with --no-lock.
std::string lock_of(const Session& session, const std::string& spec);

// Reads a lock and reports what is wrong with it; nothing, with the code, where its rows are not the listed
// ones (6), or it does not read (3, 7).
std::optional<Lock> load_lock(const Session& session, const std::string& path, ExitCode& failure);

// The same of a lock's text, with the catalogue that it holds.
std::optional<SpecCatalog> catalog_of_lock(const Session& session, const std::string& path,
                                           const std::string& text, ExitCode& failure);

// Of specs that stand under one lock, or under none.
std::optional<SpecCatalog> load_catalog_of(const Session& session, const std::vector<std::string>& specs,
                                           ExitCode& failure);

// What a lock must hold for a spec: its presets, and the accelerators of its pins where every workload has
// one.
LockScope scope_of(const PlanSpec& spec, const Catalog& catalog);

}  // namespace capplan
