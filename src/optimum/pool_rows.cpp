// The rows that tie work to the machines of a pool in a month.
#include <algorithm>
#include <cmath>

#include "optimum/portfolio_program.h"
#include "optimum/run_sets.h"
#include "optimum/run_time.h"

namespace capplan {
namespace {

// In a block, as columns.

template <class Load>
std::vector<int> sizes_above(const std::vector<Load>& loads, int existing) {
  std::vector<int> sizes;
  for (const Load& load : loads) {
    if (load.machines > existing) sizes.push_back(load.machines);
  }
  std::ranges::sort(sizes);
  sizes.erase(std::unique(sizes.begin(), sizes.end()), sizes.end());
  return sizes;
}

template <class Load>
bool is_of(const Load& load, const RunCount& runs) {
  return load.work == runs.work && load.period == runs.period && load.option == runs.option;
}

void append(std::vector<Term>& terms, const std::vector<Term>& more, double factor) {
  for (const Term& term : more) terms.push_back({term.column, factor * term.coefficient});
}

}  // namespace

void PortfolioProgram::add_pool_month(const PoolMonth& where, const ProgramDetail& detail) {
  const std::vector<Load> all = loads(where);
  const std::vector<Span> parts = spans(where);
  if (!all.empty()) add_sizes(where, all);
  // Where nothing is served, every hour is like every other, and the sum over them says all.
  const bool blocks = parts.size() > 1 && detail.by_block.contains(where);
  if (!all.empty() && (blocks || detail.by_size.contains(where))) {
    add_blocks(where, all, parts, detail);
  } else {
    add_area(where, all, parts);
  }
}

std::vector<PortfolioProgram::Load> PortfolioProgram::loads(const PoolMonth& where) const {
  std::vector<Load> all;
  for (std::size_t w = 0; w < runs_.size(); ++w) {
    const RunWork& work = portfolio_.runs[w];
    for (std::size_t r = 0; r < runs_[w].size(); ++r) {
      const int i = where.month - work.periods[r].first_month;
      if (i < 0 || i >= months_of(work.periods[r], portfolio_)) continue;
      for (std::size_t o = 0; o < runs_[w][r].size(); ++o) {
        const auto& runs = runs_[w][r][o];
        if (!runs || work.options[o].pool != where.pool) continue;
        all.push_back({.work = w,
                       .period = r,
                       .option = o,
                       .machines = work.options[o].machines,
                       .count = runs->count,
                       .hours = &runs->hours[static_cast<std::size_t>(i)],
                       .most_hours = most_hours(work.options[o], work.periods[r], portfolio_, i)});
      }
    }
  }
  return all;
}

std::vector<PortfolioProgram::Span> PortfolioProgram::spans(const PoolMonth& where) const {
  const auto m = static_cast<std::size_t>(where.month);
  std::vector<Span> all;
  bool served = false;
  for (std::size_t b = 0; b < portfolio_.blocks.size(); ++b) {
    Span& span = all.emplace_back(Span{b, portfolio_.blocks[b].hours, {}});
    for (std::size_t w = 0; w < shares_.size(); ++w) {
      for (std::size_t o = 0; o < shares_[w].size(); ++o) {
        const ServeOption& option = portfolio_.served[w].options[o];
        const auto& share = shares_[w][o][m][b];
        if (share && option.pool == where.pool) span.serving.push_back({*share, option.machines[m][b]});
      }
    }
    served = served || !span.serving.empty();
  }
  if (!served) return {Span{0, portfolio_.hours_a_month, {}}};
  return all;
}

// sum (a_j - a_{j-1}) h_j <= C - existing, h_j <= h_{j-1}; runs on a_j machines or more only where h_j is 1.
void PortfolioProgram::add_sizes(const PoolMonth& where, const std::vector<Load>& loads) {
  const std::vector<int> machines = sizes_above(loads, portfolio_.pools[where.pool].existing);
  if (machines.empty()) return;
  auto& sizes = sizes_[where.pool][static_cast<std::size_t>(where.month)];
  sizes = sizes_alike(where, machines);
  if (sizes.empty()) sizes = new_sizes(where, machines);
  for (std::size_t first = 0; first < loads.size();) {
    std::size_t end = first;  // loads of one period stand together
    while (end < loads.size() && loads[end].work == loads[first].work &&
           loads[end].period == loads[first].period)
      ++end;
    add_sizes_of_period({loads.begin() + static_cast<std::ptrdiff_t>(first),
                         loads.begin() + static_cast<std::ptrdiff_t>(end)},
                        sizes);
    first = end;
  }
}

// Those of an earlier month that has the same machines whatever is bought; empty: there is none.
std::vector<PortfolioProgram::Size> PortfolioProgram::sizes_alike(const PoolMonth& where,
                                                                  const std::vector<int>& machines) const {
  Terms capacity;
  add_capacity(where, 1, capacity);
  for (int month = where.month - 1; month >= 0; --month) {
    Terms before;
    add_capacity({where.pool, month}, 1, before);
    if (before != capacity) return {};
    const auto& sizes = sizes_[where.pool][static_cast<std::size_t>(month)];
    if (std::ranges::equal(sizes, machines, {}, &Size::machines)) return sizes;
  }
  return {};
}

std::vector<PortfolioProgram::Size> PortfolioProgram::new_sizes(const PoolMonth& where,
                                                                const std::vector<int>& machines) {
  std::vector<Size> sizes;
  Terms together;
  int before = portfolio_.pools[where.pool].existing;
  for (const int size : machines) {
    const Variable there = program_.add_column(Domain::kInteger, 0, 1, 0);
    together.push_back({there, 1.0 * (size - before)});
    if (!sizes.empty()) program_.add_row(-kUnlimited, {{there, 1}, {sizes.back().there, -1}}, 0);
    sizes.push_back({size, there});
    before = size;
  }
  add_capacity(where, -1, together);
  program_.add_row(-kUnlimited, together, 0);
  tie_to_pieces(where.pool, sizes);
  return sizes;
}

// So many machines stand there only where the pieces before them are bought: implied for whole columns, and
// what keeps the relaxation from paying a site by the share of it that is used.
void PortfolioProgram::tie_to_pieces(std::size_t pool, const std::vector<Size>& sizes) {
  if (!portfolio_.pools[pool].commitments.empty()) return;
  int before = portfolio_.pools[pool].existing;
  for (const Piece& piece : pieces_[pool]) {
    const std::optional<Variable> begun = piece.begun_or_whole();
    const auto size = std::ranges::find_if(sizes, [&](const Size& one) { return one.machines > before; });
    if (begun && size != sizes.end()) program_.add_row(-kUnlimited, {{size->there, 1}, {*begun, -1}}, 0);
    before += piece.cost.machines;
  }
}

// The same for what is served there, on any machine at all.
void PortfolioProgram::tie_serving_to_pieces(std::size_t p) {
  const Pool& pool = portfolio_.pools[p];
  if (!pool.commitments.empty() || pool.existing > 0 || pieces_[p].empty()) return;
  const std::optional<Variable> any = pieces_[p].front().begun_or_whole();
  if (!any) return;
  for (std::size_t w = 0; w < shares_.size(); ++w) {
    for (std::size_t o = 0; o < shares_[w].size(); ++o) {
      if (portfolio_.served[w].options[o].pool != p) continue;
      Terms used;
      double all = 0;
      for (int m = 0; m < portfolio_.months; ++m) {
        for (const Span& span : spans({p, m})) {
          const auto& share = shares_[w][o][static_cast<std::size_t>(m)][span.block];
          if (!share) continue;
          used.push_back({*share, span.hours});
          all += span.hours;
        }
      }
      if (used.empty()) continue;
      used.push_back({*any, -all});
      program_.add_row(-kUnlimited, used, 0);
    }
  }
}

void PortfolioProgram::add_sizes_of_period(const std::vector<Load>& loads, const std::vector<Size>& sizes) {
  const Period& period = portfolio_.runs[loads.front().work].periods[loads.front().period];
  const bool one_month = months_of(period, portfolio_) == 1;
  for (const Size& size : sizes) {
    // The rows of a size that no option of the period has follow from those of the next that one has.
    if (std::ranges::none_of(loads, [&](const Load& load) { return load.machines == size.machines; }))
      continue;
    Terms terms = {{size.there, -1.0 * period.runs}};
    for (const Load& load : loads) {
      if (load.machines < size.machines) continue;
      // Of several months, a run needs the machines only in those that it uses.
      if (one_month) terms.push_back({load.count, 1});
      if (!one_month && load.most_hours > 0) append(terms, *load.hours, 1 / load.most_hours);
    }
    program_.add_row(-kUnlimited, terms, 0);
  }
}

// sum n hours = sum_b h_b A_b, A_b + serving_b <= C.
void PortfolioProgram::add_area(const PoolMonth& where, const std::vector<Load>& loads,
                                const std::vector<Span>& spans) {
  const int existing = portfolio_.pools[where.pool].existing;
  Terms area;
  for (const Load& load : loads) append(area, *load.hours, load.machines);
  const bool apart = spans.size() > 1 && !area.empty();
  Terms sum = area;
  for (const Span& span : spans) {
    Terms used = span.serving;
    if (apart) {
      const Variable running = program_.add_column(Domain::kContinuous, 0, kUnlimited, 0);
      used.push_back({running, 1});
      sum.push_back({running, -span.hours});
    } else {
      append(used, area, 1 / span.hours);
    }
    if (used.empty()) continue;
    add_capacity(where, -1, used);
    program_.add_row(-kUnlimited, used, existing);
  }
  if (apart) program_.add_row(0, sum, 0);
}

std::vector<std::vector<PortfolioProgram::Terms>> PortfolioProgram::hours_by_span(
    const std::vector<Load>& loads, const std::vector<Span>& spans) {
  std::vector<std::vector<Terms>> all;
  for (const Load& load : loads) {
    auto& hours = all.emplace_back();
    if (spans.size() == 1) {
      hours.push_back(*load.hours);
      continue;
    }
    Terms sum;
    append(sum, *load.hours, -1);
    for (const Span& span : spans) {
      const Variable in_span = program_.add_column(Domain::kContinuous, 0, kUnlimited, 0);
      hours.push_back({{in_span, 1}});
      sum.push_back({in_span, 1});
      const double most = load.most_hours * span.hours / portfolio_.hours_a_month;
      program_.add_row(-kUnlimited, {{in_span, 1}, {load.count, -most}}, 0);
    }
    program_.add_row(0, sum, 0);
  }
  return all;
}

void PortfolioProgram::add_blocks(const PoolMonth& where, const std::vector<Load>& loads,
                                  const std::vector<Span>& spans, const ProgramDetail& detail) {
  const auto hours = hours_by_span(loads, spans);
  for (std::size_t s = 0; s < spans.size(); ++s) {
    Terms used = spans[s].serving;
    for (std::size_t l = 0; l < loads.size(); ++l)
      append(used, hours[l][s], loads[l].machines / spans[s].hours);
    add_capacity(where, -1, used);
    program_.add_row(-kUnlimited, used, portfolio_.pools[where.pool].existing);
  }
  if (detail.by_size.contains(where)) add_groups(where, loads, hours, spans);
  const auto set = detail.by_set.find(where);
  if (set != detail.by_set.end()) add_sets(loads, hours, spans, set->second);
}

// sum floor(n / a) hours <= h_b g_a, a g_a <= C. Groups of a within n machines never overlap.
void PortfolioProgram::add_groups(const PoolMonth& where, const std::vector<Load>& loads,
                                  const std::vector<std::vector<Terms>>& hours,
                                  const std::vector<Span>& spans) {
  for (const int size : sizes_above(loads, 0)) {
    const Variable groups = program_.add_column(Domain::kInteger, 0, kUnlimited, 0);
    groups_.push_back({where, size, groups});
    for (std::size_t s = 0; s < spans.size(); ++s) {
      Terms side_by_side = {{groups, -1}};
      for (std::size_t l = 0; l < loads.size(); ++l) {
        const int groups_of_run = loads[l].machines / size;
        append(side_by_side, hours[l][s], groups_of_run / spans[s].hours);
      }
      program_.add_row(-kUnlimited, side_by_side, 0);
    }
    Terms there = {{groups, 1.0 * size}};
    add_capacity(where, -1, there);
    program_.add_row(-kUnlimited, there, portfolio_.pools[where.pool].existing);
  }
}

// Where all that may run there makes too many sets, only what the plan runs may stay.
// sum_S x_S <= h_b, hours <= sum_S k_S x_S, h_b serving <= sum_S (machines that S leaves) x_S.
void PortfolioProgram::add_sets(const std::vector<Load>& loads, const std::vector<std::vector<Terms>>& hours,
                                const std::vector<Span>& spans, const SideBySide& plan) {
  std::vector<RunKind> kinds;
  kinds.reserve(loads.size());
  for (const Load& load : loads)
    kinds.push_back({load.machines, portfolio_.runs[load.work].periods[load.period].runs});
  auto sets = sets_side_by_side(kinds, plan.machines, false, kMostSets);
  if (!sets) {
    for (std::size_t l = 0; l < loads.size(); ++l) {
      if (std::ranges::none_of(plan.runs, [&](const RunCount& run) { return is_of(loads[l], run); }))
        kinds[l].runs = 0;
    }
    sets = sets_side_by_side(kinds, plan.machines, false, kMostSets);
  }
  if (!sets) return;
  for (std::size_t s = 0; s < spans.size(); ++s) {
    Terms time, serving;
    append(serving, spans[s].serving, spans[s].hours);
    double most = 0;
    for (const Term& term : spans[s].serving) most += term.coefficient;
    std::vector<Terms> running(loads.size());
    for (std::size_t l = 0; l < loads.size(); ++l) running[l] = hours[l][s];
    for (const RunSet& set : *sets) {
      const Variable column = program_.add_column(Domain::kContinuous, 0, kUnlimited, 0);
      time.push_back({column, 1});
      serving.push_back({column, -std::min(1.0 * set.free, most)});
      for (std::size_t l = 0; l < loads.size(); ++l) {
        if (set.runs[l] > 0) running[l].push_back({column, -1.0 * set.runs[l]});
      }
    }
    program_.add_row(-kUnlimited, time, spans[s].hours);
    if (most > 0) program_.add_row(-kUnlimited, serving, 0);
    for (const Terms& run : running) program_.add_row(-kUnlimited, run, 0);
  }
}

// Off where there are more machines than it speaks of.
void PortfolioProgram::add_turn_limit(const TurnLimit& limit) {
  const int existing = portfolio_.pools[limit.where.pool].existing;
  const auto all = loads(limit.where);
  Terms terms;
  double most = limit.most_served - limit.together;
  for (const TurnLimit::Kind& kind : limit.kinds) {
    const auto load = std::ranges::find_if(all, [&](const Load& one) { return is_of(one, kind.runs); });
    if (load == all.end()) return;
    append(terms, *load->hours, kind.usage);
    terms.push_back({load->count, -kind.allowed});
    most += kind.most;
  }
  for (const Span& span : spans(limit.where))
    append(terms, span.serving, limit.served[span.block] * span.hours);
  if (limit.machines >= existing && most > 0) {
    const Variable more = program_.add_column(Domain::kInteger, 0, 1, 0);
    sizes_[limit.where.pool][static_cast<std::size_t>(limit.where.month)].push_back(
        {limit.machines + 1, more});
    Terms there = {{more, 1.0 * (limit.machines + 1 - existing)}};
    add_capacity(limit.where, -1, there);
    program_.add_row(-kUnlimited, there, 0);
    terms.push_back({more, -most});
  }
  program_.add_row(-kUnlimited, terms, limit.together);
}

}  // namespace capplan
