// What every command that plans a spec begins with.
#pragma once

#include "capplan/plan/plan.h"
#include "capplan/spec/load.h"
#include "cli/long_work.h"
#include "cli/session.h"

namespace capplan {

struct PlanInput {
  PlanSpec spec;
  Catalog catalog;
  std::string text;      // of the spec, for carets
  Diagnostics warnings;  // about it
  std::string sha256;    // of the text and of the files that it names

  // Reports what a plan found wrong with it, warnings too.
  ExitCode refuse(const Session& session, const Diagnostics& problems) const;
  // Puts the warnings about the spec among those of its plan, by place, and reports them; those of the
  // profiles, which were reported when these were loaded, follow. Every command counts `diagnostics` so.
  void report_warnings(const Session& session, Diagnostics& of_plan) const;
};

// Files that a spec names are found from the spec's own folder, and nowhere outside its repository; without
// one, nowhere outside that folder.
ReadFile reader_beside(const std::string& spec);

// How every command plans: on all threads unless fewer are asked for, until it is interrupted.
PlanSettings plan_settings(const std::optional<int>& threads, LongWork& work);

// Reads the spec and the catalogue; nothing, with the code, after reporting what is wrong with them.
std::optional<PlanInput> read_plan_input(const Session& session, const std::string& path, ExitCode& failure);

}  // namespace capplan
