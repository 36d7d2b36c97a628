// What the works and the limits of a portfolio are worth to those that are no part of the program.
#include <algorithm>

#include "optimum/portfolio_program.h"

namespace capplan {

WorkPrices PortfolioProgram::work_prices(const std::vector<double>& row_prices) const {
  const auto price = [&](const std::optional<WorkRow>& row) {
    return row ? row_prices[static_cast<std::size_t>(row->row.index)] : 0.0;
  };
  WorkPrices prices;
  for (const auto& work : run_rows_) {
    auto& periods = prices.runs.emplace_back();
    for (const auto& row : work) periods.push_back(price(row));
  }
  for (const auto& work : served_rows_) {
    auto& months = prices.served.emplace_back();
    for (const auto& month : work) {
      auto& blocks = months.emplace_back();
      for (const auto& row : month) blocks.push_back(price(row));
    }
  }
  return prices;
}

void PortfolioProgram::price_elsewhere(const WorkPrices& prices) {
  const auto set = [&](const std::optional<WorkRow>& row, double usd) {
    if (row && row->elsewhere) program_.set_cost(*row->elsewhere, usd);
  };
  for (std::size_t w = 0; w < run_rows_.size(); ++w) {
    for (std::size_t r = 0; r < run_rows_[w].size(); ++r) set(run_rows_[w][r], prices.runs[w][r]);
  }
  for (std::size_t w = 0; w < served_rows_.size(); ++w) {
    for (std::size_t m = 0; m < served_rows_[w].size(); ++m) {
      for (std::size_t b = 0; b < served_rows_[w][m].size(); ++b)
        set(served_rows_[w][m][b], prices.served[w][m][b]);
    }
  }
}

double PortfolioProgram::elsewhere_usd() const {
  double usd = 0;
  const auto add = [&](const std::optional<WorkRow>& row) {
    if (row && row->elsewhere) usd += program_.most_usd(*row->elsewhere);
  };
  for (const auto& work : run_rows_) {
    for (const auto& row : work) add(row);
  }
  for (const auto& work : served_rows_) {
    for (const auto& month : work) {
      for (const auto& row : month) add(row);
    }
  }
  return usd;
}

void PortfolioProgram::price_places(const PlaceShares& shares) {
  for (std::size_t w = 0; w < run_places_.size(); ++w) {
    for (std::size_t i = 0; i < run_places_[w].size(); ++i) {
      if (run_places_[w][i])
        program_.set_cost(*run_places_[w][i], shares.runs[w][i] * portfolio_.runs[w].places[i].usd);
    }
  }
  for (std::size_t w = 0; w < served_places_.size(); ++w) {
    for (std::size_t i = 0; i < served_places_[w].size(); ++i) {
      if (served_places_[w][i])
        program_.set_cost(*served_places_[w][i], shares.served[w][i] * portfolio_.served[w].places[i].usd);
    }
  }
}

LimitPrices PortfolioProgram::limit_prices(const std::vector<double>& row_prices) const {
  LimitPrices prices;
  for (const Limit& limit : limit_rows_)
    prices.push_back(std::max(0.0, -row_prices[static_cast<std::size_t>(limit.row.index)]));
  return prices;
}

void PortfolioProgram::price_limits(const LimitPrices& prices) {
  for (std::size_t i = 0; i < prices.size(); ++i) {
    if (limit_rows_[i].beyond) program_.set_cost(*limit_rows_[i].beyond, prices[i]);
  }
}

std::vector<double> PortfolioProgram::limits() const {
  std::vector<double> most;
  for (const Limit& limit : limit_rows_) most.push_back(limit.most);
  return most;
}

double PortfolioProgram::exceeded(const std::vector<double>& values) const {
  double most = 0;
  for (const Limit& limit : limit_rows_) {
    if (!limit.beyond) continue;
    const double beyond = values[static_cast<std::size_t>(limit.beyond->index)];
    most = std::max(most, beyond / std::max(1.0, limit.most));
  }
  return most;
}

ProgramRow PortfolioProgram::add_row_of_machines(std::size_t pool) {
  Terms any;
  for (const Piece& piece : pieces_[pool]) any.push_back({piece.machines, 1});
  for (const auto& commitment : committed_[pool]) {
    for (const auto& purchase : commitment) {
      if (purchase) any.push_back({purchase->machines, 1});
    }
  }
  return program_.add_row(0, any, kUnlimited);
}

}  // namespace capplan
