// `capplan check` for programs: JSON, CSV, and SARIF.
#include <fmt/format.h>

#include <algorithm>

#include "core/number_text.h"
#include "report/change_figures.h"
#include "report/check_formats.h"
#include "report/finding_text.h"
#include "report/formats.h"
#include "report/json_text.h"

namespace capplan {
namespace {

Json optional_text(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json amount_json(const Finding& finding) {
  if (!finding.amount) return nullptr;
  return {{"unit", unit_name(finding.amount->unit)},
          {"value", num(finding.amount->value.value())},
          {"limit", num(finding.amount->limit.at.value())}};
}

Json share_json(const Finding& finding) {
  if (!finding.share) return nullptr;
  return {{"value", finding.share->value ? num(*finding.share->value) : Json(nullptr)},
          {"limit", num(finding.share->limit.at)}};
}

Json waiver_json(const Finding& finding, const std::vector<Waiver>& waivers) {
  const auto which = finding.waiver ? finding.waiver : finding.expired;
  if (!which) return nullptr;
  const Waiver& waiver = waivers[*which];
  return {{"reason", waiver.reason},
          {"approved_by", waiver.approved_by},
          {"expires", waiver.expires},
          {"holds", finding.waiver.has_value()}};
}

Json finding_json(const Finding& finding, const Check& check) {
  return {{"rule", finding.rule},
          {"level", level_name(finding.level)},
          {"waived", finding.waiver.has_value()},
          {"waiver", waiver_json(finding, check.input.waivers)},
          {"file", finding.place.file},
          {"line", finding.place.line},
          {"column", finding.place.column},
          {"spec", finding.file},
          {"workload", optional_text(finding.workload)},
          {"amount", amount_json(finding)},
          {"share", share_json(finding)},
          {"key", optional_text(finding.key)},
          {"before", optional_text(finding.before)},
          {"after", optional_text(finding.after)},
          {"text", finding_text(finding)},
          {"message", optional_text(finding.message)}};
}

Json outcome_json(const std::optional<Outcome>& outcome) {
  if (!outcome) return nullptr;
  Json json{
      {"plan", optional_text(outcome->winner)},
      {"feasible", outcome->feasible},
      {"total_usd", outcome->winner.empty() ? Json(nullptr) : num(outcome->total.usd())},
      {"wall_clock_hours", outcome->winner.empty() ? Json(nullptr) : num(outcome->wall_clock.in(kHour))}};
  if (!outcome->standing) return json;
  const Standing& s = *outcome->standing;
  const auto probability = [](const std::optional<double>& p) { return p ? num(*p) : Json(nullptr); };
  json.update({{"p50_usd", num(s.p50.usd())},
               {"p90_usd", num(s.p90.usd())},
               {"p_over_budget", probability(s.p_over_budget)},
               {"p_late", probability(s.p_late)},
               {"carbon_kg_co2e", num(s.kg_co2e)},
               {"assumed_share", num(s.assumption_share)},
               {"oldest_price", optional_text(s.oldest_price)}});
  return json;
}

Json spec_json(const SpecDiff& spec, bool has_base) {
  return {{"file", spec.file},
          {"name", spec.name},
          {"base", has_base ? outcome_json(spec.base) : Json(nullptr)},
          {"head", outcome_json(spec.head)},
          {"effects", has_base ? effects_json(spec.effects) : Json(nullptr)},
          {"winner_changed_by", cause_name(spec.winner_changed)},
          {"notes", spec.notes}};
}

Json policy_json(const Policy& policy) {
  Json rules = Json::array();
  for (const Rule& rule : policy.rules) rules.push_back({{"id", rule.id}, {"level", level_name(rule.level)}});
  return {{"file", optional_text(policy.file)}, {"rules", std::move(rules)}};
}

// A path as a URI reference (RFC 3986): what is not unreserved or a slash is escaped.
std::string uri_of(std::string_view path) {
  std::string out;
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~/").find(c) != std::string_view::npos;
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

std::string_view sarif_level(Level level) {
  return level == Level::kDeny ? "error" : level == Level::kWarn ? "warning" : "note";
}

Json sarif_result(const Finding& finding, const Check& check) {
  std::string text = finding_text(finding);
  for (const std::string& more : {cause_text(finding), finding.message}) {
    if (!more.empty()) text += "; " + more;
  }
  Json result{
      {"ruleId", finding.rule},
      {"level", sarif_level(finding.level)},
      {"message", {{"text", printable(text)}}},
      {"locations",
       Json::array(
           {{{"physicalLocation",
              {{"artifactLocation", {{"uri", uri_of(finding.place.file)}}},
               {"region", {{"startLine", finding.place.line}, {"startColumn", finding.place.column}}}}}}})},
      {"properties", {{"amount", amount_json(finding)}, {"share", share_json(finding)}}}};
  if (finding.waiver)
    result["suppressions"] =
        Json::array({{{"kind", "external"}, {"justification", waiver_text(finding, check.input.waivers)}}});
  return result;
}

Json sarif_rules(const Check& check) {
  Json rules = Json::array();
  for (const Rule& rule : check.input.policy.rules) {
    Json json{{"id", rule.id}, {"defaultConfiguration", {{"level", sarif_level(rule.level)}}}};
    if (!rule.message.empty()) json["help"] = {{"text", printable(rule.message)}};
    rules.push_back(std::move(json));
  }
  if (std::any_of(check.findings.begin(), check.findings.end(), [](const Finding& f) { return !f.when; }))
    rules.push_back({{"id", kUnusedWaiver}, {"defaultConfiguration", {{"level", "warning"}}}});
  return rules;
}

Json totals_json(const Check& check) {
  const bool has_base = check.input.has_base;
  return {{"before_usd", has_base ? num(check.input.diff.before().usd()) : Json(nullptr)},
          {"after_usd", num(total_after(check).usd())},
          {"delta_usd", has_base ? num(total_change(check).usd()) : Json(nullptr)}};
}

}  // namespace

std::string render_check_json(const Check& check, const RenderOptions& options) {
  const CheckInput& input = check.input;
  Json json{{"schema", "capplan.check/1"},
            {"capplan_version", options.version},
            {"verdict", ruling_name(check.ruling())},
            {"as_of", optional_text(input.as_of)},
            {"policy", policy_json(input.policy)}};
  json.update(totals_json(check));
  json["effects"] = input.has_base ? effects_json(input.diff.effects()) : Json(nullptr);
  Json findings = Json::array();
  for (const Finding& finding : check.findings) findings.push_back(finding_json(finding, check));
  json["findings"] = std::move(findings);
  Json specs = Json::array();
  for (const SpecDiff& spec : input.diff.specs) specs.push_back(spec_json(spec, input.has_base));
  json["specs"] = std::move(specs);
  json["untouched"] = input.untouched;
  json["unjudged"] = check.unjudged;
  return text_of(json);
}

std::string render_check_csv(const Check& check) {
  std::string out =
      "rule,level,waived,file,line,column,spec,workload,unit,value,limit,share,share_limit,key,before,after,"
      "text,message\n";
  for (const Finding& f : check.findings) {
    out += csv_cell(f.rule) + "," + std::string(level_name(f.level)) + "," + (f.waiver ? "true" : "false") +
           "," + csv_cell(f.place.file) + fmt::format(",{},{},", f.place.line, f.place.column) +
           csv_cell(f.file) + "," + csv_cell(f.workload) + ",";
    out += f.amount ? std::string(unit_name(f.amount->unit)) + "," + plain_number(f.amount->value.value()) +
                          "," + plain_number(f.amount->limit.at.value())
                    : ",,";
    out += "," + (f.share && f.share->value ? plain_number(*f.share->value) : "") + "," +
           (f.share ? plain_number(f.share->limit.at) : "");
    for (const std::string& text : {f.key, f.before, f.after, finding_text(f), f.message})
      out += "," + csv_cell(text);
    out += "\n";
  }
  return out;
}

std::string render_check_sarif(const Check& check, const RenderOptions& options) {
  Json results = Json::array();
  for (const Finding& finding : check.findings) results.push_back(sarif_result(finding, check));
  Json properties{{"verdict", ruling_name(check.ruling())}};
  properties.update(totals_json(check));
  Json notifications = Json::array();
  for (const std::string& file : check.unjudged)
    notifications.push_back(
        {{"level", "error"}, {"message", {{"text", printable(file) + " could not be judged"}}}});
  Json run{{"tool",
            {{"driver", {{"name", "capplan"}, {"version", options.version}, {"rules", sarif_rules(check)}}}}},
           {"invocations", Json::array({{{"executionSuccessful", check.unjudged.empty()},
                                         {"toolExecutionNotifications", std::move(notifications)}}})},
           {"results", std::move(results)},
           {"properties", std::move(properties)}};
  return text_of({{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
                  {"version", "2.1.0"},
                  {"runs", Json::array({std::move(run)})}});
}

}  // namespace capplan
