// A table of fields as JSON Schema, draft 7 (what editors understand).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "input/schema.h"

namespace capplan {

// A document that satisfies one of the `forms`.
std::string json_schema(const std::string& title, const std::vector<std::span<const Field>>& forms);

}  // namespace capplan
