#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "capplan/gate/outcome.h"

namespace capplan {
namespace {

using Json = nlohmann::json;

constexpr double kLargestAmount = 1e12;  // dollars: what Money holds
constexpr std::size_t kMostProblems = 20;

Location place_of(const std::string& file, std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const std::size_t start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  return {file, static_cast<int>(line), static_cast<int>(before.size() - start) + 1, 1};
}

// A key is said by its path: the tree does not keep where it stood.
class ResultReader {
 public:
  ResultReader(const std::string& file, const Json& root, Diagnostics& problems)
      : file_(file), root_(root), problems_(problems) {}

  Outcome read() {
    Outcome outcome;
    const std::string schema = text(root_, "schema", "");
    if (schema != "capplan.estimate/1")
      wrong("`schema`: expected capplan.estimate/1, a result of `capplan estimate`");
    outcome.name = text(root_, "name", "");
    outcome.identity.version = text(root_, "capplan_version", "");
    if (const Json* sha = find(root_, "spec_sha256"))
      outcome.identity.spec_sha256 = sha->is_string() ? sha->get<std::string>() : "";
    if (const Json* catalog = object(root_, "catalog", "")) {
      outcome.identity.catalog_sha256 = text(*catalog, "sha256", "catalog.");
      outcome.identity.catalog_as_of = text(*catalog, "as_of", "catalog.");
    }
    const Json* plans = array(root_, "plans", "");
    const Json* workloads = array(root_, "workloads", "");
    if (plans == nullptr || workloads == nullptr) return outcome;
    for (std::size_t i = 0; i < workloads->size(); ++i)
      outcome.workloads.push_back(
          {text((*workloads)[i], "name", "workloads[" + std::to_string(i) + "]."), Money()});
    for (std::size_t i = 0; i < plans->size(); ++i) {
      const std::string path = "plans[" + std::to_string(i) + "].";
      const std::string id = text((*plans)[i], "id", path);
      const Json* cost = object((*plans)[i], "cost", path);
      if (cost != nullptr) outcome.by_plan.emplace(id, money(*cost, "total_usd", path + "cost."));
    }
    if (plans->empty()) {
      outcome.problem = "nothing in the catalogue can run it";
      outcome.workloads.clear();
    } else {
      read_winner(plans->front(), outcome);
    }
    return outcome;
  }

 private:
  void read_winner(const Json& plan, Outcome& outcome) {
    outcome.winner = text(plan, "id", "plans[0].");
    outcome.total = outcome.by_plan[outcome.winner];
    const Json* feasible = find(plan, "feasible");
    outcome.feasible = feasible != nullptr && feasible->is_boolean() && feasible->get<bool>();
    outcome.wall_clock = number(plan, "wall_clock_hours", "plans[0].") * kHour;
    read_workloads(plan, outcome);
  }

  // Results before `cost_usd` say what several workloads cost together only: the first one carries it.
  void read_workloads(const Json& plan, Outcome& outcome) {
    Money rest = outcome.total;
    const Json* allocations = array(plan, "allocations", "plans[0].");
    for (std::size_t i = 0; allocations != nullptr && i < allocations->size(); ++i) {
      const Json& allocation = (*allocations)[i];
      const std::string path = "plans[0].allocations[" + std::to_string(i) + "].";
      const std::string name = text(allocation, "workload", path);
      const auto of = std::find_if(outcome.workloads.begin(), outcome.workloads.end(),
                                   [&](const WorkloadCost& w) { return w.name == name; });
      if (find(allocation, "cost_usd") == nullptr || of == outcome.workloads.end()) continue;
      const Money cost = money(allocation, "cost_usd", path);
      of->cost += cost;
      rest = rest - cost;
    }
    if (!outcome.workloads.empty()) outcome.workloads.front().cost += rest;
  }

  static const Json* find(const Json& in, std::string_view key) {
    if (!in.is_object()) return nullptr;
    const auto found = in.find(key);
    return found == in.end() ? nullptr : &*found;
  }

  const Json* member(const Json& in, std::string_view key, const std::string& path, bool (*fits)(const Json&),
                     std::string_view what) {
    const Json* value = find(in, key);
    if (value != nullptr && fits(*value)) return value;
    wrong("`" + path + std::string(key) + "`: expected " + std::string(what) +
          (value == nullptr ? ", found none" : ""));
    return nullptr;
  }
  const Json* object(const Json& in, std::string_view key, const std::string& path) {
    return member(
        in, key, path, [](const Json& v) { return v.is_object(); }, "an object");
  }
  const Json* array(const Json& in, std::string_view key, const std::string& path) {
    return member(
        in, key, path, [](const Json& v) { return v.is_array(); }, "a list");
  }
  std::string text(const Json& in, std::string_view key, const std::string& path) {
    const Json* value = member(
        in, key, path, [](const Json& v) { return v.is_string(); }, "a text");
    return value == nullptr ? std::string() : value->get<std::string>();
  }
  double number(const Json& in, std::string_view key, const std::string& path) {
    const Json* value = member(
        in, key, path, [](const Json& v) { return v.is_number(); }, "a number");
    return value == nullptr ? 0 : value->get<double>();
  }
  Money money(const Json& in, std::string_view key, const std::string& path) {
    const double usd = number(in, key, path);
    if (std::isfinite(usd) && std::abs(usd) <= kLargestAmount) return Money::of(Usd::of(usd));
    wrong("`" + path + std::string(key) + "`: an amount beyond a trillion dollars");
    return {};
  }

  void wrong(std::string message) {
    if (problems_.size() < kMostProblems)
      problems_.push_back({Severity::kError, {file_, 1, 1, 1}, std::move(message), ""});
  }

  const std::string& file_;
  const Json& root_;
  Diagnostics& problems_;
};

}  // namespace

Result<Outcome> read_result(const std::string& file, const std::string& text) {
  Json root;
  try {
    root = Json::parse(text);
  } catch (const Json::parse_error& error) {
    const std::size_t at = error.byte > 0 ? error.byte - 1 : 0;
    return tl::unexpected(Diagnostics{{Severity::kError, place_of(file, text, at), "not valid JSON", ""}});
  } catch (const Json::exception&) {  // a number that no double holds
    return tl::unexpected(Diagnostics{{Severity::kError, {file, 1, 1, 1}, "a number is out of range", ""}});
  }
  Diagnostics problems;
  Outcome outcome = ResultReader(file, root, problems).read();
  if (!problems.empty()) return tl::unexpected(std::move(problems));
  return outcome;
}

}  // namespace capplan
