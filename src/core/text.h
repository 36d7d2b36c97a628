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

// Offset of the first character that would steer a terminal or turn text around: a control character other
// than a tab or a line end, C1 ones too, and the bidirectional overrides of Unicode; npos where there is
// none.
std::size_t find_control(std::string_view text);
// Such characters, and tabs and line ends, as `?`: a name from a file must not steer the terminal or break a
// row.
std::string printable(std::string_view text);

// Whether `text` matches `pattern`, in which * stands for any run of characters.
bool matches_glob(std::string_view pattern, std::string_view text);

}  // namespace capplan
