#include "plan/notes.h"

#include <algorithm>
#include <cmath>

#include "core/number_text.h"

namespace capplan {
namespace {

void add_note(PlanOption& o, std::string note) {
  if (std::ranges::find(o.notes, note) == o.notes.end()) o.notes.push_back(std::move(note));
}

std::string usd_text(double usd) { return plain_number(std::round(usd)) + " USD"; }

void note_spot(PlanOption& o, const Allocation& a, const BoundSpec& spec) {
  if (a.purchase != Purchase::kSpot) return;
  const std::string unknown = "spot capacity for more than one node is not known";
  if (a.nodes > 1) add_note(o, unknown);
  const bool served = spec.workloads[a.workload].workload->kind == WorkloadKind::kServing;
  if (served && a.interrupted && a.interrupted->fallback != nullptr)
    o.notes.push_back("firm hours serve " +
                      plain_number(std::round(a.interrupted->on_fallback / a.execution.run_time * 100)) +
                      "% of the time, while spot capacity is away; what it serves as it goes is cut off");
}

// Where the spec does not say when owned accelerators come, and the usual time is too long.
void note_usual_delivery(PlanOption& o, const BoundSpec& spec, const Catalog& catalog) {
  if (spec.spec->site.lead_time) return;
  const Duration lead = Duration::of(catalog.figure("lead-time.server").value);
  for (const Allocation& a : o.allocations) {
    const BoundWorkload& w = spec.workloads[a.workload];
    const bool due = w.workload->deadline && w.workload->kind != WorkloadKind::kServing;
    const bool there = a.fleet && o.fleets[*a.fleet].existing;
    if (a.purchase != Purchase::kOwned || there || !due || lead <= w.deadline) continue;
    add_note(o, "delivery usually takes " + plain_number(lead.in(kDay * 7)) +
                    (w.workload->runs ? " weeks: the first runs are due before"
                                      : " weeks, longer than the deadline"));
  }
}

// What several workloads share: the allocations say what each of them uses.
void note_fleets(PlanOption& o) {
  for (const Fleet& f : o.fleets) {
    std::string note = std::to_string(f.count) + " × " + std::string(f.accelerator);
    if (f.existing) {
      note += " that are there already";
    } else if (f.purchase == Purchase::kOwned) {
      note += " to buy";
    } else {
      note += " to commit to at " + std::string(f.provider) + ", months " +
              std::to_string(f.first_month + 1) + " to " + std::to_string(f.first_month + f.months);
    }
    add_note(o, "shared by all work: " + note);
  }
}

void note_optimality(PlanOption& o) {
  if (!o.optimality) return;
  const Optimality& optimum = *o.optimality;
  if (!optimum.proven && optimum.bound_usd)
    add_note(o, "no plan costs less than " + usd_text(*optimum.bound_usd) + ": within " +
                    plain_number(std::ceil(optimum.gap * 1e4) / 100) + "% of the optimum");
}

bool is_mix(const PlanOption& o) { return o.option == SupplyOption::kHybrid; }

// By how much the lines of a category differ, largest first.
std::string by_category(const PlanOption& mix, const PlanOption& pure) {
  std::vector<std::pair<Money, Category>> changes;
  for (const Category category : kCategories) {
    const Money change = mix.cost.total(category) - pure.cost.total(category);
    if (change != Money{}) changes.emplace_back(change, category);
  }
  std::stable_sort(changes.begin(), changes.end(), [](const auto& a, const auto& b) {
    return std::abs(a.first.micros()) > std::abs(b.first.micros());
  });
  std::string text;
  for (const auto& [change, category] : changes)
    text += (text.empty() ? "" : ", ") + std::string(category_name(category)) +
            (change > Money{} ? " +" : " ") + usd_text(change.usd());
  return text;
}

}  // namespace

void note_option(PlanOption& o, const BoundSpec& spec, const Catalog& catalog) {
  for (const Allocation& a : o.allocations) note_spot(o, a, spec);
  const bool many_single_nodes =
      std::any_of(o.allocations.begin(), o.allocations.end(), [&](const Allocation& a) {
        return a.purchase != Purchase::kOwned && a.execution.serving &&
               a.count > 4 * catalog.accelerator(a.accelerator)->per_node;
      });
  if (many_single_nodes) o.notes.emplace_back("whether the provider has that many at once is not known");
  if (o.standing == PriceStanding::kOutlier)
    o.notes.emplace_back("price far below the market: ranked after all others");
  if (o.standing == PriceStanding::kUnreferenced)
    o.notes.emplace_back("price with nothing to hold it against: ranked after all others");
  if (o.standing == PriceStanding::kUntested)
    o.notes.emplace_back("too few sellers to test this price against");
  // Splits minimise cost, whatever ranks the plans, and so do programs of one option.
  const Objective made_for = o.optimality ? o.optimality->made_for : Objective::kCost;
  if ((is_mix(o) || o.optimality) && spec.objective != made_for)
    add_note(o, "made for the least cost, not by " + std::string(objective_name(spec.objective)));
  note_usual_delivery(o, spec, catalog);
  note_fleets(o);
  note_optimality(o);
}

// Ranks are exact, prices and times are not: plans that differ by less than anyone can know are called
// equal.
void note_ties(Plan& out) {
  if (!out.feasible()) return;
  constexpr double kIndistinct = 1.05;
  const PlanOption& first = out.options.front();
  int last = 1;
  for (const PlanOption& o : out.options) {
    if (!o.feasible || o.cost.total().usd() > kIndistinct * first.cost.total().usd()) break;
    last = o.rank;
  }
  const bool wide = first.sampled && first.sampled->p90.usd() > kIndistinct * first.sampled->p50.usd();
  if (last > 1 && wide)
    out.notes.push_back("plans 1 " + std::string(last == 2 ? "and " : "to ") + std::to_string(last) +
                        " lie within 5% of each other, less than any of them is known: take them as equal");
}

void note_mix(Plan& plan) {
  PlanOption* mix = nullptr;
  const PlanOption* pure = nullptr;
  for (PlanOption& o : plan.options) {
    if (!o.feasible || !o.firm) continue;
    if (is_mix(o) && mix == nullptr) mix = &o;
    if (!is_mix(o) && pure == nullptr) pure = &o;
  }
  if (mix == nullptr || pure == nullptr || !mix->optimality) return;
  const Money change = mix->cost.total() - pure->cost.total();
  const std::string amount = usd_text(std::abs(change.usd()));
  add_note(*mix, "costs " + amount + (change > Money{} ? " more" : " less") + " than plan " +
                     std::to_string(pure->rank) + ", the best of one option: " + by_category(*mix, *pure));
}

}  // namespace capplan
