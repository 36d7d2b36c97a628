// The derivation of a figure as a tree, or as nested JSON.
#pragma once

#include "capplan/explain/derivation.h"
#include "capplan/report/report.h"

namespace capplan {

std::string render_derivation(const Derivation& root, Format format, const RenderOptions& options);

}  // namespace capplan
