#include "capplan/spec/load.h"

#include <algorithm>
#include <set>

#include "input/json_schema.h"
#include "input/schema.h"
#include "input/yaml.h"
#include "spec/read_workload.h"
#include "spec/spec_fields.h"

namespace capplan {
namespace {

NameFilter read_filter(const Section& section) {
  if (!section) return {};
  return {section.texts("allow"), section.texts("deny")};
}

Constraints read_constraints(const Section& in) {
  Constraints c;
  if (!in) return c;
  c.budget = in.usd("budget");
  c.max_accelerators = in.number("max_accelerators");
  c.providers = read_filter(in.section("providers"));
  c.regions = read_filter(in.section("regions"));
  c.accelerators = read_filter(in.section("accelerators"));
  c.purchases = in.texts("purchases");
  c.platforms = in.texts("platforms");
  c.options = in.texts("options");
  if (const Section data = in.section("data"))
    c.data_may_leave_site = data.flag("may_leave_site").value_or(true);
  return c;
}

PlanSpec read_top(const Section& in) {
  PlanSpec spec;
  spec.name = in.text("name").value_or("");
  spec.currency = in.text("currency").value_or("USD");
  spec.horizon = in.duration("horizon");
  if (const auto objective = in.text("objective")) spec.objective = find_objective(*objective);
  spec.discount_rate = in.number("discount_rate");
  spec.constraints = read_constraints(in.section("constraints"));
  if (const Section site = in.section("site"))
    spec.site = {site.text("profile"), site.number("shared"), site.location("profile")};
  return spec;
}

void check_names(const PlanSpec& spec, Diagnostics& problems) {
  std::set<std::string> seen;
  for (const Workload& w : spec.workloads) {
    if (!w.name.empty() && !seen.insert(w.name).second)
      problems.push_back({Severity::kError, w.location, "two workloads are named `" + w.name + "`", ""});
  }
}

// Keys of a wrong form would each be reported as unknown: say instead which form the file mixes.
bool mixes_forms(const YamlNode& root, Diagnostics& problems) {
  const YamlNode* workloads = root.find("workloads");
  if (workloads == nullptr || root.find("model") == nullptr) return false;
  problems.push_back(
      {Severity::kError, workloads->location,
       "`workloads` and `model` together: a spec has one workload at the top level, or a list of them",
       "move `model` and what belongs to it into a workload"});
  return true;
}

}  // namespace

Result<LoadedSpec> load_spec(const std::string& name, const std::string& text, const ReadFile& read_file) {
  const Result<YamlNode> root = parse_yaml({name, text});
  if (!root) return tl::unexpected(root.error());
  Diagnostics problems;
  LoadedSpec loaded;
  if (root->kind == YamlNode::Kind::kMap && !mixes_forms(*root, problems)) {
    const bool full = root->find("workloads") != nullptr;
    const auto fields = full ? full_form_fields() : short_form_fields();
    check_fields(*root, fields, "", problems);
    const Section top(*root, fields);
    loaded.spec = read_top(top);
    if (full) {
      for (const Section& section : top.sections("workloads"))
        loaded.spec.workloads.push_back(read_workload(section, read_file, problems));
    } else {
      Workload workload = read_workload(top, read_file, problems);
      workload.name = loaded.spec.name.empty() ? "workload" : loaded.spec.name;
      loaded.spec.workloads.push_back(std::move(workload));
    }
    check_names(loaded.spec, problems);
  } else if (problems.empty()) {
    problems.push_back({Severity::kError, root->location,
                        "a spec is a mapping of keys such as `version`, `name` and `model`",
                        "`capplan init` writes one to start from"});
  }
  sort_by_location(problems);
  if (has_errors(problems)) return tl::unexpected(std::move(problems));
  loaded.spec.file = name;
  loaded.warnings = std::move(problems);
  return loaded;
}

std::string spec_json_schema() {
  return json_schema("capplan workload spec, version 1", {short_form_fields(), full_form_fields()});
}

}  // namespace capplan
