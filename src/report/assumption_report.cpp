#include "report/assumption_report.h"

#include <algorithm>
#include <cmath>

#include "plan/assumption_shares.h"
#include "report/figures.h"
#include "report/grid.h"

namespace capplan {
namespace {

constexpr std::size_t kNamed = 3;

std::vector<AssumptionShare> all_by_share(const AssumptionShares& shares) {
  std::vector<AssumptionShare> all = shares.of_plan;
  for (const AssumptionShare& a : shares.of_spec) {
    const bool known = std::any_of(all.begin(), all.end(),
                                   [&](const AssumptionShare& b) { return a.assumption == b.assumption; });
    if (!known) all.push_back(a);
  }
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.share > b.share; });
  return all;
}

// Less is not worth a word.
constexpr double kLeastShare = 0.001;

std::string share_text(double share) {
  return share < kLeastShare ? "under 0.1%" : percent_text(std::round(1000 * share) / 1000);
}

// The largest by name; prices differ in their shares, what is assumed of the work hardly does.
std::string named(const std::vector<AssumptionShare>& sorted, bool of_price) {
  std::string text;
  std::size_t count = 0;
  for (const AssumptionShare& a : sorted) {
    if (a.of_price != of_price || a.share < kLeastShare || ++count > kNamed) continue;
    text += (text.empty() ? "" : ", ") + a.assumption.path;
    if (of_price) text += " " + share_text(a.share);
  }
  return count > kNamed ? text + " and " + std::to_string(count - kNamed) + " more" : text;
}

}  // namespace

std::string assumption_note(const Plan& plan, const PlanOption& option) {
  const AssumptionShares shares = assumption_shares(plan, option);
  const std::vector<AssumptionShare> sorted = all_by_share(shares);
  std::string text;
  const auto add = [&](double share, const char* what, bool of_price) {
    const std::string names = named(sorted, of_price);
    if (names.empty()) return;
    text += (text.empty() ? "" : "; ") + share_text(share) + (text.empty() ? " of it rests" : "") +
            " on assumed " + what + ": " + names;
  };
  add(shares.price_share, "prices", true);
  add(shares.effort_share, "work", false);
  return text;
}

std::string assumption_lines(const Plan& plan, const PlanOption* option, const RenderOptions& options,
                             std::string_view bullet) {
  std::vector<AssumptionShare> all;
  if (option != nullptr) {
    all = all_by_share(assumption_shares(plan, *option));
  } else {
    for (const Assumption& a : plan.assumptions) all.push_back({a, 0, false});
  }
  if (all.empty()) return {};
  std::string out = "\n" + styled("assumed", Style::kQuiet, options);
  if (option != nullptr)
    out += " (for plan " + std::to_string(option->rank) +
           " and in all; first the share of the plan's cost that rests on it)";
  out = wrap(out, options.width, "", 2) + "\n";
  if (bullet == "- ") out += "\n";
  for (const AssumptionShare& a : all) {
    const std::string share = a.share > 0 ? share_text(a.share) + " " : "";
    out += wrap(share + a.assumption.path + " = " + a.assumption.value + " — " + a.assumption.source,
                options.width, std::string(bullet), 6) +
           "\n";
  }
  return out;
}

}  // namespace capplan
