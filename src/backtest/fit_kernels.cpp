#include "backtest/fit_kernels.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <span>

#include "backtest/least_squares.h"
#include "backtest/score.h"
#include "input/csv.h"

namespace capplan {
namespace {

constexpr double kKernelResidualScale = 0.05;
constexpr double kMicro = 1e-6;

// One measured kernel: what the law is a function of, and its time in microseconds.
struct Sample {
  std::array<double, 4> x{};
  double measured = 0;
  double weight = 1;
};

using Law = std::function<double(std::span<const double> constants, const Sample& sample)>;

struct Fitted {
  std::vector<double> constants;
  double median_error = 0;
};

// Constants are fitted as logarithms: all are positive.
Fitted fit(const std::vector<Sample>& samples, const std::vector<double>& start, const Law& law) {
  std::vector<double> logs;
  logs.reserve(start.size());
  for (const double s : start) logs.push_back(std::log(s));
  const auto positive = [](std::span<const double> at) {
    std::vector<double> c;
    c.reserve(at.size());
    for (const double x : at) c.push_back(std::exp(std::clamp(x, -20.0, 20.0)));
    return c;
  };
  // The last residuals hold each constant loosely near its start, so that what no row bears on stays finite.
  constexpr double kHold = 2;
  const auto residual = [&](std::span<const double> at, const std::vector<double>& c, std::size_t i) {
    if (i >= samples.size()) return kHold * (at[i - samples.size()] - logs[i - samples.size()]);
    return samples[i].weight *
           soft_residual(std::log(law(c, samples[i]) / samples[i].measured) / kKernelResidualScale);
  };
  const std::vector<double> x =
      least_squares(logs, samples.size() + logs.size(),
                    [&](std::span<const double> at, std::span<const std::size_t> which, std::span<double> r) {
                      const std::vector<double> c = positive(at);
                      for (const std::size_t i : which) r[i] = residual(at, c, i);
                    });
  Fitted f{positive(x), 0};
  std::vector<double> errors;
  errors.reserve(samples.size());
  for (const Sample& s : samples) errors.push_back(std::abs(law(f.constants, s) / s.measured - 1));
  f.median_error = quantile(errors, 0.5);
  return f;
}

double joined(double a, double b, double exponent) {
  const double most = std::max(a, b);
  return most * std::pow(1 + std::pow(std::min(a, b) / most, exponent), 1 / exponent);
}

using Key = std::pair<std::string, std::string>;  // part, format or operation

// Rows of a table by part and kind, read with one reader a row; problems are collected.
template <class Read>
Result<std::map<Key, std::vector<Sample>>> group_rows(const SourceText& source,
                                                      std::span<const std::string_view> needed,
                                                      const Read& read) {
  const Result<CsvTable> table = read_any_columns(source, needed);
  if (!table) return tl::unexpected(table.error());
  std::map<Key, std::vector<Sample>> groups;
  Diagnostics problems;
  for (const CsvTable::Row& cells : table->rows) {
    CsvRow row(*table, cells, problems);
    read(row, groups);
  }
  if (has_errors(problems)) return tl::unexpected(std::move(problems));
  return groups;
}

double element_bytes(const std::string& format) {
  return format == "bf16" ? 2 : format == "nvfp4" ? 0.5625 : 1;
}

// Each power of two of the first variable weighs alike.
void weigh_by_size(std::vector<Sample>& samples) {
  std::map<int, int> sizes;
  for (const Sample& s : samples) ++sizes[static_cast<int>(std::log2(std::max(s.x[0], 1.0)))];
  for (Sample& s : samples)
    s.weight = std::sqrt(100.0 / sizes[static_cast<int>(std::log2(std::max(s.x[0], 1.0)))]);
}

}  // namespace

Result<CsvTable> read_any_columns(const SourceText& source, std::span<const std::string_view> needed) {
  const std::string header = source.text.substr(0, source.text.find('\n'));
  std::vector<std::string_view> columns;
  std::string_view rest = header;
  while (!rest.empty()) {
    const std::size_t comma = rest.find(',');
    std::string_view name = rest.substr(0, comma);
    while (!name.empty() && name.back() == '\r') name.remove_suffix(1);
    columns.push_back(name);
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  return parse_csv(source, columns, needed);
}

Result<std::vector<FittedKernel>> fit_gemm(const SourceText& source, const KernelCatalog& catalog) {
  constexpr std::array<std::string_view, 6> kNeeded{"accelerator", "dtype", "m", "n", "k", "latency_us"};
  constexpr double kLeast = 256;
  constexpr double kColdBytes = 32e6;
  auto groups = group_rows(source, kNeeded, [&](CsvRow& row, auto& all) {
    const std::string format(row.text("dtype"));
    const double m = row.number("m").value_or(0), n = row.number("n").value_or(0),
                 k = row.number("k").value_or(0);
    const double time = row.number("latency_us").value_or(0);
    const bool cold =
        n >= kLeast && k >= kLeast && m >= 128 && n * k * element_bytes(format) * 6 > kColdBytes;
    if (cold && time > 0) all[Key(row.text("accelerator"), format)].push_back({{m, n, k, 0}, time, 1});
  });
  if (!groups) return tl::unexpected(groups.error());
  std::vector<FittedKernel> laws;
  for (auto& [key, samples] : *groups) {
    const auto& [name, format] = key;
    const MeasuredPart* part = catalog.part(name);
    const double peak = part == nullptr ? 0 : catalog.peak(part->id, format);
    if (peak <= 0) continue;
    weigh_by_size(samples);
    const double bytes = element_bytes(format);
    const Law law = [&](std::span<const double> c, const Sample& s) {
      const auto [m, n, k, unused] = s.x;
      const double arithmetic = 2 * m * n * k / (peak * c[0]);
      const double memory = (bytes * (m * k + n * k) + 2 * m * n) / (part->bandwidth * c[1]);
      // 8- and 4-bit rows include quantising the 16-bit activations.
      const double quantise = bytes < 2 ? m * k * (2 + bytes) / (part->bandwidth * c[1]) : 0;
      return (joined(arithmetic, memory, 1 + c[3]) + quantise) / kMicro + c[2] +
             c[4] * std::min(k, c[5]) / 1024;
    };
    const Fitted f = fit(samples, {0.7, 0.85, 4, 1.3, 0.3, 10000}, law);
    laws.push_back({"gemm", part->id, format, 0, std::min(f.constants[0], 1.0), std::min(f.constants[1], 1.3),
                    f.constants[2], 1 + f.constants[3], f.constants[4],
                    std::clamp(f.constants[5], 500.0, 70000.0), 1, 1, f.median_error,
                    static_cast<int>(samples.size())});
  }
  return laws;
}

Result<std::vector<FittedKernel>> fit_attention(const SourceText& source, const KernelCatalog& catalog) {
  constexpr std::array<std::string_view, 8> kNeeded{"accelerator", "dtype",      "batch",    "seq",
                                                    "n_heads",     "n_kv_heads", "head_dim", "latency_us"};
  constexpr double kLeastSequence = 512;
  auto groups = group_rows(source, kNeeded, [&](CsvRow& row, auto& all) {
    const double b = row.number("batch").value_or(0), s = row.number("seq").value_or(0);
    const double heads = row.number("n_heads").value_or(0), kv = row.number("n_kv_heads").value_or(0);
    const double d = row.number("head_dim").value_or(0), time = row.number("latency_us").value_or(0);
    if (row.text("dtype") != "bf16" || s < kLeastSequence || time <= 0) return;
    const double flops = 4 * b * heads * d * s * (s + 1) / 2;
    const double bytes = 2 * b * s * d * (2 * heads + 2 * kv);
    all[Key(row.text("accelerator"), "bf16")].push_back({{s, flops, bytes, d}, time, 1});
  });
  if (!groups) return tl::unexpected(groups.error());
  std::vector<FittedKernel> laws;
  for (auto& [key, samples] : *groups) {
    const MeasuredPart* part = catalog.part(key.first);
    const double peak = part == nullptr ? 0 : catalog.peak(part->id, "bf16");
    if (peak <= 0) continue;
    weigh_by_size(samples);
    const Law law = [&](std::span<const double> c, const Sample& s) {
      const auto [sequence, flops, bytes, d] = s.x;
      const double share = c[0] * (d <= 64 ? std::min(c[4], 1.0) : 1);
      return (flops / (peak * share) + bytes / (part->bandwidth * c[1])) / kMicro + c[2] +
             c[3] * sequence / 1024;
    };
    const bool narrow =
        std::any_of(samples.begin(), samples.end(), [](const Sample& s) { return s.x[3] <= 64; });
    const Fitted f = fit(samples, {0.7, 0.4, 12, 8, narrow ? 0.7 : 1.0}, law);
    double most = 0;
    for (const Sample& s : samples) {
      if (s.x[0] >= 8192) most = std::max(most, s.x[1] / (peak * s.measured * kMicro));
    }
    laws.push_back({"attention", part->id, "bf16", 0, f.constants[0], f.constants[1], f.constants[2], 1,
                    f.constants[3], 0, std::min(f.constants[4], 1.0), most > 0 ? most : f.constants[0],
                    f.median_error, static_cast<int>(samples.size())});
  }
  return laws;
}

Result<std::vector<FittedKernel>> fit_collectives(const SourceText& source, const KernelCatalog& catalog) {
  constexpr std::array<std::string_view, 6> kNeeded{"accelerator", "library",       "op",
                                                    "n_gpus",      "message_bytes", "latency_us"};
  auto groups = group_rows(source, kNeeded, [&](CsvRow& row, auto& all) {
    const std::string_view library = row.text("library");
    if (library.find("nccl") == std::string_view::npos && library.find("oneccl") == std::string_view::npos)
      return;
    const double bytes = row.number("message_bytes").value_or(0), time = row.number("latency_us").value_or(0);
    const int n = row.whole("n_gpus").value_or(0);
    std::string op(row.text("op"));
    if (op == "alltoall") op = "all_to_all";
    const double crossing = static_cast<double>(n - 1) / n * (op == "all_reduce" ? 2 : 1);
    if (n > 1 && time > 0)
      all[Key(row.text("accelerator"), op + " " + std::to_string(n))].push_back(
          {{bytes * crossing, 0, 0, 0}, time, 1});
  });
  if (!groups) return tl::unexpected(groups.error());
  constexpr double kExponent = 0.65;
  std::vector<FittedKernel> laws;
  for (const auto& [key, samples] : *groups) {
    const MeasuredPart* part = catalog.part(key.first);
    if (part == nullptr || part->link <= 0) continue;
    const Law law = [&](std::span<const double> c, const Sample& s) {
      return joined(c[1], s.x[0] / (part->link * c[0]) / kMicro, kExponent);
    };
    const Fitted f = fit(samples, {0.7, 12}, law);
    const std::size_t space = key.second.find(' ');
    laws.push_back({key.second.substr(0, space), part->id, "", std::stoi(key.second.substr(space)), 0,
                    f.constants[0], f.constants[1], 1, 0, 0, 1, 1, f.median_error,
                    static_cast<int>(samples.size())});
  }
  return laws;
}

}  // namespace capplan
