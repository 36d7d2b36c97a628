#include <algorithm>

#include "capplan/cost/owned.h"
#include "core/number_text.h"

namespace capplan {
namespace {

constexpr UsdRate kUsdPerYear = kUsd / kYear;
constexpr UsdRate kUsdPerMonth = kUsd / kMonth;

// In the unit that people quote it in.
struct Quoted {
  double value;
  Text unit;
};
Quoted quoted(const Figure& figure) {
  if (figure.dim == Dim{.usd = 1, .second = -1})
    return {UsdRate::of(figure.value).in(kUsdPerYear), "USD/year"};
  if (figure.dim == Dim{.second = 1}) return {Duration::of(figure.value).in(kHour), "h"};
  return {figure.value, figure.dim == Dim{.usd = 1} ? Text("USD") : Text()};
}

class TermsReader {
 public:
  TermsReader(const Site& site, const SiteChoice& choice, const Catalog& catalog)
      : site_(site), choice_(choice), catalog_(catalog) {}

  SiteTerms read() {
    terms_.id = site_.id;
    terms_.country = site_.country;
    running_costs();
    people();
    hardware();
    money();
    lead_time();
    return std::move(terms_);
  }

 private:
  Factor usual(Text figure) const {
    const Figure& f = catalog_.figure(figure);
    const Quoted q = quoted(f);
    return figure_factor(f, q.value, q.unit);
  }
  std::optional<Factor> of_profile(Text figure) const {
    return figure.empty() ? std::nullopt : std::optional(usual(figure));
  }
  void none(Text what, Text meaning) {
    add_assumption(terms_.assumptions, {"site." + std::string(what), "none", std::string(meaning)});
  }

  void running_costs() {
    if (choice_.facility) {
      terms_.facility = spec_factor("space and cooling", choice_.facility->in(kUsd / (kKilowatt * kMonth)),
                                    "USD/kW/month", "site.facility");
    } else if (!site_.facility.empty()) {
      const Figure& rent = catalog_.figure(site_.facility);
      terms_.facility =
          figure_factor(rent, PowerPrice::of(rent.value).in(kUsd / (kKilowatt * kMonth)), "USD/kW/month");
    }
    const Figure& tariff = catalog_.figure(site_.electricity);
    terms_.electricity =
        choice_.electricity
            ? spec_factor("electricity", choice_.electricity->in(kUsd / kKwh), "USD/kWh", "site.electricity")
            : figure_factor(tariff, EnergyPrice::of(tariff.value).in(kUsd / kKwh), "USD/kWh");
    terms_.pue = choice_.pue ? spec_factor("PUE", *choice_.pue, "", "site.pue") : usual(site_.pue);
  }

  void people() {
    if (choice_.staff) terms_.staff = spec_factor("people", *choice_.staff, "", "site.staff");
    terms_.staff_minimum = of_profile(site_.staff_minimum);
    terms_.servers_per_administrator = usual("staff.servers-per-administrator");
    terms_.salary = choice_.salary ? spec_factor("salary, fully loaded", choice_.salary->in(kUsdPerYear),
                                                 "USD/year", "site.salary")
                                   : usual("staff.administrator-salary");
  }

  static std::optional<Factor> stated(Text name, const std::optional<double>& value, Text key) {
    if (!value || *value <= 0) return std::nullopt;
    return spec_factor(name, *value, "", key);
  }
  // What the spec states, else the catalogue's usual figure. Stated as nothing, there is none.
  std::optional<Factor> stated_or_usual(Text name, const std::optional<double>& value, Text key,
                                        Text figure) const {
    return value ? stated(name, value, key) : std::optional(usual(figure));
  }

  // What the spec states, else what the profile of the site names. Without either there is none.
  std::optional<Factor> stated_or_profile(Text name, const std::optional<double>& value, Text key,
                                          Text figure) {
    if (value) return stated(name, value, key);
    if (figure.empty()) none(name, "default of this site");
    return of_profile(figure);
  }

  void hardware() {
    terms_.network = choice_.network ? std::optional(spec_factor("switches and cables over servers",
                                                                 *choice_.network, "", "site.network"))
                                     : std::nullopt;
    terms_.spares = stated_or_profile("spares", choice_.spares, "site.spares", site_.spares);
    terms_.installation =
        stated_or_profile("installation", choice_.installation, "site.installation", site_.installation);
    terms_.maintenance = stated_or_usual("maintenance contract", choice_.maintenance, "site.maintenance",
                                         "maintenance.oem-server-support");
    terms_.repairs = stated_or_usual("accelerators replaced a year", choice_.repairs, "site.repairs",
                                     "reliability.replacements-per-accelerator-year");
    if (choice_.repair_time) {
      terms_.repair_time =
          spec_factor("time to repair", choice_.repair_time->in(kHour), "h", "site.repair_time");
      add_assumption(
          terms_.assumptions,
          {"owned.availability", plain_number(round_to_12_digits(owned_availability(terms_))),
           "the spec: site.repair_time, at the yearly rate of replacements, less what spares cover"});
    }
    terms_.insurance = stated_or_profile("insurance", choice_.insurance, "site.insurance", site_.insurance);
    if (choice_.licences)
      terms_.licences =
          spec_factor("licences", choice_.licences->in(kUsdPerYear), "USD/year", "site.licences");
    if (!terms_.licences) none("licences", "default: no licensed software");
    if (choice_.residual)
      terms_.residual = spec_factor("value left at the horizon", *choice_.residual, "", "site.residual");
    terms_.depreciation = choice_.depreciation;
  }

  void money() {
    terms_.financing = stated("interest", choice_.financing, "site.financing");
    terms_.loan = choice_.loan;
    if (choice_.lease)
      terms_.lease = spec_factor("lease", choice_.lease->in(kUsdPerMonth), "USD/month", "site.lease");
    if (!terms_.financing && !terms_.loan && !terms_.lease) none("financing", "default: paid in cash");
  }

  void lead_time() {
    if (choice_.lead_time) {
      terms_.lead_time = *choice_.lead_time;
      add_assumption(terms_.assumptions,
                     {"owned.in_service", plain_number(choice_.lead_time->in(kDay)) + " days after the start",
                      "the spec: site.lead_time"});
      return;
    }
    add_assumption(
        terms_.assumptions,
        {"owned.in_service", "from the start of the horizon",
         "assumption; the usual delivery takes " +
             plain_number(catalog_.figure("lead-time.server").value / (kDay.base() * 7)) + " weeks"});
  }

  const Site& site_;
  const SiteChoice& choice_;
  const Catalog& catalog_;
  SiteTerms terms_;
};

}  // namespace

double owned_availability(const SiteTerms& site) {
  if (!site.repair_time || !site.repairs) return 1;
  const double away_over_up = site.repairs->value * (site.repair_time->value * kHour / kYear);
  const double away = away_over_up / (1 + away_over_up);
  return 1 - std::max(away - (site.spares ? site.spares->value : 0), 0.0);
}

SiteTerms site_terms(const Site& site, const SiteChoice& choice, const Catalog& catalog) {
  return TermsReader(site, choice, catalog).read();
}

}  // namespace capplan
