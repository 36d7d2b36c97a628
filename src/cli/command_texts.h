// What help and the manual say of each command beyond its table of options.
#pragma once

#include <span>
#include <string_view>

namespace capplan {

struct Example {
  std::string_view line;
  std::string_view says;
};

struct CommandText {
  std::string_view command;  // "capplan prices list"
  std::string_view details;  // may be empty
  std::span<const Example> examples;
};

std::span<const CommandText> command_texts();
// Null for a group of commands.
const CommandText* find_command_text(std::string_view command);

}  // namespace capplan
