#include <array>

#include "report/break_even_report.h"
#include "report/json_text.h"

namespace capplan {
namespace {

Json usd(Usd amount) { return num(amount.in(kUsd)); }
Json price(DevicePrice price) { return num(price.in(kUsd / kHour / kDevice)); }
Json share(const std::optional<double>& value) { return value ? num(*value) : Json(nullptr); }
Json hourly(const std::optional<DevicePrice>& value) { return value ? price(*value) : Json(nullptr); }
Json hours(const std::optional<double>& months) {
  return months ? num((*months * kMonth).in(kHour)) : Json(nullptr);
}

Json figures_json(const BuyOrRentFigures& f) {
  return {{"buy_usd", usd(f.buy)},
          {"rent_usd", usd(f.rent)},
          {"saving_usd", usd(f.saving())},
          {"utilization", share(f.utilization)},
          {"months", share(f.months)},
          {"hours", hours(f.months)},
          {"payback_months", share(f.payback_months)},
          {"buy_usd_per_used_accelerator_hour", hourly(f.buy_used)},
          {"rent_usd_per_used_accelerator_hour", hourly(f.rent_used)},
          {"buy_usd_per_delivered_accelerator_hour", hourly(f.buy_delivered)},
          {"rent_usd_per_delivered_accelerator_hour", hourly(f.rent_delivered)},
          {"verdict", f.buying_wins() ? "buy" : "rent"}};
}

// Straight lines, at every tenth of the horizon.
Json use_curve(const BuyOrRent& b) {
  Json points = Json::array();
  for (int tenth = 0; tenth <= 10; ++tenth) {
    const DeviceTime use = b.capacity * (tenth / 10.0);
    points.push_back({{"utilization", num(tenth / 10.0)},
                      {"buy_usd", usd(b.undiscounted.buy_over_use.at(use))},
                      {"rent_usd", usd(b.undiscounted.rent_over_use.at(use))}});
  }
  return points;
}

Json month_curve(const BuyOrRent& b) {
  Json points = Json::array();
  for (const CumulativeCost& p : b.months)
    points.push_back({{"month", p.month}, {"buy_usd", usd(p.buy)}, {"rent_usd", usd(p.rent)}});
  return points;
}

Json purchase_json(const BuyOrRent& b) {
  Json out{{"buy", b.buy},
           {"rent", b.rent},
           {"accelerator", b.accelerator},
           {"count", b.count},
           {"own_utilization", num(b.own_utilization())},
           {"undiscounted", figures_json(b.undiscounted)},
           {"discounted", figures_json(b.discounted)}};
  if (b.saving_after_tax) out["discounted"]["saving_after_tax_usd"] = usd(*b.saving_after_tax);
  out["internal_rate_of_return"] = b.rate_of_return ? num(b.rate_of_return->yearly()) : Json(nullptr);
  out["sign_changes"] = b.sign_changes;
  out["reason"] = b.why_they_differ;
  out["curves"] = {{"cost_over_use", use_curve(b)},
                   {"cash_over_months", month_curve(b)},
                   {"crossing_month", share(b.crossing_month)}};
  return out;
}

Json commitment_json(const Commitment& c) {
  return {{"commitment", c.id},
          {"by_the_hour", c.hourly},
          {"accelerator", c.accelerator},
          {"count", c.count},
          {"provider", c.provider},
          {"purchase", purchase_name(c.purchase)},
          {"usd_per_accelerator_hour", price(c.price)},
          {"by_the_hour_usd_per_accelerator_hour", price(c.hourly_price)},
          {"cheapest_by_the_hour",
           {{"provider", c.cheapest_provider}, {"usd_per_accelerator_hour", price(c.cheapest_price)}}},
          {"paid_hours", num(c.committed.in(kHour))},
          {"upfront_usd", usd(c.upfront)},
          {"busy_share", num(c.busy)},
          {"busy_share_of_horizon", num(c.busy_in_horizon)},
          {"undiscounted",
           {{"break_even_busy_share", num(c.break_even)},
            {"break_even_hours", num(c.break_even_time().in(kHour))},
            {"saving_usd", usd(c.saving)},
            {"verdict", c.pays() ? "commit" : "by the hour"}}},
          {"discounted",
           {{"break_even_busy_share", num(c.discounted_break_even)},
            {"saving_usd", usd(c.discounted_saving)},
            {"verdict", c.pays_discounted() ? "commit" : "by the hour"}}}};
}

Json workload_json(const WorkloadBreakEven& w) {
  Json purchases = Json::array();
  for (const BuyOrRent& b : w.purchases) purchases.push_back(purchase_json(b));
  Json commitments = Json::array();
  for (const Commitment& c : w.commitments) commitments.push_back(commitment_json(c));
  return {{"name", w.name},
          {"feasible", w.feasible},
          {"cheapest", w.cheapest.empty() ? Json(nullptr)
                                          : Json{{"id", w.cheapest}, {"total_usd", usd(w.cheapest_cost)}}},
          {"buy_or_rent", std::move(purchases)},
          {"why_not", w.why_not},
          {"commitments", std::move(commitments)}};
}

constexpr std::array kKeys{"kind",
                           "workload",
                           "option",
                           "against",
                           "accelerator",
                           "count",
                           "use",
                           "break_even_use",
                           "discounted_break_even_use",
                           "months",
                           "discounted_months",
                           "hours",
                           "saving_usd",
                           "discounted_saving_usd",
                           "internal_rate_of_return",
                           "verdict",
                           "discounted_verdict"};

Cell cell_of(const std::optional<double>& value) { return value ? number_cell(*value) : empty_cell(); }

// In the order of the keys.
std::vector<Cell> purchase_cells(const WorkloadBreakEven& w, const BuyOrRent& b) {
  const BuyOrRentFigures& u = b.undiscounted;
  const BuyOrRentFigures& d = b.discounted;
  const auto verdict = [](bool buying) { return text_cell(buying ? "buy" : "rent"); };
  return {text_cell("buy"),
          text_cell(w.name),
          text_cell(b.buy),
          text_cell(b.rent),
          text_cell(b.accelerator),
          number_cell(b.count),
          number_cell(b.own_utilization()),
          cell_of(u.utilization),
          cell_of(d.utilization),
          cell_of(u.months),
          cell_of(d.months),
          u.months ? number_cell((*u.months * kMonth).in(kHour)) : empty_cell(),
          number_cell(u.saving().in(kUsd)),
          number_cell(d.saving().in(kUsd)),
          b.rate_of_return ? number_cell(b.rate_of_return->yearly()) : empty_cell(),
          verdict(u.buying_wins()),
          verdict(d.buying_wins())};
}

std::vector<Cell> commitment_cells(const WorkloadBreakEven& w, const Commitment& c) {
  const auto verdict = [](bool commits) { return text_cell(commits ? "commit" : "by the hour"); };
  return {text_cell("commit"),
          text_cell(w.name),
          text_cell(c.id),
          text_cell(c.hourly),
          text_cell(c.accelerator),
          number_cell(c.count),
          number_cell(c.busy),
          number_cell(c.break_even),
          number_cell(c.discounted_break_even),
          empty_cell(),
          empty_cell(),
          number_cell(c.break_even_time().in(kHour)),
          number_cell(c.saving.in(kUsd)),
          number_cell(c.discounted_saving.in(kUsd)),
          empty_cell(),
          verdict(c.pays()),
          verdict(c.pays_discounted())};
}

}  // namespace

Listing break_even_listing(const BreakEvenStudy& study) {
  Listing listing{"break_even", {}, {}};
  for (const char* key : kKeys) listing.columns.push_back({key, key, false, 1});
  for (const WorkloadBreakEven& w : study.workloads) {
    for (const BuyOrRent& b : w.purchases) listing.rows.push_back(purchase_cells(w, b));
    for (const Commitment& c : w.commitments) listing.rows.push_back(commitment_cells(w, c));
  }
  return listing;
}

std::string render_break_even_json(const BreakEvenStudy& study, const RenderOptions& options) {
  Json workloads = Json::array();
  for (const WorkloadBreakEven& w : study.workloads) workloads.push_back(workload_json(w));
  Json out{{"schema", "capplan.breakeven/1"},
           {"capplan_version", options.version},
           {"name", study.name},
           {"currency", study.currency},
           {"horizon_months", count(study.horizon.in(kMonth))}};
  out["catalog"] = {{"as_of", study.catalog_as_of}, {"sha256", study.catalog_sha256}};
  out["discounting"] = {{"rate_per_year", num(study.discounting.rate.yearly())},
                        {"basis", "nominal"},
                        {"compounding", "effective"},
                        {"stated_above_inflation", study.real},
                        {"timing", timing_name(study.discounting.timing)},
                        {"period", "month"}};
  out["assumptions"] = assumptions_json(study.assumptions);
  out["workloads"] = std::move(workloads);
  out["proven"] = study.proven();
  out["diagnostics"] = diagnostics_json(study.diagnostics);
  return text_of(out);
}

}  // namespace capplan
