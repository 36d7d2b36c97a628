#include "capplan/core/diagnostic.h"

#include <algorithm>
#include <string_view>
#include <tuple>

#include "core/text.h"

namespace capplan {
namespace {

std::string_view line_of(std::string_view text, int line) {
  std::size_t begin = 0;
  for (int i = 1; i < line; ++i) {
    const std::size_t end = text.find('\n', begin);
    if (end == std::string_view::npos) return {};
    begin = end + 1;
  }
  std::string_view found = text.substr(begin, text.find('\n', begin) - begin);
  if (!found.empty() && found.back() == '\r') found.remove_suffix(1);
  return found;
}

// A long line would hide the message that it belongs to.
std::string shown_line(std::string_view line) {
  std::string shown(line.substr(0, 200));
  std::replace(shown.begin(), shown.end(), '\t', ' ');
  return printable(shown);
}

}  // namespace

bool has_errors(const Diagnostics& diagnostics) {
  return std::any_of(diagnostics.begin(), diagnostics.end(),
                     [](const Diagnostic& d) { return d.severity == Severity::kError; });
}

void sort_by_location(Diagnostics& diagnostics) {
  std::stable_sort(diagnostics.begin(), diagnostics.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::tie(a.location.file, a.location.line, a.location.column) <
           std::tie(b.location.file, b.location.line, b.location.column);
  });
}

std::string format_diagnostic(const Diagnostic& diagnostic, const std::string& text) {
  const Location& at = diagnostic.location;
  std::string out = printable(at.file) + ":" + std::to_string(at.line) + ":" + std::to_string(at.column) +
                    ": " + (diagnostic.severity == Severity::kError ? "error: " : "warning: ") +
                    printable(diagnostic.message) + "\n";
  const std::string line = shown_line(line_of(text, at.line));
  const auto start = static_cast<std::size_t>(std::max(at.column - 1, 0));
  if (!line.empty() && start <= line.size()) {
    const std::string number = std::to_string(at.line);
    const std::size_t room = line.size() - start;
    const auto length =
        std::max<std::size_t>(1, std::min(static_cast<std::size_t>(std::max(at.length, 1)), room));
    out += "  " + number + " | " + line + "\n";
    out += "  " + std::string(number.size(), ' ') + " | " + std::string(start, ' ') + "^" +
           std::string(length - 1, '~');
    if (!diagnostic.hint.empty()) out += " " + printable(diagnostic.hint);
    out += "\n";
  } else if (!diagnostic.hint.empty()) {
    out += "  " + printable(diagnostic.hint) + "\n";
  }
  return out;
}

}  // namespace capplan
