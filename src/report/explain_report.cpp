#include "report/explain_report.h"

#include <array>
#include <cmath>
#include <set>

#include "core/number_text.h"
#include "report/figures.h"
#include "report/formats.h"
#include "report/grid.h"
#include "report/json_text.h"

namespace capplan {
namespace {

std::string_view operation_name(Operation operation) {
  static constexpr std::array<std::string_view, 11> kNames{
      "given",   "sum",     "difference",  "product",   "quotient", "maximum",
      "minimum", "ceiling", "square root", "logarithm", "power"};
  return kNames[static_cast<std::size_t>(operation)];
}

std::string amount(double value, const std::string& unit) {
  const bool cents = unit == "USD" && std::abs(value) >= 1 && std::abs(value) < 1e12;
  const std::string text = cents ? cents_text(value) : number_text(value);
  return unit.empty() ? text : text + " " + unit;
}

// "64 × 46.15", in the order of the parts.
std::string joined(const Derivation& d, std::string_view sign) {
  std::string text;
  for (const Derivation& part : d.parts) {
    const std::string next = amount(part.value, part.unit == "USD" ? "USD" : "");
    // A negative number after a sign would read as two signs.
    text +=
        (text.empty() ? "" : std::string(sign)) + (part.value < 0 && !text.empty() ? "(" + next + ")" : next);
  }
  return text;
}

// How the parts make the value; nothing where there is one part and it is that value.
std::string formula(const Derivation& d) {
  constexpr std::size_t kSpelled = 5;
  const bool chain = d.operation == Operation::kSum || d.operation == Operation::kDifference ||
                     d.operation == Operation::kProduct || d.operation == Operation::kQuotient;
  if (chain && d.parts.size() == 1) return {};
  if (chain && d.parts.size() > kSpelled)
    return std::string(operation_name(d.operation)) + " of the " + std::to_string(d.parts.size()) + " below";
  switch (d.operation) {
    case Operation::kGiven:
      return {};
    case Operation::kSum:
      return joined(d, " + ");
    case Operation::kDifference:
      return joined(d, " − ");
    case Operation::kProduct:
      return joined(d, " × ");
    case Operation::kQuotient:
      return joined(d, " / ");
    case Operation::kMaximum:
      return "the larger of " + joined(d, " and ");
    case Operation::kMinimum:
      return "the smaller of " + joined(d, " and ");
    case Operation::kCeiling:
      return joined(d, "") + ", rounded up";
    case Operation::kSquareRoot:
      return "√" + joined(d, "");
    case Operation::kLogarithm:
      return "ln " + joined(d, "");
    case Operation::kPower:
      return joined(d, " ^ ");
  }
  return {};
}

// "spec.yaml:4:19"; empty for what is not in the spec.
std::string place_of(const Derivation& d) {
  if (d.place.file.empty()) return {};
  return d.place.file + ":" + std::to_string(d.place.line) + ":" + std::to_string(d.place.column);
}

// Where a leaf is from and how well it is known; of a node, where its formula is from.
std::string origin(const Derivation& d) {
  if (d.operation != Operation::kGiven) return d.citation;
  std::string text(evidence_name(d.evidence));
  text += ": " + d.source;
  if (!d.as_of.empty()) text += ", " + d.as_of;
  if (!d.citation.empty()) text += "; " + d.citation;
  const std::string place = place_of(d);
  return place.empty() ? text : text + ", " + place;
}

std::string how(const Derivation& d) {
  const std::string made = formula(d);
  const std::string from = origin(d);
  return (made.empty() ? "" : " = " + made) + (from.empty() ? "" : " [" + from + "]");
}

// Nodes in the order of reading; what has been shown once is not shown again in full.
class Walk {
 public:
  // Whether the node stands above with the same parts.
  bool known(const Derivation& d) {
    std::string text = d.name + " " + plain_number(d.value) + " " + d.unit;
    for (const Derivation& part : d.parts) text += "\n" + part.name + " " + plain_number(part.value);
    return !d.parts.empty() && !seen_.insert(std::move(text)).second;
  }

 private:
  std::set<std::string> seen_;
};

class TreeWriter {
 public:
  explicit TreeWriter(const RenderOptions& options) : options_(options) {}

  std::string write(const Derivation& root) {
    add(root, "", "");
    return options_.ascii ? to_ascii(std::move(out_)) : std::move(out_);
  }

 private:
  void add(const Derivation& d, const std::string& first, const std::string& rest) {
    const bool known = walk_.known(d);
    const bool opens = !known && !d.parts.empty();
    const std::string text =
        printable(d.name + " = " + amount(d.value, d.unit) + (known ? " (as above)" : how(d)));
    out_ += wrap(text, options_.width, first, rest + (opens ? "│    " : "  ")) + "\n";
    if (!opens) return;
    for (std::size_t i = 0; i < d.parts.size(); ++i) {
      const bool last = i + 1 == d.parts.size();
      add(d.parts[i], rest + (last ? "└─ " : "├─ "), rest + (last ? "   " : "│  "));
    }
  }

  const RenderOptions& options_;
  std::string out_;
  Walk walk_;
};

// Names and sources hold what Markdown would take for emphasis, links and tags.
std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : printable(text)) {
    if (std::string_view("*_`[]<>\\|").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

void add_markdown(std::string& out, const Derivation& d, std::size_t depth, Walk& walk) {
  const bool known = walk.known(d);
  out += std::string(2 * depth, ' ') + "- **" + escaped(d.name) +
         "** = " + escaped(amount(d.value, d.unit) + (known ? " (as above)" : how(d))) + "\n";
  if (known) return;
  for (const Derivation& part : d.parts) add_markdown(out, part, depth + 1, walk);
}

// A row a node; every node with all its parts, so that a sheet can add them up.
void add_csv(std::string& out, const Derivation& d, std::size_t depth) {
  const bool given = d.operation == Operation::kGiven;
  out += std::to_string(depth) + "," + csv_cell(d.name) + "," + plain_number(d.value) + "," +
         csv_cell(d.unit) + "," + std::string(operation_name(d.operation)) + "," +
         csv_cell(given ? d.source : d.citation) + "," + d.as_of + "," + csv_cell(place_of(d)) + "," +
         (given ? std::string(evidence_name(d.evidence)) : "") + "\n";
  for (const Derivation& part : d.parts) add_csv(out, part, depth + 1);
}

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
  switch (format) {
    case Format::kTable:
      return TreeWriter(options).write(root);
    case Format::kJson:
      return text_of({{"schema", "capplan.explain/1"}, {"figure", json_of(root)}});
    case Format::kCsv: {
      std::string out = "depth,name,value,unit,operation,source,as_of,place,evidence\n";
      add_csv(out, root, 0);
      return out;
    }
    case Format::kMarkdown: {
      std::string out;
      Walk walk;
      add_markdown(out, root, 0, walk);
      return out;
    }
  }
  return {};
}

Listing figure_listing(const Explained& result) {
  Listing list{"figures",
               {{"figure", "figure", false, 0},
                {"value", "value", true, 0},
                {"unit", "unit", false, 0},
                {"path", "path of the JSON result", false, 0}},
               {}};
  for (const ShortName& known : short_names()) {
    const auto found = explain(result, known.path);
    if (!found) continue;
    list.rows.push_back({text_cell(known.name), number_cell(found->value),
                         found->unit.empty() ? empty_cell() : text_cell(found->unit), text_cell(known.path)});
  }
  return list;
}

}  // namespace capplan
