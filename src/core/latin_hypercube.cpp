#include "core/latin_hypercube.h"

#include <numeric>
#include <utility>

#include "capplan/core/distribution.h"

namespace capplan {
namespace {

// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
class SplitMix {
 public:
  explicit SplitMix(std::uint64_t state) : state_(state) {}

  std::uint64_t next() {
    state_ += 0x9E3779B97F4A7C15U;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31U);
  }
  // In [0, 1), in steps of 2^-53.
  double unit() { return static_cast<double>(next() >> 11U) * 0x1.0p-53; }
  // Below `bound`, by which samples are few enough that the remainder's bias is below 2^-40.
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(next() % bound); }

 private:
  std::uint64_t state_;
};

SplitMix generator_of(const HypercubeColumn& of) {
  SplitMix by_column(of.column);
  SplitMix by_batch(by_column.next() ^ (static_cast<std::uint64_t>(of.seed) << 20U) ^ of.batch);
  return SplitMix(by_batch.next());
}

}  // namespace

std::uint32_t seed_of(std::string_view text) {
  std::uint32_t hash = 2166136261U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return hash;
}

std::vector<double> uniform_column(const HypercubeColumn& of, std::size_t size) {
  SplitMix random = generator_of(of);
  std::vector<double> column(size);
  std::iota(column.begin(), column.end(), 0.0);
  for (std::size_t i = size; i > 1; --i) std::swap(column[i - 1], column[random.below(i)]);
  // Half a step in, so that no number is 0.
  for (double& number : column) number = (number + random.unit() + 0x1.0p-54) / static_cast<double>(size);
  return column;
}

std::vector<double> normal_scores(std::uint32_t seed, std::uint64_t column, std::size_t batches,
                                  std::size_t size) {
  std::vector<double> scores;
  scores.reserve(batches * size);
  for (std::size_t batch = 0; batch < batches; ++batch) {
    for (const double u : uniform_column({seed, batch, column}, size)) scores.push_back(normal_quantile(u));
  }
  return scores;
}

}  // namespace capplan
