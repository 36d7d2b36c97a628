#include "report/json_text.h"

#include <cmath>
#include <cstdint>
#include <optional>
#include <stdexcept>

#include "core/number_text.h"

namespace capplan {
namespace {

// nlohmann's own numbers are not always the shortest: 402142.958885 would come out as 402142.95888499997.
// Indented so many columns from where it stands; all on one line without.
void write(const Json& value, std::optional<std::size_t> indent, std::string& out) {
  const auto deeper = indent ? std::optional(*indent + 2) : std::nullopt;
  const auto line = [](std::optional<std::size_t> columns) {
    return columns ? "\n" + std::string(*columns, ' ') : std::string();
  };
  const bool object = value.is_object();
  if (value.is_number_float()) {
    out += plain_number(value.get<double>());
  } else if (!value.is_structured()) {
    out += value.dump();
  } else if (value.empty()) {
    out += object ? "{}" : "[]";
  } else {
    const char* separator = object ? "{" : "[";
    for (const auto& [key, member] : value.items()) {
      out += separator + line(deeper);
      if (object) out += Json(key).dump() + (indent ? ": " : ":");
      write(member, deeper, out);
      separator = ",";
    }
    out += line(indent) + (object ? "}" : "]");
  }
}

}  // namespace

Json num(double value) {
  if (!std::isfinite(value)) throw std::logic_error("a figure of the result is not finite");
  const double rounded = round_to_12_digits(value);
  return rounded == 0 ? 0.0 : rounded;
}

Json count(double value) {
  constexpr double kLargestWhole = 1e15;
  Json number = num(value);
  const double rounded = number.get<double>();
  if (rounded == std::trunc(rounded) && std::abs(rounded) < kLargestWhole)
    return static_cast<std::int64_t>(rounded);
  return number;
}

Json totals_json(const PlanOption& o) {
  const auto of_samples = [&](Money CostQuantiles::*which) {
    return o.sampled ? num(((*o.sampled).*which).usd()) : Json(nullptr);
  };
  Json cost{{"total_usd", num(o.cost.total().usd())},
            {"p10_usd", of_samples(&CostQuantiles::p10)},
            {"p50_usd", of_samples(&CostQuantiles::p50)},
            {"p90_usd", of_samples(&CostQuantiles::p90)},
            {"capex_usd", num(o.cost.capex().usd())},
            {"opex_usd", num((o.cost.total() - o.cost.capex()).usd())},
            {"idle_usd", num(o.cost.idle.usd())}};
  Json breakdown = Json::object();
  for (const Category category : kCategories)
    breakdown[std::string(category_name(category))] = num(o.cost.total(category).usd());
  cost["breakdown_usd"] = std::move(breakdown);
  return cost;
}

std::string text_of(const Json& document) {
  std::string out;
  write(document, 0, out);
  return out + "\n";
}

std::string line_of(const Json& document) {
  std::string out;
  write(document, std::nullopt, out);
  return out + "\n";
}

Json assumptions_json(const Assumptions& assumptions) {
  Json list = Json::array();
  for (const Assumption& a : assumptions)
    list.push_back({{"path", a.path}, {"value", a.value}, {"source", a.source}});
  return list;
}

Json diagnostics_json(const Diagnostics& diagnostics) {
  Json list = Json::array();
  for (const Diagnostic& d : diagnostics) {
    list.push_back({{"severity", d.severity == Severity::kError ? "error" : "warning"},
                    {"file", d.location.file},
                    {"line", d.location.line},
                    {"column", d.location.column},
                    {"message", d.message},
                    {"hint", d.hint}});
  }
  return list;
}

}  // namespace capplan
