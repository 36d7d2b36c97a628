#pragma once

#include <optional>
#include <string_view>

#include "capplan/gate/diff.h"
#include "capplan/report/report.h"

namespace capplan {

enum class DiffFormat { kTable, kJson, kMarkdown };
std::optional<DiffFormat> find_diff_format(std::string_view name);

// `what` is compared, for people: "origin/main → working tree".
std::string render(const Diff& diff, std::string_view what, DiffFormat format, const RenderOptions& options);

}  // namespace capplan
