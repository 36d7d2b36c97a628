#include "spec/cost_fields.h"

#include "spec/field_kinds.h"

namespace capplan {
namespace {

constexpr std::string_view kDepreciations[] = {"straight-line", "declining", "macrs", "price-performance"};
constexpr Field kDepreciation[] = {
    {.key = "method",
     .type = T::kName,
     .doc = "how hardware loses its value",
     .example = "straight-line",
     .required = true,
     .names = kDepreciations},
    quantity("life", kTime, "straight line: until nothing is left; macrs: 3, 5 or 7 years", "5 years"),
    positive("rate", "declining: of what is left, a year; price-performance: orders of magnitude a year",
             "0.14"),
};

constexpr Field kLoan[] = {
    {.key = "rate",
     .type = T::kRatio,
     .doc = "interest a year, paid monthly",
     .example = "8%",
     .required = true,
     .max = 1,
     .above_min = true},
    {.key = "term",
     .type = T::kQuantity,
     .doc = "over which it is repaid in level payments",
     .example = "36 months",
     .required = true,
     .dim = kTime,
     .max = kLongest,
     .above_min = true},
    ratio("share", "of the capital that is borrowed; default all", "80%"),
};

constexpr Field kExisting[] = {
    {.key = "accelerator",
     .type = T::kText,
     .doc = "id of an accelerator (`capplan hardware list`)",
     .example = "A100-SXM-80GB",
     .required = true},
    {.key = "count",
     .type = T::kInteger,
     .doc = "accelerators",
     .example = "8",
     .required = true,
     .min = 1,
     .max = kManyDevices},
};

constexpr Field kSite[] = {
    {.key = "profile",
     .type = T::kText,
     .doc = "id of a site profile; default colocation-us",
     .example = "own-room-us"},
    ratio("shared", "share of an owned plan that this spec pays", "40%"),
    {.key = "existing",
     .type = T::kMaps,
     .doc = "accelerators that stand there already, free for this spec: they cost what they draw",
     .example = "[{accelerator: A100-SXM-80GB, count: 8}]",
     .fields = kExisting},
    share_of("spares", "spare hardware, as a share of servers and network; default the profile's", "5%"),
    share_of("network", "switches and cables, as a share of servers; default by the number of nodes", "11%"),
    share_of("installation",
             "racking and commissioning, as a share of servers and network; default the profile's", "3%"),
    share_of("residual", "value left at the horizon, as a share of the price; default by age", "40%"),
    {.key = "depreciation",
     .type = T::kMap,
     .doc = "the value left at the horizon where `residual` is absent, and what tax is saved by the loss",
     .example = "{method: straight-line, life: 5 years}",
     .fields = kDepreciation},
    share_of("maintenance", "support contract a year, as a share of the hardware's price; 0: none", "7%"),
    share_of("repairs", "accelerators replaced a year, over all; paid where there is no contract", "4%"),
    quantity("repair_time", kTime, "that an accelerator to be replaced is away; default none", "5 days"),
    share_of("insurance", "a year, as a share of the hardware's price; default the profile's", "0.5%"),
    ratio("financing",
          "interest a year on what is bought, the loan repaid at the horizon; default paid in cash", "8%"),
    {.key = "loan",
     .type = T::kMap,
     .doc = "in place of `financing`: repaid month by month",
     .example = "{rate: 8%, term: 36 months}",
     .fields = kLoan},
    {.key = "lease",
     .type = T::kQuantity,
     .doc = "of one accelerator with its share of everything, in place of buying",
     .example = "$1200/month",
     .dim = {.usd = 1, .second = -1},
     .max = kHuge,
     .above_min = true},
    {.key = "facility",
     .type = T::kQuantity,
     .doc = "space and cooling by rated power",
     .example = "150 USD/kW/month",
     .dim = {.usd = 1, .joule = -1},
     .max = kHuge},
    {.key = "electricity",
     .type = T::kQuantity,
     .doc = "tariff",
     .example = "0.08 USD/kWh",
     .dim = {.usd = 1, .joule = -1},
     .max = kHuge},
    {.key = "pue",
     .type = T::kNumber,
     .doc = "power usage effectiveness: of the facility over its machines",
     .example = "1.3",
     .min = 1,
     .max = 10},
    {.key = "staff",
     .type = T::kNumber,
     .doc = "full-time people; default by the number of nodes",
     .example = "0.5",
     .max = kManyDevices},
    {.key = "salary",
     .type = T::kQuantity,
     .doc = "of one of them, fully loaded",
     .example = "$180k/year",
     .dim = {.usd = 1, .second = -1},
     .max = kHuge},
    quantity("lead_time", kTime, "from the order to the first useful hour; default in service at the start",
             "12 weeks"),
    {.key = "licences",
     .type = T::kQuantity,
     .doc = "software licences of one accelerator; default none",
     .example = "$4500/year",
     .dim = {.usd = 1, .second = -1},
     .max = kHuge,
     .above_min = true},
};

constexpr Field kWacc[] = {
    {.key = "debt",
     .type = T::kRatio,
     .doc = "share of what is borrowed",
     .example = "60%",
     .required = true,
     .max = 1},
    {.key = "interest",
     .type = T::kRatio,
     .doc = "on it, a year",
     .example = "7%",
     .required = true,
     .max = 1},
    {.key = "equity_return",
     .type = T::kRatio,
     .doc = "that owners ask, a year",
     .example = "12%",
     .required = true,
     .max = 1},
};
constexpr std::string_view kRateTerms[] = {"nominal", "real"};
constexpr std::string_view kTimings[] = {"start", "middle", "end"};

constexpr Field kFinance[] = {
    ratio("rate", "cost of capital a year; adds the net present value", "8%"),
    {.key = "wacc",
     .type = T::kMap,
     .doc = "the parts of it, in place of `rate`",
     .example = "{debt: 60%, interest: 7%, equity_return: 12%}",
     .fields = kWacc},
    name_of("terms", kRateTerms, "of the rates: nominal, or above inflation; default nominal", "nominal"),
    share_of("inflation", "a year", "2.5%"),
    share_of("tax", "on profit: adds the present value after tax", "21%"),
    name_of("timing", kTimings, "when in a month its money moves; default end", "end"),
};

constexpr Field kOperations[] = {
    quantity("setup", kMoney, "once: moving in, porting, first runs", "$20k"),
    quantity("setup_time", kTime, "that rented accelerators are held before the first useful hour", "3 days"),
    {.key = "debugging",
     .type = T::kQuantity,
     .doc = "people who keep the jobs running",
     .example = "$16k/month",
     .dim = {.usd = 1, .second = -1},
     .max = kHuge},
    {.key = "control_plane",
     .type = T::kQuantity,
     .doc = "head nodes, schedulers, gateways",
     .example = "$3300/month",
     .dim = {.usd = 1, .second = -1},
     .max = kHuge},
    share_of("support", "support plan, as a share of rented compute", "5%"),
    {.key = "licences",
     .type = T::kQuantity,
     .doc = "software licences of one accelerator, wherever it is",
     .example = "$4500/year",
     .dim = {.usd = 1, .second = -1},
     .max = kHuge},
    {.key = "kept_checkpoints",
     .type = T::kNumber,
     .doc = "checkpoints of a run that are kept; default 3",
     .example = "3",
     .max = kManyDevices},
};

constexpr Dim kRate{.usd = 1, .second = -1};
constexpr Dim kPowerRate{.usd = 1, .joule = -1};

void exclude(const Section& in, std::string_view one, std::string_view other, Diagnostics& problems) {
  if (in.has(one) && in.has(other))
    problems.push_back({Severity::kError, in.key_location(other),
                        "`" + std::string(one) + "` and `" + std::string(other) + "` together", "keep one"});
}

std::optional<DepreciationChoice> read_depreciation(const Section& in, Diagnostics& problems) {
  const auto method = in ? in.text("method") : std::nullopt;
  if (!method) return std::nullopt;
  const DepreciationChoice choice{find_depreciation(*method).value_or(DepreciationMethod::kStraightLine),
                                  in.duration("life"), in.number("rate")};
  const bool by_life = choice.method == DepreciationMethod::kStraightLine;
  const bool by_rate = choice.method == DepreciationMethod::kDeclining;
  if (by_life && !choice.life)
    problems.push_back(
        {Severity::kError, in.location(), "straight-line depreciation needs `life`", "life: 5 years"});
  if (by_rate && !choice.rate)
    problems.push_back({Severity::kError, in.location(), "declining depreciation needs `rate`", "rate: 0.4"});
  if (by_rate && choice.rate && *choice.rate > 1)
    problems.push_back({Severity::kError, in.location("rate"),
                        "a declining rate is a share of what is left: at most 1", ""});
  if (choice.method == DepreciationMethod::kMacrs && choice.life) {
    const double years = *choice.life / kYear;
    if (years != 3 && years != 5 && years != 7)
      problems.push_back(
          {Severity::kError, in.location("life"), "macrs has classes of 3, 5 and 7 years", "life: 5 years"});
  }
  return choice;
}

std::optional<LoanChoice> read_loan(const Section& in) {
  const auto rate = in ? in.number("rate") : std::nullopt;
  const auto term = in ? in.duration("term") : std::nullopt;
  if (!rate || !term) return std::nullopt;
  return LoanChoice{*rate, in.number("share").value_or(1), *term};
}

std::optional<CapitalMix> read_wacc(const Section& in) {
  if (!in) return std::nullopt;
  return CapitalMix{in.number("debt").value_or(0), in.number("interest").value_or(0),
                    in.number("equity_return").value_or(0)};
}

}  // namespace

std::span<const Field> site_fields() { return kSite; }
std::span<const Field> finance_fields() { return kFinance; }
std::span<const Field> operations_fields() { return kOperations; }

SiteChoice read_site(const Section& in, Diagnostics& problems) {
  SiteChoice site;
  if (!in) return site;
  site.profile = in.text("profile");
  site.shared = in.number("shared");
  for (const Section& owned : in.sections("existing"))
    site.existing.push_back({owned.text("accelerator").value_or(""),
                             static_cast<int>(owned.number("count").value_or(0)),
                             owned.location("accelerator")});
  site.spares = in.number("spares");
  site.network = in.number("network");
  site.installation = in.number("installation");
  site.residual = in.number("residual");
  site.maintenance = in.number("maintenance");
  site.insurance = in.number("insurance");
  site.repairs = in.number("repairs");
  site.repair_time = in.duration("repair_time");
  site.financing = in.number("financing");
  site.loan = read_loan(in.section("loan"));
  site.lease = in.quantity<kRate>("lease");
  site.licences = in.quantity<kRate>("licences");
  site.facility = in.quantity<kPowerRate>("facility");
  site.electricity = in.quantity<kPowerRate>("electricity");
  site.pue = in.number("pue");
  site.staff = in.number("staff");
  site.salary = in.quantity<kRate>("salary");
  site.lead_time = in.duration("lead_time");
  site.depreciation = read_depreciation(in.section("depreciation"), problems);
  site.location = in.location("profile");
  exclude(in, "financing", "loan", problems);
  for (const std::string_view key :
       {"financing", "loan", "residual", "depreciation", "spares", "installation"})
    exclude(in, "lease", key, problems);
  return site;
}

FinanceChoice read_finance(const Section& top, Diagnostics& problems) {
  FinanceChoice finance;
  finance.rate = top.number("discount_rate");
  const Section in = top.section("finance");
  if (!in) return finance;
  if (finance.rate && (in.has("rate") || in.has("wacc")))
    problems.push_back({Severity::kError, top.key_location("discount_rate"),
                        "`discount_rate` is short for `finance: {rate: …}`", "keep one of them"});
  exclude(in, "rate", "wacc", problems);
  if (const auto rate = in.number("rate")) finance.rate = rate;
  finance.wacc = read_wacc(in.section("wacc"));
  finance.real = in.text("terms") == "real";
  finance.inflation = in.number("inflation");
  finance.tax = in.number("tax");
  if (const auto timing = in.text("timing")) finance.timing = find_timing(*timing).value_or(Timing::kEnd);
  const bool discounts = finance.rate || finance.wacc;
  if (finance.real && !finance.inflation)
    problems.push_back(
        {Severity::kError, in.location("terms"), "real rates need `inflation`", "inflation: 2.5%"});
  if (finance.tax && !discounts)
    problems.push_back({Severity::kError, in.location("tax"),
                        "`tax` changes the present value alone: it needs a rate", "rate: 8%"});
  if (finance.tax && *finance.tax >= 1)
    problems.push_back({Severity::kError, in.location("tax"), "a tax takes less than all", ""});
  return finance;
}

OperationsChoice read_operations(const Section& in) {
  OperationsChoice o;
  if (!in) return o;
  o.setup = in.usd("setup");
  o.setup_time = in.duration("setup_time");
  o.debugging = in.quantity<kRate>("debugging");
  o.control_plane = in.quantity<kRate>("control_plane");
  o.support = in.number("support");
  o.licences = in.quantity<kRate>("licences");
  o.kept_checkpoints = in.number("kept_checkpoints");
  return o;
}

}  // namespace capplan
