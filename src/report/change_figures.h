// A change in cost for people: amounts with their sign, shares, what it was computed from.
#pragma once

#include <optional>
#include <string>

#include "capplan/gate/diff.h"
#include "report/json_text.h"

namespace capplan {

// "+$12.40", "−$3.1k", "$0"
std::string change_text(Money change);
// Absent without a plan.
std::optional<Money> cost_of(const std::optional<Outcome>& outcome);
std::string cost_text(const std::optional<Money>& cost);
// "+10.5%"; empty where there is nothing to hold it against.
std::string percent_change(Money before, Money after);
// "35 d"; "none" without a plan.
std::string time_of(const std::optional<Outcome>& outcome);
// "35 d → 39 d"
std::string time_change(const SpecDiff& diff);

// "w/tune.yaml:7"
std::string place_text(const Location& place);
bool is_changed(const SpecDiff& spec);
// "+$12.4k (+10.5%)", "no change in cost"
std::string change_headline(const Diff& diff);
// "prices of 2026-08-22 → 2026-11-15 · version 0.1.0"; empty where no spec stands on both sides.
std::string identity_text(const Diff& diff);

// In a code span of Markdown nothing is interpreted: no HTML, no link, no mention.
std::string code_span(std::string_view text);

Json effects_json(const Effects& effects);

}  // namespace capplan
