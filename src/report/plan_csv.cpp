#include <algorithm>
#include <array>

#include "core/number_text.h"
#include "plan/assumption_shares.h"
#include "report/formats.h"

namespace capplan {
namespace {

template <class Part>
std::string joined(const PlanOption& option, const Part& part) {
  std::string out;
  bool first = true;
  for (const Allocation& a : option.allocations) {
    if (!first) out += ";";
    out += part(a);
    first = false;
  }
  return out;
}

std::string semicolons(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : "; ") + part;
  return out;
}

std::string flag(bool value) { return value ? "true" : "false"; }

void add_costs(std::string& line, const PlanOption& o) {
  const auto usd = [&](Money amount) { line += "," + plain_number(amount.usd()); };
  usd(o.cost.total());
  if (o.sampled) {
    usd(o.sampled->p10);
    usd(o.sampled->p50);
    usd(o.sampled->p90);
  } else {
    line += ",,,";
  }
  usd(o.cost.capex());
  usd(o.cost.total() - o.cost.capex());
  usd(o.cost.idle);
  for (const Category category : kCategories) usd(o.cost.total(category));
}

}  // namespace

std::string plan_csv_cells(const PlanOption& o, const Plan& plan) {
  std::string line = std::to_string(o.rank) + "," + csv_cell(o.id) + "," +
                     std::string(supply_option_name(o.option)) + "," + flag(o.feasible) + "," +
                     csv_cell(semicolons(o.violations)) + "," + flag(o.meets_deadline) + "," +
                     flag(o.on_pareto_front) + "," + plain_number(o.wall_clock.in(kHour));
  add_costs(line, o);
  line += "," + plain_number(o.energy.kwh) + "," + plain_number(o.energy.kg_co2e);
  line += "," + csv_cell(joined(o, [&](const Allocation& a) { return plan.workloads[a.workload].name; }));
  line += "," + csv_cell(joined(o, [](const Allocation& a) { return std::string(a.accelerator); }));
  line += "," + joined(o, [](const Allocation& a) { return std::to_string(a.count); });
  line += "," + csv_cell(joined(o, [](const Allocation& a) { return std::string(a.provider); }));
  line += "," + csv_cell(joined(o, [](const Allocation& a) { return std::string(a.region); }));
  line += "," + joined(o, [](const Allocation& a) { return std::string(purchase_name(a.purchase)); });
  line += "," + joined(o, [](const Allocation& a) {
            return a.usd_per_accelerator_hour ? plain_number(*a.usd_per_accelerator_hour) : std::string();
          });
  line += "," + joined(o, [](const Allocation& a) { return plain_number(a.accelerator_hours); });
  line += "," + joined(o, [](const Allocation& a) { return plain_number(a.execution.mfu); });
  const auto present = [](const std::optional<Usd>& value) {
    return value ? plain_number(value->in(kUsd)) : std::string();
  };
  const auto hours = [](Duration Interrupted::*part) {
    return [part](const Allocation& a) {
      return a.interrupted ? plain_number(((*a.interrupted).*part).in(kHour)) : std::string();
    };
  };
  line += "," + present(o.npv) + "," + present(o.npv_after_tax);
  line += "," + joined(o, hours(&Interrupted::on_spot)) + "," + joined(o, hours(&Interrupted::on_fallback));
  line += "," + plain_number(assumption_shares(plan, o).share);
  const auto probability = [](const std::optional<double>& p) {
    return p ? plain_number(*p) : std::string();
  };
  line += "," + probability(o.p_over_budget) + "," + probability(o.p_late) + "," + probability(o.p_cheapest);
  return line;
}

std::string empty_plan_csv_cells() {
  const std::string columns = plan_csv_columns();
  return std::string(static_cast<std::size_t>(std::count(columns.begin(), columns.end(), ',')), ',');
}

std::string csv_cell(std::string text) {
  // A spreadsheet would run a cell that begins like a formula.
  if (text.find_first_of("=+-@\t\r") == 0) text.insert(0, "'");
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

std::string plan_csv_columns() {
  std::string out =
      "rank,id,option,feasible,violations,meets_deadline,on_pareto_front,wall_clock_hours,total_usd,p10_usd,"
      "p50_usd,p90_usd,capex_usd,opex_usd,idle_usd";
  for (const Category category : kCategories) out += "," + std::string(category_name(category)) + "_usd";
  out +=
      ",energy_kwh,carbon_kg_co2e,workload,accelerator,count,provider,region,purchase,usd_per_accelerator_"
      "hour,accelerator_hours,mfu,npv_usd,npv_after_tax_usd,spot_hours,on_demand_hours,assumed_share,p_over_"
      "budget,p_late,"
      "p_cheapest";
  return out;
}

std::string render_plan_csv(const Plan& plan, const RenderOptions& options) {
  std::string out = plan_csv_columns() + "\n";
  for (const PlanOption* option : shown_options(plan, options)) out += plan_csv_cells(*option, plan) + "\n";
  return out;
}

}  // namespace capplan
