// A problem in something a user wrote, with the place where it stands. Loaders collect all of them.
#pragma once

#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

namespace capplan {

enum class Severity { kError, kWarning };

// 1-based line and column in a named text; column counts bytes.
struct Location {
  std::string file;
  int line = 1;
  int column = 1;
  int length = 1;  // bytes to underline
};

struct Diagnostic {
  Severity severity = Severity::kError;
  Location location;
  std::string message;  // what is wrong and what was expected
  std::string hint;     // what to write instead; empty where nothing better can be said
};

using Diagnostics = std::vector<Diagnostic>;

// A value, or everything that is wrong with the input it should have come from.
template <class T>
using Result = tl::expected<T, Diagnostics>;

bool has_errors(const Diagnostics& diagnostics);

// Orders by place, so that a file's problems read from top to bottom.
void sort_by_location(Diagnostics& diagnostics);

// "file:line:column: error: message", the source line, a caret line with the hint. `text` is the whole file.
std::string format_diagnostic(const Diagnostic& diagnostic, const std::string& text);

}  // namespace capplan
