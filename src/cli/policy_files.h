// The policy that specs stand under, and the waivers beside it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "capplan/gate/policy.h"
#include "cli/session.h"

namespace capplan {

struct PolicyFiles {
  Policy policy;
  std::vector<Waiver> waivers;
};

// Of `file`, else of .capplan/policy.yaml at the root of the repository of `spec`, else the default one; its
// waivers are waivers.yaml in the same folder. Nothing, with the code, after reporting what is wrong in them.
std::optional<PolicyFiles> load_policy(const Session& session, const std::string& file,
                                       const std::string& spec, ExitCode& failure);

// `name` in .capplan at the root of the repository of `spec`, without one in the spec's folder.
std::string policy_path(const std::string& spec, const std::string& name);

}  // namespace capplan
