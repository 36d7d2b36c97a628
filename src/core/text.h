// Text shared by messages: nearest names, joining, name folding. Nothing here knows about money or YAML.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace capplan {

// The candidate at the smallest edit distance from `name`, or "" where none is near enough to be meant.
std::string_view nearest_name(std::string_view name, const std::vector<std::string_view>& candidates);

// "a, b, c"
std::string join(const std::vector<std::string_view>& parts, std::string_view separator = ", ");

// Lower case without spaces, hyphens, underscores, dots and slashes: how names are compared loosely.
std::string fold_name(std::string_view name);

std::string to_lower(std::string_view text);

std::string_view trim(std::string_view text);

// Whether `text` matches `pattern`, in which * stands for any run of characters.
bool matches_glob(std::string_view pattern, std::string_view text);

}  // namespace capplan
