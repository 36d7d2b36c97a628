// The command line as CLI11 has it: what options may be, what was meant where a word is not known, and what
// stands in for options that are not given.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace capplan {

class Configuration;

// Refuses all but these names, and says which is near. CLI11's own IsMember does not.
CLI::Validator one_of(const std::vector<std::string>& names);
// The names that an option takes; none where it is not one of a few.
std::vector<std::string> choices_of(CLI::Option& option);

// What is wrong with an unknown command or option, and which is near; empty where all are known.
std::string suggestion(const CLI::App& app, int argc, const char* const* argv);

// The innermost command that was parsed.
CLI::App& named_command(CLI::App& app);
// The command of that name right below; null where there is none.
CLI::App* find_command(CLI::App& level, const std::string& name);
std::vector<CLI::App*> commands_of(CLI::App& level);

// Gives the command the settings for its options that the command line does not have. Profiles stay apart:
// results name the folder where the command line does not.
void apply_configuration(CLI::App& app, const Configuration& configuration);

}  // namespace capplan
