// A search in a process of its own: one that somebody may want to end at any moment, and that cannot be asked
// to where it is at its first relaxation.
#pragma once

#include <functional>
#include <optional>

#include "optimum/mixed_integer_program.h"

namespace capplan {

// What `solve` gives. Once the monitor is stopped, the search is asked to end by an interrupt, and ended two
// seconds later; then, and where it ends without an answer after the stop, nothing is found. nullopt: no
// process can be started. Throws std::runtime_error where the process breaks off by itself.
std::optional<ProgramSolution> solve_apart(const std::function<ProgramSolution()>& solve, Monitor& monitor);

}  // namespace capplan
