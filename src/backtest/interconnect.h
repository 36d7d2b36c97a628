// Bandwidth between nodes out of the words that people put in a record.
#pragma once

#include <optional>
#include <string_view>

#include "capplan/core/units.h"

namespace capplan {

// "8x400G NDR IB", "8xHDR200", "1600 Gbps node-node", "400 Gb/s RDMA per GPU": per node and direction. Of
// several, the compute network; nullopt where none is stated.
std::optional<Bandwidth> read_interconnect(std::string_view text, int per_node);

}  // namespace capplan
