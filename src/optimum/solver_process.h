// A search in a process of its own: one that somebody may want to end at any moment, and that cannot be asked
// to where it is at its first relaxation.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "capplan/core/monitor.h"

namespace capplan {

// The numbers that `solve` gives, at least one. Once the monitor is stopped, the search is asked to end by an
// interrupt, and ended two seconds later; then, and where it ends without an answer after the stop, there are
// none. nullopt: no process can be started. Throws std::runtime_error where the process breaks off by itself.
std::optional<std::vector<double>> solve_apart(const std::function<std::vector<double>()>& solve,
                                               Monitor& monitor);

}  // namespace capplan
