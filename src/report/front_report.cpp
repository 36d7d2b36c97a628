#include "report/front_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "report/figures.h"
#include "report/grid.h"

namespace capplan {
namespace {

// Of the time and of the P90: less than that is no reason to pay more.
constexpr double kWorthwhileTime = 0.2;
constexpr double kWorthwhileP90 = 0.1;

using Plans = std::vector<const PlanOption*>;

// The cheapest first.
Plans front_of(const Plan& plan) {
  Plans front;
  for (const PlanOption& o : plan.options) {
    if (o.on_pareto_front && o.sampled) front.push_back(&o);
  }
  std::ranges::sort(front, {}, [](const PlanOption* o) { return std::tuple(o->cost.total(), o->rank); });
  return front;
}

// The cheapest, and each that is much faster or much surer than all before it.
Plans steps_of(const Plans& front) {
  Plans steps{front.front()};
  Duration time = front.front()->wall_clock;
  Money p90 = front.front()->sampled->p90;
  for (const PlanOption* o : front) {
    const bool faster = o->wall_clock < time * (1 - kWorthwhileTime);
    const bool surer = o->sampled->p90.usd() < p90.usd() * (1 - kWorthwhileP90);
    if (!faster && !surer) continue;
    steps.push_back(o);
    time = std::min(time, o->wall_clock);
    p90 = std::min(p90, o->sampled->p90);
  }
  return steps;
}

std::string change_text(double value, double base) {
  const double change = value / base - 1;
  if (std::abs(change) < 0.005) return "";
  if (change >= 1) return fmt::format("× {:.3g}", value / base);
  return (change < 0 ? "−" : "+") + percent_text(std::abs(change));
}

// "time −35%, cost +12%": against the cheapest.
std::string against(const PlanOption& o, const PlanOption& cheapest) {
  std::string text;
  const auto say = [&](const char* what, double value, double base) {
    const std::string change = base == 0 ? "" : change_text(value, base);
    if (!change.empty()) text += (text.empty() ? "" : ", ") + std::string(what) + " " + change;
  };
  say("time", o.wall_clock.base(), cheapest.wall_clock.base());
  say("cost", o.cost.total().usd(), cheapest.cost.total().usd());
  say("P90", o.sampled->p90.usd(), cheapest.sampled->p90.usd());
  return text;
}

// How it is bought is said, unless that is by the hour or owned.
std::string option_text(const PlanOption& o) {
  std::string text(supply_option_name(o.option));
  const Purchase how = o.allocations.front().purchase;
  if (how != Purchase::kOnDemand && how != Purchase::kOwned) text += " " + std::string(purchase_name(how));
  return text;
}

Grid grid_of(const Plans& plans, const ShownCurrency& shown) {
  Grid grid;
  grid.columns = {{"rank", "#", true, 0},         {"option", "TRADE-OFF", false, 0},
                  {"provider", "FROM", false, 1}, {"accelerators", "ACCELERATORS", false, 0},
                  {"time", "TIME", true, 0},      {"cost", "COST", true, 0},
                  {"p90", "P90", true, 0},        {"against", "AGAINST THE CHEAPEST", false, 2}};
  for (const PlanOption* o : plans) {
    const Allocation& first = o->allocations.front();
    std::string accelerators = std::to_string(first.count) + " × " + std::string(first.accelerator);
    if (o->allocations.size() > 1) accelerators += fmt::format(" and {} more", o->allocations.size() - 1);
    grid.rows.push_back(
        {{std::to_string(o->rank), option_text(*o), std::string(first.provider), std::move(accelerators),
          time_text(o->wall_clock), money_text(o->cost.total().usd(), shown),
          money_text(o->sampled->p90.usd(), shown), against(*o, *plans.front())},
         {},
         false});
  }
  return grid;
}

struct Shown {
  Grid grid;
  std::string rest;  // what is left out, in words
};

std::optional<Shown> shown_of(const Plan& plan, const RenderOptions& options) {
  const Plans front = front_of(plan);
  if (front.size() < 2) return std::nullopt;
  const Plans steps = options.all ? front : steps_of(front);
  Shown shown{grid_of(steps, options.currency), {}};
  if (steps.size() < front.size())
    shown.rest = fmt::format("{} of {} plans that none beats in cost, P90 and time together (--all)",
                             steps.size(), front.size());
  return steps.size() < 2 ? std::nullopt : std::optional(std::move(shown));
}

}  // namespace

std::string front_table(const Plan& plan, const RenderOptions& options) {
  const std::optional<Shown> shown = shown_of(plan, options);
  if (!shown) return {};
  const std::string rest = shown->rest.empty() ? "" : wrap(shown->rest, options.width, " ", 2) + "\n";
  return "\n" + render_grid(shown->grid, options) + rest + "\n";
}

std::string front_markdown(const Plan& plan, const RenderOptions& options) {
  const std::optional<Shown> shown = shown_of(plan, options);
  return shown ? "\n" + render_markdown(shown->grid) + "\n" : std::string();
}

}  // namespace capplan
