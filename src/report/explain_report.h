// The derivation of a figure as a tree, nested JSON, a nested list of Markdown, or a CSV row a node.
#pragma once

#include "capplan/explain/derivation.h"
#include "capplan/report/report.h"

namespace capplan {

// The tree and the list show a node that came before by its value alone; JSON and CSV show all.
std::string render_derivation(const Derivation& root, Format format, const RenderOptions& options);

// The short names that a result has, with values and paths.
Listing figure_listing(const Explained& result);

}  // namespace capplan
