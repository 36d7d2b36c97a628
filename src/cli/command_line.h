// The command line as CLI11 has it: what was meant where a word is not known, and what stands in for options
// that are not given.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace capplan {

class Configuration;

// What is wrong with an unknown command or option, and which is near; empty where all are known.
std::string suggestion(const CLI::App& app, int argc, const char* const* argv);

// The innermost command that was parsed.
CLI::App& named_command(CLI::App& app);

// Gives the command the settings for its options that the command line does not have. Profiles stay apart:
// results name the folder where the command line does not.
void apply_configuration(CLI::App& app, const Configuration& configuration);

}  // namespace capplan
