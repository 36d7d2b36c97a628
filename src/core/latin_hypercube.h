// Standard normal numbers for sampling, the same on every machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace capplan {

// A seed from a text: FNV-1a of 32 bits.
std::uint32_t seed_of(std::string_view text);

// One column of a Latin hypercube (McKay, Beckman and Conover, Technometrics 21, 1979): each of `size` equal
// parts of the unit interval holds one number, at a random place within it, in random order. A column is
// drawn from the seed, the batch and its own number alone, so that it does not depend on how many others
// there are. Batches are independent of each other: how their results differ is the error of sampling.
struct HypercubeColumn {
  std::uint32_t seed = 0;
  std::size_t batch = 0;
  std::uint64_t column = 0;
};
std::vector<double> uniform_column(const HypercubeColumn& of, std::size_t size);

// `batches` of them, one behind the other, as standard normal scores.
std::vector<double> normal_scores(std::uint32_t seed, std::uint64_t column, std::size_t batches,
                                  std::size_t size);

}  // namespace capplan
