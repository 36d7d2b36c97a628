#include "optimum/cost_pieces.h"

#include <algorithm>
#include <cmath>

namespace capplan {
namespace {

// Amounts come rounded to a millionth of a dollar, line by line; a tenth of what a line item adds up to.
constexpr double kNearUsd = 1e-4;

double slope(const std::vector<double>& table, std::size_t from, std::size_t to) {
  return (table[to] - table[from]) / static_cast<double>(to - from);
}

bool straight(const std::vector<double>& table, std::size_t from, std::size_t to) {
  const double price = slope(table, from, to);
  for (std::size_t n = from + 1; n < to; ++n) {
    if (std::abs(table[from] + price * static_cast<double>(n - from) - table[n]) > kNearUsd) return false;
  }
  return true;
}

bool all_straight(std::span<const std::vector<double>> tables, std::size_t from, std::size_t to) {
  return std::ranges::all_of(tables, [&](const auto& table) { return straight(table, from, to); });
}

}  // namespace

std::vector<CostPiece> cost_pieces(std::span<const std::vector<double>> tables) {
  std::vector<CostPiece> pieces;
  const std::size_t end = tables.front().size();
  for (std::size_t from = 0; from + 1 < end;) {
    std::size_t to = from + 1;
    while (to + 1 < end && all_straight(tables, from, to + 1)) ++to;
    CostPiece piece{.machines = static_cast<int>(to - from), .usd = {}, .in_turn = false};
    for (const auto& table : tables) piece.usd.push_back(slope(table, from, to));
    piece.in_turn = !pieces.empty() && (tables.size() > 1 || piece.usd[0] < pieces.back().usd[0]);
    pieces.push_back(std::move(piece));
    from = to;
  }
  return pieces;
}

}  // namespace capplan
