// Buy against rent and commit against pay by the hour, as text.
#pragma once

#include "capplan/report/report.h"
#include "plan/break_even_study.h"

namespace capplan {

// Table and Markdown: each workload's first comparison in full with its curves, then the others, then the
// commitments. CSV: a row a comparison. JSON: schema capplan.breakeven/1.
std::string render(const BreakEvenStudy& study, Format format, const RenderOptions& options);

// A row a comparison, for CSV.
Listing break_even_listing(const BreakEvenStudy& study);
std::string render_break_even_json(const BreakEvenStudy& study, const RenderOptions& options);

}  // namespace capplan
