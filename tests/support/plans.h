// Specs as text, planned.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <stdexcept>
#include <string>

#include "capplan/plan/plan.h"
#include "capplan/spec/load.h"
#include "support/catalogs.h"

namespace capplan::testing {

inline PlanSpec spec_of(const std::string& text) {
  const ReadFile no_files = [](const std::string& path) -> tl::expected<std::string, std::string> {
    return tl::unexpected("no file " + path);
  };
  auto loaded = load_spec("spec.yaml", "version: 1\n" + text, no_files);
  if (!loaded) throw std::runtime_error(messages(loaded.error()));
  return loaded->spec;
}

inline Plan plan_of(const PlanSpec& spec, const Catalog& catalog = builtin(),
                    const PlanSettings& settings = {}) {
  auto plan = make_plan(spec, catalog, settings);
  if (!plan) throw std::runtime_error(messages(plan.error()));
  return *plan;
}

inline Plan plan_of(const std::string& text, const Catalog& catalog, const PlanSettings& settings = {}) {
  return plan_of(spec_of(text), catalog, settings);
}

// Planned once: most of the time of tests goes there, and many of them look at the same plan.
inline const Plan& plan_of(const std::string& text) {
  static std::map<std::string, Plan> plans;
  const auto found = plans.find(text);
  return found != plans.end() ? found->second : plans.emplace(text, plan_of(spec_of(text))).first->second;
}

// The best plan of an option; nullptr where there is none.
inline const PlanOption* best_of(const Plan& plan, SupplyOption option) {
  for (const PlanOption& o : plan.options) {
    if (o.option == option) return &o;
  }
  return nullptr;
}

inline const PlanOption* find_plan(const Plan& plan, const std::string& part_of_id) {
  for (const PlanOption& o : plan.options) {
    if (o.id.find(part_of_id) != std::string::npos) return &o;
  }
  return nullptr;
}

inline bool has_violation(const PlanOption& option, const std::string& start) {
  for (const std::string& v : option.violations) {
    if (v.starts_with(start)) return true;
  }
  return false;
}

}  // namespace capplan::testing
