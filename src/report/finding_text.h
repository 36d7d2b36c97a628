// Findings in words, and the figures of a check that every format shows.
#pragma once

#include <string>
#include <vector>

#include "capplan/gate/check.h"

namespace capplan {

// "spec effect on job_cost of `pretrain`: +$12.4k > $5,000 and +10.5% > 5%". As written by strangers: to be
// shown through printable() or code_span().
std::string finding_text(const Finding& finding);
// "dataset.tokens: 2T → 3T"; empty where no key is the cause.
std::string cause_text(const Finding& finding);
// Who has waived it until when, or had; empty where nobody has.
std::string waiver_text(const Finding& finding, const std::vector<Waiver>& waivers);

// "deny", "warn", "info", or "waived".
std::string_view standing_name(const Finding& finding);
// Denials first, then warnings, then information, then what is waived; else as they were found.
std::vector<const Finding*> by_level(const std::vector<Finding>& findings);
// "1 denies, 2 warn"; "passes".
std::string ruling_text(const Check& check);
// Whether a spec has anything to say: it changed, or a rule found something.
bool is_notable(const Check& check, const SpecDiff& spec);

Money total_after(const Check& check);
Money total_change(const Check& check);  // nothing without a base

}  // namespace capplan
