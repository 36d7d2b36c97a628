// A table of costs as straight pieces, for a linear program.
#pragma once

#include <span>
#include <vector>

namespace capplan {

// Machines one after the other at one price each.
struct CostPiece {
  int machines = 0;
  std::vector<double> usd;  // of one machine, by table
  bool in_turn = false;     // to be used only once those before it are used up: it would be chosen too early
};

// `tables` are costs of n machines at index n, of one length, [0] being 0. The pieces meet every entry to
// within a hundredth of a cent. A piece that costs no less than the one before it, in the first table, comes
// in its turn by itself; with several tables none does.
std::vector<CostPiece> cost_pieces(std::span<const std::vector<double>> tables);

}  // namespace capplan
