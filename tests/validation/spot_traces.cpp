#include "validation/spot_traces.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "input/csv.h"

namespace capplan::spot {
namespace {

constexpr std::string_view kColumns[] = {"trace", "gap_s", "start_s", "duration_s", "available_instances"};
constexpr Duration kNever = Duration::of(std::numeric_limits<double>::infinity());

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == separator) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

int whole(const std::string& text) {
  int value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

struct Shape {
  const char* suffix;
  const char* machine;
  const char* accelerator;
  int accelerators;
};
// As the traces' own description names them.
constexpr Shape kShapes[] = {{"_v100_1", "p3.2xlarge", "V100-SXM2-16GB", 1},
                             {"_v100_8", "p3.16xlarge", "V100-SXM2-16GB", 8},
                             {"_k80_1", "p2.xlarge", "K80", 1},
                             {"_k80_8", "p2.8xlarge", "K80", 8},
                             {"_intel_64", "r5.16xlarge", "", 0},
                             {"_c3-88", "c3-highcpu-88", "", 0}};

// nullopt: a name of another form.
std::optional<Trace> named(const std::string& name) {
  const auto parts = split(name, '/');
  if (parts.size() != 4) return std::nullopt;
  const auto date = split(parts[2], '-');
  const auto shape = std::find_if(std::begin(kShapes), std::end(kShapes),
                                  [&](const Shape& s) { return parts[3].ends_with(s.suffix); });
  if (date.size() != 4 || shape == std::end(kShapes)) return std::nullopt;
  Trace trace;
  trace.campaign = parts[0] + "/" + parts[1] + "/" + parts[2];
  trace.cloud = date[0];
  trace.collected = date[3] + "-" + date[1] + "-" + date[2];
  trace.zone = parts[3].substr(0, parts[3].find('_'));
  trace.machine = shape->machine;
  trace.accelerator = shape->accelerator;
  trace.accelerators = shape->accelerators;
  trace.instances = std::max(whole(parts[1]), 1);
  return trace;
}

double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double v : values) sum += v;
  return sum / static_cast<double>(values.size());
}

double variation(const std::vector<double>& values) {
  if (values.size() < 2) return 1;
  const double mean = mean_of(values);
  double squares = 0;
  for (const double v : values) squares += (v - mean) * (v - mean);
  return std::sqrt(squares / static_cast<double>(values.size() - 1)) / mean;
}

std::vector<bool> on_grid(const Trace& trace) {
  constexpr Duration kStep = kHour / 12;
  std::vector<bool> up;
  Duration end;
  for (const Spell& spell : trace.spells) {
    end += spell.time;
    while (kStep * static_cast<double>(up.size()) < end) up.push_back(spell.up);
  }
  return up;
}

}  // namespace

Duration Trace::length() const {
  Duration sum;
  for (const Spell& spell : spells) sum += spell.time;
  return sum;
}

Result<std::vector<Trace>> read_traces(const SourceText& csv) {
  const Result<CsvTable> table = parse_csv(csv, kColumns, kColumns);
  if (!table) return tl::unexpected(table.error());
  std::vector<Trace> traces;
  std::string current;
  Diagnostics problems;
  for (const CsvTable::Row& cells : table->rows) {
    CsvRow row(*table, cells, problems);
    const std::string name(row.text("trace"));
    if (name != current) {
      const auto trace = named(name);
      if (!trace) row.error("no name of a trace: `" + name + "`");
      traces.push_back(trace.value_or(Trace{}));
      current = name;
    }
    const Duration time = row.number("duration_s").value_or(0) * kSecond;
    Trace& trace = traces.back();
    const bool up = row.whole("available_instances", 0).value_or(0) >= trace.instances;
    if (!trace.spells.empty() && trace.spells.back().up == up) {
      trace.spells.back().time += time;
    } else {
      trace.spells.push_back({up, time});
    }
  }
  if (has_errors(problems)) return tl::unexpected(std::move(problems));
  return traces;
}

SpotZone fit_zone(const Trace& trace) {
  Duration up;
  double lost = 0;
  double regained = 0;
  std::vector<double> ups, downs;
  for (std::size_t i = 0; i < trace.spells.size(); ++i) {
    const Spell& spell = trace.spells[i];
    const bool last = i + 1 == trace.spells.size();
    if (spell.up) up += spell.time;
    if (!last) (spell.up ? lost : regained) += 1;
    // The first and the last were cut short by the watching, not by the zone.
    if (i > 0 && !last) (spell.up ? ups : downs).push_back(spell.time.in(kHour));
  }
  SpotZone zone;
  zone.cloud = trace.cloud;
  zone.zone = trace.zone;
  zone.machine = trace.machine;
  zone.accelerator = trace.accelerator;
  zone.accelerators = trace.accelerators;
  zone.instances = trace.instances;
  zone.observed = trace.length();
  zone.availability = up / zone.observed;
  if (lost > 0) zone.up = up / lost;
  if (regained > 0) zone.down = (zone.observed - up) / regained;
  zone.up_cv = variation(ups);
  zone.down_cv = variation(downs);
  zone.collected = trace.collected;
  return zone;
}

double correlation(const Trace& a, const Trace& b) {
  const auto x = on_grid(a);
  const auto y = on_grid(b);
  const std::size_t n = std::min(x.size(), y.size());
  double up_x = 0, up_y = 0, both = 0;
  for (std::size_t i = 0; i < n; ++i) {
    up_x += x[i] ? 1 : 0;
    up_y += y[i] ? 1 : 0;
    both += x[i] && y[i] ? 1 : 0;
  }
  const double p = up_x / static_cast<double>(n);
  const double q = up_y / static_cast<double>(n);
  return (both / static_cast<double>(n) - p * q) / std::sqrt(p * (1 - p) * q * (1 - q));
}

std::function<Spell()> spells_from(const Trace& trace, Duration offset) {
  std::size_t at = 0;
  while (at < trace.spells.size() && trace.spells[at].time <= offset) offset -= trace.spells[at++].time;
  return [&trace, at, offset]() mutable {
    if (at >= trace.spells.size()) return Spell{false, kNever};
    Spell spell = trace.spells[at++];
    spell.time -= offset;
    offset = Duration{};
    return spell;
  };
}

double clairvoyant_bound(const Trace& trace, Duration offset, const SpotJob& job, Duration deadline,
                         double spot_price) {
  const auto next = spells_from(trace, offset);
  std::vector<Duration> ups;
  for (Duration now; now < deadline;) {
    const Spell spell = next();
    const Duration time = std::min(spell.time, deadline - now);
    if (spell.up) ups.push_back(time);
    now += time;
  }
  std::sort(ups.begin(), ups.end(), std::greater<>());
  Duration left = job.work;
  double cost = 0;
  bool started = false;
  for (const Duration up : ups) {
    const Duration changeover = started ? job.restart : Duration{};
    const Duration useful = std::min(up - changeover, left);
    // Worth it only while it is cheaper than the same work on on-demand.
    if (useful.base() <= 0 || (useful + changeover) * spot_price >= useful) break;
    cost += (useful + changeover).in(kHour)*spot_price;
    left -= useful;
    started = true;
    if (left.base() <= 0) return cost;
  }
  return cost + (left + (started ? job.restart : Duration{})).in(kHour);
}

}  // namespace capplan::spot
