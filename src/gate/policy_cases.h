// Tests of a policy: figures of a spec before and after a change, and what the policy must find in them.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "capplan/gate/check.h"

namespace capplan {

using Expected = std::set<std::pair<Level, std::string>>;  // ids of rules

struct PolicyCase {
  std::string name;
  SpecDiff diff;
  bool has_base = true;
  Expected expected;
  Location place;
};

struct PolicyCases {
  std::string policy = "policy.yaml";  // path from the file of the cases
  std::string as_of;                   // ISO date; empty: not stated
  std::vector<PolicyCase> cases;
};

Result<PolicyCases> read_policy_cases(const std::string& file, const std::string& text);
std::string policy_cases_json_schema();

struct CaseResult {
  Expected missing;
  std::vector<Finding> unexpected;

  bool passed() const { return missing.empty() && unexpected.empty(); }
};

// Rules that cases name and the policy does not have, and ages without a date: in the file of the cases.
Diagnostics check_cases(const PolicyCases& cases, const Policy& policy);
CaseResult run_case(const PolicyCase& one, const Policy& policy, const std::string& as_of);

}  // namespace capplan
