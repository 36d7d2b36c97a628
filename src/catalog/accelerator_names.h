// Loose names of accelerators: "nvidia h100 sxm", "A100-SXM4-80GB", "b200".
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace capplan {

// A name taken apart: what the chip is, the form it comes in, and its memory.
struct AcceleratorName {
  std::string core;    // "h100", "rtx6000ada", "tpuv5p"
  std::string form;    // "sxm4", "pcie", "nvl", "" where not said
  std::string memory;  // "80", "" where not said
};

AcceleratorName take_apart(std::string_view name);

// Indices of `candidates` that `name` may mean: the same core, narrowed by form and then by memory as far as
// that leaves any.
std::vector<std::size_t> match_names(std::string_view name, const std::vector<std::string_view>& candidates);

}  // namespace capplan
