// The checks of plan/sanity.h by what they are about.
#pragma once

#include <string>
#include <string_view>

#include "plan/resolve.h"

namespace capplan {

// What the checks look at, and where they say what they found.
struct Doubts {
  const BoundSpec& spec;
  const Plan& plan;
  const Catalog& catalog;
  Diagnostics& warnings;

  // At the value of that path in the spec, or at what is around it.
  void warn(std::string_view path, std::string message, std::string hint) const;
};

// Of one workload, at its path "workloads[0]".
struct WorkloadDoubts : Doubts {
  const BoundWorkload& work;
  std::string path;

  const Workload& stated() const { return *work.workload; }
  void warn_at(std::string_view key, std::string message, std::string hint) const {
    warn(path + "." + std::string(key), std::move(message), std::move(hint));
  }
};

void check_money(const Doubts& doubts);
void check_setup_time(const Doubts& doubts);
void check_deadline(const WorkloadDoubts& doubts);
void check_data(const WorkloadDoubts& doubts);
void check_load(const WorkloadDoubts& doubts);

// Three digits, scaled as specs are: "1.23M", "4.5B", "0.08".
std::string rounded(double value);
// The best of the plans that can be carried out; nullptr where there is none.
const PlanOption* best_plan(const Plan& plan);

}  // namespace capplan
