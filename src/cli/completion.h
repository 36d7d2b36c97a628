// What may follow on a command line, for the scripts of `capplan completion`: everything from the table of
// options, the catalogue and the table of the spec's keys, when it is asked for.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace capplan {

// The first argument with which the scripts ask; the words of the command line follow, without the program's
// name and up to the one that is being written.
inline constexpr std::string_view kCompleteCommand = "__complete";

// The first line says what the rest is: `words` (a candidate a line, with a tab and what it is), `open` (the
// same, and more of the word follows), or that the shell knows better: `files`, `specs` (YAML files),
// `folders`, `revisions` (branches and tags of git).
std::string completions(CLI::App& app, const std::vector<std::string>& words);

}  // namespace capplan
