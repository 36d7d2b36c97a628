#include "report/change_figures.h"

#include <algorithm>
#include <cmath>

#include "core/text.h"
#include "report/figures.h"

namespace capplan {
namespace {

Money total_of(const std::optional<Outcome>& outcome) { return outcome ? outcome->total : Money(); }

}  // namespace

std::string change_text(Money change) {
  if (change == Money()) return "$0";
  return (change > Money() ? "+" : "−") + money_text(std::abs(change.usd()));
}

std::optional<Money> cost_of(const std::optional<Outcome>& outcome) {
  return outcome && !outcome->winner.empty() ? std::optional(outcome->total) : std::nullopt;
}

std::string cost_text(const std::optional<Money>& cost) { return cost ? money_text(cost->usd()) : "none"; }

std::string percent_change(Money before, Money after) {
  if (before <= Money() || before == after) return "";
  const double ratio = after.usd() / before.usd() - 1;
  return std::string(ratio > 0 ? "+" : "−") + percent_text(std::abs(ratio));
}

std::string time_of(const std::optional<Outcome>& outcome) {
  return outcome && !outcome->winner.empty() ? time_text(outcome->wall_clock) : std::string("none");
}

std::string time_change(const SpecDiff& diff) {
  const std::string before = time_of(diff.base), after = time_of(diff.head);
  return before == after ? after : before + " → " + after;
}

std::string place_text(const Location& place) { return place.file + ":" + std::to_string(place.line); }

bool is_changed(const SpecDiff& spec) {
  return !spec.base || !spec.head || spec.effects.total() != Money() || !spec.keys.empty() ||
         total_of(spec.base) != total_of(spec.head) || spec.winner_changed != Cause::kNone ||
         spec.effects.spec != Money() || spec.effects.price != Money();
}

std::string change_headline(const Diff& diff) {
  const Effects effects = diff.effects();
  const Money change = diff.after() - diff.before();
  const std::string percent = percent_change(diff.before(), diff.after());
  if (change == Money() && effects.spec == Money() && effects.price == Money()) return "no change in cost";
  return change_text(change) + (percent.empty() ? "" : " (" + percent + ")");
}

std::string identity_text(const Diff& diff) {
  const auto arrow = [](const std::string& a, const std::string& b) { return a == b ? b : a + " → " + b; };
  for (const SpecDiff& spec : diff.specs) {
    if (!spec.base || !spec.head) continue;
    const Identity& a = spec.base->identity;
    const Identity& b = spec.head->identity;
    const bool repriced = a.catalog_as_of == b.catalog_as_of && a.catalog_sha256 != b.catalog_sha256;
    return "prices as of " + arrow(a.catalog_as_of, b.catalog_as_of) +
           (repriced ? " (other rows of one date)" : "") + " · version " + arrow(a.version, b.version);
  }
  return {};
}

std::string code_span(std::string_view text) {
  std::string shown = printable(text);
  std::replace(shown.begin(), shown.end(), '`', '\'');
  return shown.empty() ? shown : "`" + shown + "`";
}

Json effects_json(const Effects& e) {
  return {{"spec_usd", num(e.spec.usd())},
          {"price_usd", num(e.price.usd())},
          {"engine_usd", num(e.engine.usd())},
          {"unsplit_usd", num(e.unsplit.usd())}};
}

}  // namespace capplan
