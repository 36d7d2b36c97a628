#pragma once

#include "cli/exit_code.h"
#include "cli/session.h"

namespace capplan {

// Parses the command line and runs one command.
ExitCode run(int argc, const char* const* argv, Streams streams);

}  // namespace capplan
