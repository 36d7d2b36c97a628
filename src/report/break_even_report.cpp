#include "report/break_even_report.h"

#include <algorithm>
#include <cmath>

#include "core/number_text.h"
#include "report/change_figures.h"
#include "report/chart.h"
#include "report/figures.h"
#include "report/grid.h"

namespace capplan {
namespace {

constexpr std::size_t kShown = 8;
constexpr double kSameTerm = 0.1;

std::string tenths(double value) { return plain_number(std::round(value * 10) / 10); }
std::string months_text(double months) { return span_text(months * kMonth); }
std::string hours_text(Duration time) { return count_text(std::round(time.in(kHour))) + " h"; }
std::string usd_text(Usd amount) { return money_text(amount.in(kUsd)); }
std::string price_text(DevicePrice price) { return money_text(price.in(kUsd / kHour / kDevice)); }
std::string price_text(const std::optional<DevicePrice>& price) { return price ? price_text(*price) : "–"; }
std::string rate_text(const BreakEvenStudy& study) {
  return percent_text(study.discounting.rate.yearly()) + " a year";
}

std::string use_text(const std::optional<double>& share) {
  if (!share) return "never";
  return percent_text(*share) + (*share > 1 ? ", never" : "");
}

std::string payback_text(const std::optional<double>& months, Duration horizon) {
  if (!months) return "not in " + months_text(horizon.in(kMonth));
  if (*months == 0) return "at once";
  return "month " + tenths(*months);
}

std::string verdict_text(bool buying) { return buying ? "buy" : "rent"; }

Grid figures_grid(const BreakEvenStudy& study, const BuyOrRent& b) {
  const BuyOrRentFigures& u = b.undiscounted;
  const BuyOrRentFigures& d = b.discounted;
  Grid grid;
  grid.columns = {{"figure", "", false, 0},
                  {"undiscounted", "UNDISCOUNTED", true, 0},
                  {"discounted", "AT " + percent_text(study.discounting.rate.yearly()) + " A YEAR", true, 0}};
  const auto row = [&](const std::string& what, const std::string& plain, const std::string& discounted,
                       bool strong = false) {
    grid.rows.push_back({{what, plain, discounted}, {}, strong});
  };
  const auto full_use = [&](const auto& text) {
    const auto one = [&](const BuyOrRentFigures& f) { return f.months ? text(*f.months) : "never"; };
    return std::pair(one(u), one(d));
  };
  const std::string horizon = months_text(study.horizon.in(kMonth));
  row("owning costs over " + horizon, usd_text(u.buy), usd_text(d.buy));
  row("renting the same work costs", usd_text(u.rent), usd_text(d.rent));
  row("owning saves", usd_text(u.saving()), usd_text(d.saving()), true);
  if (b.saving_after_tax) row("owning saves, after tax", "", usd_text(*b.saving_after_tax));
  row("owning pays from a use of", use_text(u.utilization), use_text(d.utilization), true);
  row("use by this spec", percent_text(b.own_utilization()), percent_text(b.own_utilization()));
  if (b.bought) {
    const auto [months, months_d] = full_use([](double m) { return months_text(m); });
    row("at full use, paid back after", months, months_d);
    const auto [hours, hours_d] = full_use([](double m) { return hours_text(m * kMonth); });
    row("  in hours of each accelerator", hours, hours_d);
    row("at this use, paid back in", payback_text(u.payback_months, study.horizon),
        payback_text(d.payback_months, study.horizon));
  } else {
    const double count = study.horizon.in(kMonth);
    row("leased: nothing to pay back; a month costs", usd_text(u.buy / count), "");
    row("  a month of renting", usd_text(u.rent / count), "");
  }
  row("an accelerator-hour used costs, owned", price_text(u.buy_used), price_text(d.buy_used));
  row("  rented", price_text(u.rent_used), price_text(d.rent_used));
  row("an accelerator-hour delivered costs, owned", price_text(u.buy_delivered), price_text(d.buy_delivered));
  row("  rented", price_text(u.rent_delivered), price_text(d.rent_delivered));
  row("verdict", verdict_text(u.buying_wins()), verdict_text(d.buying_wins()), true);
  return grid;
}

// How much of a share of the horizon costs, up to all of it.
Chart use_chart(const BuyOrRent& b) {
  const BuyOrRentFigures& f = b.undiscounted;
  Chart chart;
  for (const double share : {0.0, 1.0}) {
    chart.owning.push_back({share, f.buy_over_use.at(b.capacity * share).in(kUsd)});
    chart.renting.push_back({share, f.rent_over_use.at(b.capacity * share).in(kUsd)});
  }
  chart.x_first = "0%";
  chart.x_last = "100% of the horizon in use";
  if (f.utilization && *f.utilization <= 1) chart.crossing = f.utilization;
  chart.now = b.own_utilization();
  return chart;
}

Chart month_chart(const BuyOrRent& b) {
  Chart chart;
  for (const CumulativeCost& p : b.months) {
    chart.owning.push_back({1.0 * p.month, p.buy.in(kUsd)});
    chart.renting.push_back({1.0 * p.month, p.rent.in(kUsd)});
  }
  chart.x_most = b.months.back().month;
  chart.x_first = "start";
  chart.x_last = "month " + std::to_string(b.months.back().month);
  chart.crossing = b.crossing_month;
  return chart;
}

std::string return_text(const BuyOrRent& b) {
  if (!b.rate_of_return)
    return "no rate of return: the cash of owning less that of renting never breaks even";
  return "buying in place of renting returns " + percent_text(b.rate_of_return->yearly()) +
         " a year (internal rate of return)" +
         (b.sign_changes > 1 ? "; the cash changes sign " + std::to_string(b.sign_changes) +
                                   " times, so other rates may balance it too"
                             : "");
}

Grid other_purchases(const BreakEvenStudy& study, const WorkloadBreakEven& w, std::size_t shown) {
  Grid grid;
  grid.columns = {{"accelerators", "ACCELERATORS", false, 0},
                  {"rent", "RENT FROM", false, 2},
                  {"use", "USE", true, 1},
                  {"pays", "PAYS FROM", true, 0},
                  {"discounted", "AT " + percent_text(study.discounting.rate.yearly()), true, 1},
                  {"full", "FULL USE", true, 3},
                  {"saves", "SAVES", true, 1},
                  {"npv", "PRESENT VALUE", true, 2},
                  {"verdict", "VERDICT", false, 0}};
  for (std::size_t i = 1; i < shown; ++i) {
    const BuyOrRent& b = w.purchases[i];
    const BuyOrRentFigures& u = b.undiscounted;
    const BuyOrRentFigures& d = b.discounted;
    const std::string verdict =
        u.buying_wins() == d.buying_wins()
            ? verdict_text(d.buying_wins())
            : verdict_text(u.buying_wins()) + ", discounted " + verdict_text(d.buying_wins());
    GridRow row{
        {std::to_string(b.count) + " × " + std::string(b.accelerator), std::string(b.rent_provider),
         percent_text(b.own_utilization()), use_text(u.utilization), use_text(d.utilization),
         u.months ? months_text(*u.months) : "never", usd_text(u.saving()), usd_text(d.saving()), verdict},
        {},
        false};
    if (!b.why_they_differ.empty()) row.below.push_back("· " + b.why_they_differ);
    grid.rows.push_back(std::move(row));
  }
  return grid;
}

std::string commitment_verdict(const Commitment& c) {
  if (c.pays()) return c.pays_discounted() ? "commit" : "commit, discounted by the hour";
  if (c.pays_discounted()) return "by the hour, discounted commit";
  if (c.pays_after() <= c.committed)
    return "by the hour, unless it goes on for " + months_text(c.pays_after().in(kMonth));
  return "by the hour";
}

// Of the same term from the same provider, dearer regions and machines are left out.
std::vector<const Commitment*> shown_commitments(const WorkloadBreakEven& w, bool all) {
  std::vector<const Commitment*> shown;
  for (const Commitment& c : w.commitments) {
    const bool known = std::any_of(shown.begin(), shown.end(), [&](const Commitment* k) {
      return k->accelerator == c.accelerator && k->provider == c.provider && k->purchase == c.purchase &&
             std::abs(k->committed / c.committed - 1) < kSameTerm;
    });
    if (all || (!known && shown.size() < kShown)) shown.push_back(&c);
  }
  return shown;
}

Grid commitments_grid(const BreakEvenStudy& study, const std::vector<const Commitment*>& shown) {
  Grid grid;
  grid.columns = {{"accelerators", "ACCELERATORS", false, 0},
                  {"provider", "FROM", false, 1},
                  {"purchase", "PURCHASE", false, 2},
                  {"committed", "PAID FOR", true, 1},
                  {"price", "$/H", true, 3},
                  {"hourly", "BY THE HOUR", true, 3},
                  {"pays", "PAYS FROM", true, 0},
                  {"discounted", "AT " + percent_text(study.discounting.rate.yearly()), true, 2},
                  {"hours", "HOURS EACH", true, 4},
                  {"busy", "BUSY", true, 0},
                  {"saves", "SAVES", true, 2},
                  {"verdict", "VERDICT", false, 0}};
  for (const Commitment* shown_one : shown) {
    const Commitment& c = *shown_one;
    GridRow row{{std::to_string(c.count) + " × " + std::string(c.accelerator), std::string(c.provider),
                 std::string(purchase_name(c.purchase)),
                 c.committed < 2 * kMonth ? time_text(c.committed) : months_text(c.committed.in(kMonth)),
                 price_text(c.price),
                 price_text(c.hourly_price) + (c.hourly_provider == c.provider ? "" : " elsewhere"),
                 use_text(c.break_even), use_text(c.discounted_break_even), hours_text(c.break_even_time()),
                 percent_text(c.busy), usd_text(c.saving), commitment_verdict(c)},
                {},
                false};
    if (c.pays() && c.cheaper_elsewhere())
      row.below.push_back("· " + std::string(c.cheapest_provider) + " by the hour, " +
                          price_text(c.cheapest_price) + ", costs less than either");
    if (c.pays() != c.pays_discounted())
      row.below.push_back("· what is paid at the start weighs more at " + rate_text(study) + ": " +
                          usd_text(c.discounted_saving) + " saved in place of " + usd_text(c.saving));
    grid.rows.push_back(std::move(row));
  }
  return grid;
}

// One way to lay out a grid and a heading: a table, or Markdown.
struct Layout {
  const RenderOptions& options;
  bool markdown = false;

  std::string grid(const Grid& grid) const {
    return markdown ? render_markdown(grid) : render_grid(grid, options);
  }
  std::string heading(const std::string& text) const {
    return markdown ? "### " + text + "\n\n" : styled(text, Style::kStrong, options) + "\n\n";
  }
  std::string line(const std::string& text) const {
    return wrap(text, options.width, markdown ? "- " : "  ", 4) + "\n";
  }
  std::string more(std::size_t all, std::size_t shown) const {
    if (shown == all) return {};
    return (markdown ? "\n" : "") +
           line("… and " + std::to_string(all - shown) + " more (--all, or --format json)");
  }
  std::string drawing(const std::string& text) const {
    return markdown ? "```text\n" + text + "```\n" : text;
  }
};

std::string charts(const BreakEvenStudy& study, const BuyOrRent& b, const Layout& layout) {
  const BuyOrRentFigures& f = b.undiscounted;
  const std::string key = " (◆ owning, · renting, × where they cross";
  const bool crosses = f.utilization && *f.utilization <= 1;
  const std::string month = b.crossing_month ? ", in month " + tenths(*b.crossing_month) + ")"
                                             : "); they do not in twice the horizon";
  return layout.line("cost of " + months_text(study.horizon.in(kMonth)) +
                     " against use, undiscounted, less the value left" + key + ", ▲ this spec)" +
                     (crosses ? "" : "; they do not cross")) +
         "\n" + layout.drawing(draw(use_chart(b), layout.options)) + "\n" +
         layout.line("cash paid so far at this use, undiscounted, nothing sold" + key + month) + "\n" +
         layout.drawing(draw(month_chart(b), layout.options)) + "\n";
}

// The comparison in one sentence.
std::string words(const BreakEvenStudy& study, const BuyOrRent& b) {
  const BuyOrRentFigures& u = b.undiscounted;
  const BuyOrRentFigures& d = b.discounted;
  const std::string now = "at this spec's use, " + percent_text(b.own_utilization()) + ", " +
                          (u.buying_wins() ? "owning" : "renting") + " costs less";
  if (!u.utilization) return now + "; an owned hour costs no less than a rented one, whatever the use";
  if (*u.utilization > 1) return now + "; owning does not pay within the horizon, however much it is used";
  return now + "; owning pays from " + percent_text(*u.utilization) + " use, " +
         (d.utilization && *d.utilization <= 1 ? percent_text(*d.utilization) : std::string("never")) +
         " at " + rate_text(study);
}

const BuyOrRent& cheapest_rental(const WorkloadBreakEven& w) {
  return *std::min_element(
      w.purchases.begin(), w.purchases.end(),
      [](const BuyOrRent& a, const BuyOrRent& b) { return a.undiscounted.rent < b.undiscounted.rent; });
}

std::string purchases_text(const BreakEvenStudy& study, const WorkloadBreakEven& w, const Layout& layout) {
  std::string out = layout.heading("buy against rent");
  if (w.purchases.empty()) return out + layout.line("no comparison: " + w.why_not) + "\n";
  const BuyOrRent& first = w.purchases.front();
  out += layout.line("buy " + first.buy + ", plan " + std::to_string(first.buy_rank));
  out += layout.line("rent " + first.rent + ", plan " + std::to_string(first.rent_rank));
  const BuyOrRent& rental = cheapest_rental(w);
  if (rental.rent != first.rent && rental.rent != w.cheapest)
    out +=
        layout.line("cheapest rental compared: " + rental.rent + ", " + usd_text(rental.undiscounted.rent));
  if (w.cheapest != first.buy && w.cheapest != first.rent)
    out += layout.line("cheapest of all plans: " + w.cheapest + ", " + usd_text(w.cheapest_cost));
  for (const std::string& violation : first.violations)
    out += layout.line("the owned plan breaks " + violation);
  out += "\n" + layout.grid(figures_grid(study, first)) + "\n" + layout.line(words(study, first));
  if (!first.why_they_differ.empty()) out += layout.line(first.why_they_differ);
  out += layout.line(return_text(first)) + "\n" + charts(study, first, layout);
  if (w.purchases.size() == 1) return out;
  const std::size_t shown =
      layout.options.all ? w.purchases.size() : std::min(w.purchases.size(), kShown + 1);
  return out + layout.heading("other accelerators, owned against rented") +
         layout.grid(other_purchases(study, w, shown)) + layout.more(w.purchases.size(), shown) + "\n";
}

std::string commitments_text(const BreakEvenStudy& study, const WorkloadBreakEven& w, const Layout& layout) {
  std::string out = layout.heading("reserve against on-demand");
  if (w.commitments.empty())
    return out + layout.line("no commitment that fits is sold for an accelerator rented by the hour") + "\n";
  const std::vector<const Commitment*> shown = shown_commitments(w, layout.options.all);
  return out + layout.grid(commitments_grid(study, shown)) + layout.more(w.commitments.size(), shown.size()) +
         "\n" +
         layout.line(
             "a commitment pays where its accelerators are busy for more of what is paid for than PAYS FROM; "
             "BUSY is this spec's share") +
         "\n";
}

std::string money_line(const BreakEvenStudy& study) {
  const auto timing = [&] {
    switch (study.discounting.timing) {
      case Timing::kStart:
        return "at the start";
      case Timing::kMiddle:
        return "in the middle";
      case Timing::kEnd:
        break;
    }
    return "at the end";
  };
  return "money discounted at " + rate_text(study) + ", nominal and effective" +
         (study.real ? " (the spec states it above inflation)" : "") + "; what is paid in a month counts " +
         timing() + " of it";
}

std::string text_of_study(const BreakEvenStudy& study, const Layout& layout) {
  std::string out;
  if (layout.markdown) out += "## " + code_span(study.name) + "\n\n";
  out += layout.line("prices as of " + study.catalog_as_of + " · " + study.currency + " · horizon " +
                     months_text(study.horizon.in(kMonth)));
  out += layout.line(money_line(study)) + "\n";
  for (const WorkloadBreakEven& w : study.workloads) {
    if (study.workloads.size() > 1)
      out += layout.heading("workload " + (layout.markdown ? code_span(w.name) : w.name));
    if (!w.feasible) out += layout.line("nothing in the catalogue keeps to every constraint") + "\n";
    out += purchases_text(study, w, layout) + commitments_text(study, w, layout);
  }
  if (!study.proven())
    out += layout.line("interrupted: the best that was found so far, not proven to be the best");
  if (study.assumptions.empty()) return out;
  out += layout.heading("assumed");
  for (const Assumption& a : study.assumptions)
    out += layout.line(inert_markdown(a.path + " = " + a.value + " — " + a.source));
  return out;
}

}  // namespace

std::string render(const BreakEvenStudy& study, Format format, const RenderOptions& options) {
  RenderOptions plain = options;
  switch (format) {
    case Format::kJson:
      return render_break_even_json(study, options);
    case Format::kCsv:
      return render(break_even_listing(study), format, options);
    case Format::kMarkdown:
      plain.width = 0;
      plain.colour = false;
      return text_of_study(study, {plain, true});
    case Format::kTable:
      break;
  }
  std::string out = text_of_study(study, {options, false});
  return options.ascii ? to_ascii(std::move(out)) : out;
}

}  // namespace capplan
