#include "report/explain_report.h"

#include <array>
#include <set>

#include "core/number_text.h"
#include "report/figures.h"
#include "report/grid.h"
#include "report/json_text.h"

namespace capplan {
namespace {

std::string_view operation_name(Operation operation) {
  static constexpr std::array<std::string_view, 9> kNames{
      "given", "sum", "difference", "product", "quotient", "maximum", "minimum", "ceiling", "square root"};
  return kNames[static_cast<std::size_t>(operation)];
}

std::string_view sign_of(Operation operation) {
  static constexpr std::array<std::string_view, 9> kSigns{"",     " + ",  " − ", " × ", " / ",
                                                          " or ", " or ", "",    ""};
  return kSigns[static_cast<std::size_t>(operation)];
}

std::string number(double value, const std::string& unit) {
  const std::string text = plain_number(round_to_12_digits(value));
  return unit.empty() ? text : text + " " + unit;
}

// "= a × b" in the names of the parts.
std::string formula(const Derivation& d) {
  if (d.operation == Operation::kGiven) return {};
  const bool wordy = d.operation == Operation::kCeiling || d.operation == Operation::kSquareRoot ||
                     d.operation == Operation::kMaximum || d.operation == Operation::kMinimum;
  std::string text = " = ";
  if (wordy) text += std::string(operation_name(d.operation)) + " of ";
  constexpr std::size_t kSpelled = 4;
  if (d.parts.size() > kSpelled) return text + std::string(operation_name(d.operation)) + " of what follows";
  for (std::size_t i = 0; i < d.parts.size(); ++i)
    text += (i > 0 ? std::string(sign_of(d.operation)) : "") + d.parts[i].name;
  return text;
}

std::string origin(const Derivation& d) {
  if (d.operation != Operation::kGiven) return d.citation.empty() ? "" : "  [" + d.citation + "]";
  std::string text = "  [" + std::string(evidence_name(d.evidence));
  if (!d.source.empty()) text += ": " + d.source;
  if (!d.as_of.empty()) text += ", " + d.as_of;
  if (!d.place.file.empty())
    text += ", " + d.place.file + ":" + std::to_string(d.place.line) + ":" + std::to_string(d.place.column);
  return text + "]";
}

// Columns that a text takes: continuation bytes of UTF-8 take none.
std::size_t columns(const std::string& text) {
  std::size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1U : 0U;
  return count;
}

class TreeWriter {
 public:
  explicit TreeWriter(const RenderOptions& options) : options_(options) {}

  std::string write(const Derivation& root) {
    add(root, "", "");
    return options_.ascii ? to_ascii(std::move(out_)) : std::move(out_);
  }

 private:
  // What has been shown once is not shown again in full.
  void add(const Derivation& d, const std::string& first, const std::string& rest) {
    const std::string head = d.name + "  " + number(d.value, d.unit);
    const bool known = !d.parts.empty() && !seen_.insert(head).second;
    const std::string text = head + (known ? "  (as above)" : formula(d) + origin(d));
    out_ += wrap(text, options_.width, first, columns(rest) + 2) + "\n";
    if (known) return;
    for (std::size_t i = 0; i < d.parts.size(); ++i) {
      const bool last = i + 1 == d.parts.size();
      add(d.parts[i], rest + (last ? "└─ " : "├─ "), rest + (last ? "   " : "│  "));
    }
  }

  const RenderOptions& options_;
  std::string out_;
  std::set<std::string> seen_;
};

Json json_of(const Derivation& d) {
  Json out{{"name", d.name},
           {"value", num(d.value)},
           {"unit", d.unit},
           {"operation", operation_name(d.operation)}};
  if (!d.citation.empty()) out["citation"] = d.citation;
  if (d.operation == Operation::kGiven) {
    out["evidence"] = evidence_name(d.evidence);
    out["source"] = d.source;
    out["as_of"] = d.as_of;
    if (!d.place.file.empty())
      out["place"] = {{"file", d.place.file}, {"line", d.place.line}, {"column", d.place.column}};
    return out;
  }
  out["parts"] = Json::array();
  for (const Derivation& part : d.parts) out["parts"].push_back(json_of(part));
  return out;
}

}  // namespace

std::string render_derivation(const Derivation& root, Format format, const RenderOptions& options) {
  if (format == Format::kJson) return text_of({{"schema", "capplan.explain/1"}, {"figure", json_of(root)}});
  return TreeWriter(options).write(root);
}

}  // namespace capplan
