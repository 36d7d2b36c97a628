// Help on commands, and the manual page: both from the table of options and the texts of command_texts.h.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "cli/session.h"

namespace capplan {

// "capplan prices list"
std::string full_name(const CLI::App& command);
// "capplan prices show [OPTIONS] ACCELERATOR"
std::string usage_of(const CLI::App& command);
// "-o, --output FILE", "SPEC..."
std::string option_text(const CLI::Option& option);
// What an option is, with its default and what it does not go with.
std::string option_says(const CLI::Option& option);
// "FILE" of `--output FILE`; empty for a flag.
std::string metavar_of(const CLI::Option& option);

std::shared_ptr<CLI::FormatterBase> help_formatter();

struct HelpOptions {
  std::vector<std::string> command;  // "prices", "list"; empty: the program
  bool man = false;
};
ExitCode run_help(const Session& session, CLI::App& app, const HelpOptions& options);

// In the language of man(7), of all commands.
std::string man_page(CLI::App& app);

}  // namespace capplan
