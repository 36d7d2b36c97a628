#include "backtest/kernel_profile.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "core/number_text.h"
#include "core/text.h"

namespace capplan {
namespace {

constexpr std::array<std::string_view, 2> kSystemColumns{"accelerator", "gpu.mem_bw"};
constexpr double kPcieBandwidth = 32e9;

// A table's name is the catalogue's without its memory size: of those that fit, the one whose memory
// bandwidth is nearest what the table's systems state.
const Accelerator* find_part(const Catalog& catalog, const std::string& name, double bandwidth) {
  const Accelerator* best = nullptr;
  const auto distance = [&](const Accelerator& a) { return std::abs(a.memory_bandwidth.base() - bandwidth); };
  const auto consider = [&](const Accelerator& a) {
    if (best == nullptr || distance(a) < distance(*best)) best = &a;
  };
  for (const Text id : catalog.match_accelerator(name).ids) consider(*catalog.accelerator(id));
  if (best != nullptr) return best;
  const std::string wanted = fold_name(name);
  for (const Accelerator& a : catalog.tables().accelerators) {
    if (fold_name(a.id).find(wanted) != std::string::npos) consider(a);
  }
  return best;
}

std::map<std::string, double> read_bandwidths(const SourceText& systems) {
  std::map<std::string, double> bandwidths;
  if (systems.text.empty()) return bandwidths;
  const Result<CsvTable> table = read_any_columns(systems, kSystemColumns);
  if (!table) return bandwidths;
  Diagnostics ignored;
  for (const CsvTable::Row& cells : table->rows) {
    CsvRow row(*table, cells, ignored);
    if (const auto value = row.number("gpu.mem_bw"))
      bandwidths[std::string(row.text("accelerator"))] = *value;
  }
  return bandwidths;
}

double peak_of_format(const Accelerator& a, const std::string& format) {
  if (format == "bf16") return a.peak.bf16.base();
  if (format == "fp8" || format == "fp8_block") return a.peak.fp8.base();
  if (format == "int8") return a.peak.int8.base();
  if (format == "nvfp4") return a.peak.fp4.base();
  return 0;
}

const std::array<double FittedKernel::*, 8> kShares{
    &FittedKernel::peak_share,  &FittedKernel::bandwidth_share, &FittedKernel::launch_us,
    &FittedKernel::smoothing,   &FittedKernel::serial_us,       &FittedKernel::serial_cap,
    &FittedKernel::narrow_head, &FittedKernel::most_share};

// Constants that a law does not use are zero or one in all its rows, and stay so.
FittedKernel geometric_mean(const std::vector<FittedKernel>& laws, const std::string& scope) {
  FittedKernel mean = laws.front();
  mean.scope = scope;
  for (const auto member : kShares) {
    double sum = 0;
    bool used = true;
    for (const FittedKernel& law : laws) {
      used = used && law.*member > 0;
      sum += used ? std::log(law.*member) : 0;
    }
    mean.*member = used ? std::exp(sum / static_cast<double>(laws.size())) : 0;
  }
  return mean;
}

struct Row {
  FittedKernel law;
  std::string source;
};

using Groups = std::map<std::string, std::vector<FittedKernel>>;

// Of each operation and format: a row a part, the mean of each generation (halfway to the mean of all where
// one part stands for it), and the mean of all generations.
void add_with_means(std::vector<Row>& rows, const std::vector<FittedKernel>& laws, const Catalog& catalog,
                    const std::string& source) {
  std::map<std::string, Groups> kinds;
  for (const FittedKernel& law : laws) {
    rows.push_back({law, source});
    kinds[law.op + law.format][std::string(catalog.accelerator(law.scope)->generation)].push_back(law);
  }
  for (const auto& [kind, generations] : kinds) {
    std::vector<FittedKernel> means;
    for (const auto& [generation, members] : generations)
      means.push_back(geometric_mean(members, generation));
    const FittedKernel all = geometric_mean(means, "any");
    rows.push_back({all, "mean of all generations: " + source});
    for (const auto& [generation, members] : generations) {
      const FittedKernel own = geometric_mean(members, generation);
      if (members.size() > 1)
        rows.push_back({own, "mean of the generation: " + source});
      else
        rows.push_back({geometric_mean({own, all}, generation),
                        "one part of the generation, halfway to the mean of all: " + source});
    }
  }
}

// Collectives: a row a part and size; means over parts with links of their own, and over hosts with PCIe
// alone.
void add_collectives(std::vector<Row>& rows, const std::vector<FittedKernel>& laws, const Catalog& catalog,
                     const std::string& source) {
  std::map<std::pair<std::string, int>, Groups> kinds;
  for (const FittedKernel& law : laws) {
    const Accelerator& a = *catalog.accelerator(law.scope);
    const bool pcie = !a.link || a.link->domain <= 1;
    // One host without peer access tells nothing of eight cards elsewhere.
    if (pcie && law.group > 4) continue;
    rows.push_back({law, source});
    kinds[{law.op, law.group}][pcie ? "pcie" : "any"].push_back(law);
  }
  for (const auto& [kind, scopes] : kinds) {
    for (const auto& [scope, members] : scopes)
      rows.push_back({geometric_mean(members, scope),
                      (scope == "pcie" ? "mean of PCIe hosts: " : "mean over NVLink parts: ") + source});
  }
}

std::string text_of(const std::vector<Row>& rows, const std::string& as_of) {
  std::string out =
      "op,scope,format,group,peak_share,bandwidth_share,launch_us,smoothing,serial_us,serial_cap,narrow_head,"
      "most_share,source,as_of\n";
  const auto cell = [](double value, bool shown) {
    return (shown ? four_digits(value) : std::string()) + ",";
  };
  for (const Row& row : rows) {
    const FittedKernel& k = row.law;
    const bool gemm = k.op == "gemm", attention = k.op == "attention";
    out += k.op + "," + k.scope + "," + k.format + "," + (k.group > 0 ? std::to_string(k.group) : "") + ",";
    out += cell(k.peak_share, gemm || attention) + cell(k.bandwidth_share, true) + cell(k.launch_us, true) +
           cell(k.smoothing, gemm) + cell(k.serial_us, gemm || attention) + cell(k.serial_cap, gemm) +
           cell(k.narrow_head, attention) + cell(k.most_share, attention);
    out += "\"" + row.source + "\"," + as_of + "\n";
  }
  return out;
}

}  // namespace

Result<std::string> kernel_profile(const KernelTables& tables, const Catalog& catalog,
                                   const std::string& source, const std::string& as_of) {
  const std::map<std::string, double> bandwidths = read_bandwidths(tables.systems);
  std::map<std::string, MeasuredPart> parts;
  const KernelCatalog lookup{[&](const std::string& name) -> const MeasuredPart* {
                               if (!parts.contains(name)) {
                                 const Accelerator* a = find_part(
                                     catalog, name, bandwidths.contains(name) ? bandwidths.at(name) : 0);
                                 if (a == nullptr) return nullptr;
                                 parts[name] = {std::string(a->id), a->memory_bandwidth.base(),
                                                a->link ? a->link->bandwidth.base() : kPcieBandwidth};
                               }
                               return &parts.at(name);
                             },
                             [&](const std::string& id, const std::string& format) {
                               return peak_of_format(*catalog.accelerator(id), format);
                             }};
  std::vector<Row> rows;
  Diagnostics problems;
  const auto take = [&](const SourceText& table, const auto& fit_table, const auto& add) {
    if (table.text.empty()) return;
    const Result<std::vector<FittedKernel>> laws = fit_table(table, lookup);
    if (laws) return add(rows, *laws, catalog, source);
    problems.insert(problems.end(), laws.error().begin(), laws.error().end());
  };
  take(tables.gemm, fit_gemm, add_with_means);
  take(tables.attention, fit_attention, add_with_means);
  take(tables.collectives, fit_collectives, add_collectives);
  if (!problems.empty()) return tl::unexpected(std::move(problems));
  return text_of(rows, as_of);
}

}  // namespace capplan
