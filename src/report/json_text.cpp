#include "report/json_text.h"

#include <cmath>
#include <cstdint>
#include <stdexcept>

#include "core/number_text.h"

namespace capplan {
namespace {

// nlohmann's own numbers are not always the shortest: 402142.958885 would come out as 402142.95888499997.
void write(const Json& value, std::size_t indent, std::string& out) {
  const std::string inner(indent + 2, ' ');
  const bool object = value.is_object();
  if (value.is_number_float()) {
    out += plain_number(value.get<double>());
  } else if (!value.is_structured()) {
    out += value.dump();
  } else if (value.empty()) {
    out += object ? "{}" : "[]";
  } else {
    const char* separator = object ? "{\n" : "[\n";
    for (const auto& [key, member] : value.items()) {
      out += separator + inner;
      if (object) out += Json(key).dump() + ": ";
      write(member, indent + 2, out);
      separator = ",\n";
    }
    out += "\n" + std::string(indent, ' ') + (object ? "}" : "]");
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

std::string text_of(const Json& document) {
  std::string out;
  write(document, 0, out);
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
