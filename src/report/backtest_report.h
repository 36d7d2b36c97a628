// A backtest as text.
#pragma once

#include "backtest/backtest.h"
#include "capplan/report/report.h"

namespace capplan {

// Table and Markdown: accuracy by family and accelerator, then the runs that are furthest off. CSV: a row a
// run. JSON: contract, section 4.
std::string render(const Backtest& backtest, Format format, const RenderOptions& options);

}  // namespace capplan
