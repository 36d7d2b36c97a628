#include "capplan/spec/load.h"

#include <algorithm>
#include <set>

#include "core/number_text.h"
#include "core/text.h"
#include "input/distribution_value.h"
#include "input/json_schema.h"
#include "input/schema.h"
#include "input/yaml.h"
#include "spec/changes.h"
#include "spec/cost_fields.h"
#include "spec/places.h"
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
  c.budget_per_month = in.usd("budget_per_month");
  for (const Section& quota : in.sections("quotas"))
    c.quotas.push_back({quota.text("provider").value_or(""), quota.number("accelerators").value_or(0)});
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

PlanSpec read_top(const Section& in, Diagnostics& problems) {
  PlanSpec spec;
  spec.name = in.text("name").value_or("");
  spec.currency = in.text("currency").value_or("USD");
  spec.horizon = in.duration("horizon");
  if (const auto objective = in.text("objective")) spec.objective = find_objective(*objective);
  spec.finance = read_finance(in, problems);
  spec.carbon_price = in.quantity<Dim{.usd = 1, .gram = -1}>("carbon_price");
  spec.constraints = read_constraints(in.section("constraints"));
  spec.site = read_site(in.section("site"), problems);
  spec.operations = read_operations(in.section("operations"));
  return spec;
}

void assume_rate(PlanSpec& spec, const ExchangeRate& rate) {
  if (rate.currency == "USD") return;
  add_assumption(spec.assumptions, {"exchange." + std::string(rate.currency), plain_number(rate.usd) + " USD",
                                    std::string(rate.source) + ", as of " + std::string(rate.as_of)});
}

// Which currencies there are is in the profiles, and no list of names.
void check_currency(const Section& in, const ExchangeRates& rates, ReadSpec& read) {
  const std::string& currency = read.spec.currency;
  if (const ExchangeRate* rate = rates.find(currency)) {
    assume_rate(read.spec, *rate);
    return;
  }
  const std::vector<std::string_view> known = rates.currencies();
  const std::string_view near = nearest_name(currency, known);
  read.problems.push_back(
      {Severity::kError, in.location("currency"),
       "`currency`: expected one of " + join(known) + ", found `" + currency.substr(0, 60) + "`",
       near.empty() ? "" : "did you mean `" + std::string(near) + "`?"});
}

void check_names(const PlanSpec& spec, Diagnostics& problems) {
  std::set<std::string> seen;
  for (const Workload& w : spec.workloads) {
    if (!w.name.empty() && !seen.insert(w.name).second)
      problems.push_back({Severity::kError, w.location, "two workloads are named `" + w.name + "`", ""});
  }
}

// A name that breaks a line, or goes back to its beginning, would write over what stands beside it.
void refuse_line_ends(const YamlNode& node, Diagnostics& problems) {
  if (node.scalar.find_first_of("\t\r\n") != std::string::npos)
    problems.push_back(
        {Severity::kError, node.location, "a value of a spec stands on one line, without tabs", ""});
  for (const YamlNode& item : node.items) refuse_line_ends(item, problems);
  for (const auto& [key, value] : node.members) {
    refuse_line_ends(key, problems);
    refuse_line_ends(value, problems);
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

void read_forms(const YamlNode& root, const ReadFile& read_file, const ExchangeRates& rates, ReadSpec& read) {
  const bool full = root.find("workloads") != nullptr;
  const auto fields = full ? full_form_fields() : short_form_fields();
  refuse_line_ends(root, read.problems);
  std::vector<UncertainFigure> uncertain;
  const std::vector<ExchangeRate> used = check_fields(root, fields, "", read.problems, rates, &uncertain);
  const Section top(root, fields, rates);
  const std::string file = read.spec.file;
  read.spec = read_top(top, read.problems);
  read.spec.file = file;
  read.spec.uncertain = std::move(uncertain);
  for (const ExchangeRate& rate : used) assume_rate(read.spec, rate);
  check_currency(top, rates, read);
  if (full) {
    for (const Section& section : top.sections("workloads"))
      read.spec.workloads.push_back(read_workload(section, read_file, read.problems));
    return;
  }
  Workload workload = read_workload(top, read_file, read.problems);
  workload.name = read.spec.name.empty() ? "workload" : read.spec.name;
  read.spec.workloads.push_back(std::move(workload));
}

// The document outlives its file: it is read anew for every draw.
SpecAtQuantiles reader_at_quantiles(const YamlNode& document, const ReadFile& read_file,
                                    const ExchangeRates& rates, const PlanSpec& spec) {
  std::vector<std::string> paths;
  for (const UncertainFigure& u : spec.uncertain) paths.push_back(u.path);
  return [document, read_file, rates, paths, file = spec.file](const std::vector<double>& probabilities) {
    YamlNode root = document;
    for (std::size_t i = 0; i < paths.size(); ++i) node_at(root, paths[i]).probability = probabilities[i];
    ReadSpec read;
    read.spec.file = file;
    read_forms(root, read_file, rates, read);
    return std::move(read.spec);
  };
}

}  // namespace

ReadSpec read_spec(const std::string& name, const std::string& text, const ReadFile& read_file,
                   const ExchangeRates& rates, const SpecChanges& changes) {
  ReadSpec read;
  read.spec.file = name;
  Diagnostics& problems = read.problems;
  Result<YamlNode> root = parse_yaml({name, text});
  if (!root) {
    problems = root.error();
    return read;
  }
  if (root->kind != YamlNode::Kind::kMap) {
    problems.push_back({Severity::kError, root->location,
                        "a spec is a mapping of keys such as `version`, `name` and `model`",
                        "`capplan init` writes one to start from"});
  } else if (!mixes_forms(*root, problems)) {
    apply_changes(*root, changes, problems);
    read_forms(*root, read_file, rates, read);
    if (!read.spec.uncertain.empty()) read.spec.at = reader_at_quantiles(*root, read_file, rates, read.spec);
    read.spec.places = places_of(*root);
    check_names(read.spec, problems);
  }
  sort_by_location(problems);
  return read;
}

Result<LoadedSpec> load_spec(const std::string& name, const std::string& text, const ReadFile& read_file,
                             const ExchangeRates& rates) {
  ReadSpec read = read_spec(name, text, read_file, rates);
  if (has_errors(read.problems)) return tl::unexpected(std::move(read.problems));
  return LoadedSpec{std::move(read.spec), std::move(read.problems)};
}

std::string spec_json_schema() {
  return json_schema("capplan workload spec, version 1", {short_form_fields(), full_form_fields()});
}

}  // namespace capplan
