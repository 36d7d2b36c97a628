// Fits profiles/spot.csv to measured traces, and replays policies on them (docs/spot.md).
//   capplan_spot_replay fit|correlation|published|replay TRACES.csv
#include <algorithm>
#include <cstdio>
#include <map>
#include <string_view>

#include "validation/spot_traces.h"

namespace capplan::spot {
namespace {

constexpr const char* kSource =
    "skypilot-org/spot-traces @221da1ab (Wu et al., Can't Be Late, NSDI 2024), statistics fitted by "
    "tests/validation/spot_replay.cpp";
constexpr const char* kAsOf = "2024-04-16";  // of the paper

// The paper's: 48 h of work, spot at a third of on-demand.
constexpr double kSpotPrice = 1.0 / 3;
constexpr Duration kWork = 48 * kHour;
constexpr double kDeadlines[] = {52, 60, 72, 92};   // hours
constexpr double kChangeovers[] = {0.1, 0.2, 0.4};  // hours
constexpr Duration kBetweenStarts = 3 * kHour;

double quantile(std::vector<double> values, double q) {
  std::sort(values.begin(), values.end());
  const double at = q * static_cast<double>(values.size());
  return values.empty() ? 0 : values[std::min(static_cast<std::size_t>(at), values.size() - 1)];
}

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double v : values) sum += v;
  return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

void print_optional(const std::optional<Duration>& time) {
  if (time) std::printf("%.3f", time->in(kHour));
  std::printf(",");
}

int fit(const std::vector<Trace>& traces) {
  std::printf(
      "cloud,zone,machine,accelerator,accelerators,instances,observed_h,availability,mean_up_h,mean_down_h,"
      "up_cv,down_cv,collected,source,as_of\n");
  for (const Trace& trace : traces) {
    const SpotZone z = fit_zone(trace);
    std::printf("%s,%s,%s,%s,%d,%d,%.1f,%.4f,", trace.cloud.c_str(), trace.zone.c_str(),
                trace.machine.c_str(), trace.accelerator.c_str(), z.accelerators, z.instances,
                z.observed.in(kHour), z.availability);
    print_optional(z.up);
    print_optional(z.down);
    std::printf("%.2f,%.2f,%s,\"%s\",%s\n", z.up_cv, z.down_cv, trace.collected.c_str(), kSource, kAsOf);
  }
  return 0;
}

int correlations(const std::vector<Trace>& traces) {
  std::vector<double> near, far;
  for (std::size_t i = 0; i < traces.size(); ++i) {
    for (std::size_t j = i + 1; j < traces.size(); ++j) {
      const Trace& a = traces[i];
      const Trace& b = traces[j];
      if (a.campaign != b.campaign || a.machine != b.machine || a.zone == b.zone || a.accelerators == 0)
        continue;
      // "us-east-1" of "us-east-1a".
      const bool region = a.zone.substr(0, a.zone.size() - 1) == b.zone.substr(0, b.zone.size() - 1);
      (region ? near : far).push_back(correlation(a, b));
    }
  }
  for (const auto& [name, values] : {std::pair{"same region", &near}, std::pair{"other region", &far}})
    std::printf("%-13s %3zu pairs, mean %.3f, from %.3f to %.3f\n", name, values->size(), mean(*values),
                quantile(*values, 0), quantile(*values, 1));
  return 0;
}

struct Setting {
  SpotJob job;
  Duration deadline;
};

std::vector<Setting> settings() {
  std::vector<Setting> all;
  for (const double deadline : kDeadlines) {
    for (const double changeover : kChangeovers)
      all.push_back({{kWork, {}, changeover * kHour, std::nullopt}, deadline * kHour});
  }
  return all;
}

double cost_of(Duration spot, Duration on_demand) { return (spot * kSpotPrice + on_demand).in(kHour); }

// In hours of on-demand, a mean over starts; on-demand alone is 48.
struct Replay {
  int starts = 0;
  double uniform = 0, greedy = 0, bound = 0;
  Duration latest;
};

Replay replay(const Trace& trace, const Setting& s) {
  Replay r;
  const auto run = [&](SpotPolicy policy, Duration offset) {
    const SpotRun done = run_on_spot(s.job, {policy, s.deadline, {}}, spells_from(trace, offset));
    r.latest = std::max(r.latest, done.elapsed - s.deadline);
    return cost_of(done.spot, done.on_demand);
  };
  r.latest = -s.deadline;
  for (Duration offset; offset + s.deadline <= trace.length(); offset += kBetweenStarts) {
    ++r.starts;
    r.uniform += run(SpotPolicy::kUniformProgress, offset);
    r.greedy += run(SpotPolicy::kGreedy, offset);
    r.bound += clairvoyant_bound(trace, offset, s.job, s.deadline, kSpotPrice);
  }
  for (double* sum : {&r.uniform, &r.greedy, &r.bound}) *sum /= std::max(r.starts, 1);
  return r;
}

// Savings in percent of on-demand alone, and the model's error in percent of the replayed mean cost.
int replay_all(const std::vector<Trace>& traces) {
  const double alone = kWork.in(kHour);
  std::vector<double> savings, errors, plain_errors, greedy, bound;
  Duration latest = -kWork;
  std::printf(
      "%-12s %-11s %4s %5s | saving %%: uniform greedy bound model | model cost error %%: mean, "
      "exponential\n",
      "zone", "machine", "gang", "avail");
  for (const Trace& trace : traces) {
    const SpotConditions conditions = conditions_of(fit_zone(trace));
    SpotConditions plain = conditions;
    plain.up_cv = plain.down_cv = 1;
    std::vector<double> u, g, b, m, error, plain_error;
    for (const Setting& s : settings()) {
      const Replay r = replay(trace, s);
      if (r.starts < 8) continue;
      const auto model_cost = [&](const SpotConditions& c) {
        const SpotOutcome o = spot_outcome(s.job, c, s.deadline);
        return cost_of(o.spot, o.on_demand);
      };
      const double cost = model_cost(conditions);
      u.push_back(100 * (1 - r.uniform / alone));
      g.push_back(100 * (1 - r.greedy / alone));
      b.push_back(100 * (1 - r.bound / alone));
      m.push_back(100 * (1 - cost / alone));
      error.push_back(100 * (cost / r.uniform - 1));
      plain_error.push_back(100 * (model_cost(plain) / r.uniform - 1));
      latest = std::max(latest, r.latest);
    }
    if (u.empty()) continue;
    std::printf("%-12s %-11s %4d %5.2f | %6.1f (%5.1f to %5.1f) %6.1f %6.1f %6.1f | %+6.1f %+6.1f\n",
                trace.zone.c_str(), trace.machine.c_str(), trace.instances, conditions.availability(),
                mean(u), quantile(u, 0), quantile(u, 1), mean(g), mean(b), mean(m), mean(error),
                mean(plain_error));
    savings.insert(savings.end(), u.begin(), u.end());
    greedy.insert(greedy.end(), g.begin(), g.end());
    bound.insert(bound.end(), b.begin(), b.end());
    for (const double e : error) errors.push_back(std::abs(e));
    for (const double e : plain_error) plain_errors.push_back(std::abs(e));
  }
  std::printf("saving, %%: uniform progress mean %.1f, from %.1f to %.1f; greedy %.1f; bound %.1f\n",
              mean(savings), quantile(savings, 0), quantile(savings, 1), mean(greedy), mean(bound));
  std::printf("|error| of the model's cost, %%: median %.1f, P90 %.1f; with exponential times %.1f, %.1f\n",
              quantile(errors, 0.5), quantile(errors, 0.9), quantile(plain_errors, 0.5),
              quantile(plain_errors, 0.9));
  std::printf("latest end, h after the deadline: %.3f\n", latest.in(kHour));
  return latest > kSecond ? 1 : 0;
}

// Means over starts in one trace.
struct Hours {
  double spot_work = 0, cost = 0;
};

Hours policy_hours(const Trace& trace, const Setting& s, SpotPolicy policy, double spot_price) {
  std::vector<double> works, costs;
  for (Duration offset; offset + s.deadline <= trace.length(); offset += kHour / 2) {
    const SpotRun run = run_on_spot(s.job, {policy, s.deadline, {}}, spells_from(trace, offset));
    works.push_back(run.work_on_spot.in(kHour));
    costs.push_back((run.spot * spot_price + run.on_demand).in(kHour));
  }
  return {mean(works), mean(costs)};
}

// Table 3: eight traces of October 2022, 48 h of work in 60 h, a changeover of 0.2 h.
void table3(const std::vector<Trace>& traces) {
  const Setting s{{kWork, {}, 0.2 * kHour, std::nullopt}, 60 * kHour};
  std::vector<double> uniform, greedy;
  for (const Trace& trace : traces) {
    if (trace.campaign != "availability/1-node/aws-10-26-2022") continue;
    uniform.push_back(policy_hours(trace, s, SpotPolicy::kUniformProgress, kSpotPrice).spot_work);
    greedy.push_back(policy_hours(trace, s, SpotPolicy::kGreedy, kSpotPrice).spot_work);
  }
  std::printf(
      "work done on spot, h of 48 in 60 h: uniform progress %.1f (published 22.9), greedy %.1f (17.2)\n",
      mean(uniform), mean(greedy));
}

// Tables 4 and 5: three workloads as they were run once each.
struct Published {
  const char* campaign;
  const char* zone;
  double work, deadline, changeover;  // hours
  double spot_price;                  // of on-demand
  double saving;                      // percent
};
constexpr Published kPublished[] = {
    {"preemption/1-node/aws-04-22-2023", "us-west-2b", 72, 84, 0.3, 0.33, 41},
    {"preemption/1-node/aws-04-22-2023", "us-west-2b", 72, 100, 0.3, 0.33, 48},
    {"preemption/1-node/gcp-04-30-2023", "us-east1-b", 22.5, 24, 0.2, 0.09, 63},
    {"preemption/1-node/gcp-04-30-2023", "us-east1-b", 22.5, 28, 0.2, 0.09, 84},
    {"preemption/1-node/aws-04-19-2023", "us-east-1c", 27, 30, 0.2, 0.45, 27},
    {"preemption/1-node/aws-04-19-2023", "us-east-1c", 27, 36, 0.2, 0.45, 32}};

void table5(const std::vector<Trace>& traces) {
  for (const Published& p : kPublished) {
    for (const Trace& trace : traces) {
      if (trace.campaign != p.campaign || trace.zone != p.zone) continue;
      const Setting s{{p.work * kHour, {}, p.changeover * kHour, std::nullopt}, p.deadline * kHour};
      const Hours replayed = policy_hours(trace, s, SpotPolicy::kUniformProgress, p.spot_price);
      const SpotOutcome o = spot_outcome(s.job, conditions_of(fit_zone(trace)), s.deadline);
      const double model = (o.spot * p.spot_price + o.on_demand).in(kHour);
      std::printf("%-10s %-13s %4.1f h in %3.0f h: saving %% published %2.0f, replayed %.0f, model %.0f\n",
                  p.zone, trace.machine.c_str(), p.work, p.deadline, p.saving,
                  100 * (1 - replayed.cost / p.work), 100 * (1 - model / p.work));
    }
  }
}

int published(const std::vector<Trace>& traces) {
  table3(traces);
  table5(traces);
  return 0;
}

int run(std::string_view command, const char* path) {
  const auto source = read_source(path, kCsvLimit);
  if (!source) {
    std::fprintf(stderr, "%s: %s\n", path, source.error().reason.c_str());
    return 7;
  }
  const auto traces = read_traces(*source);
  if (!traces) {
    for (const Diagnostic& d : traces.error()) std::fputs(format_diagnostic(d, source->text).c_str(), stderr);
    return 3;
  }
  if (command == "fit") return fit(*traces);
  if (command == "correlation") return correlations(*traces);
  if (command == "published") return published(*traces);
  if (command == "replay") return replay_all(*traces);
  return 2;
}

}  // namespace
}  // namespace capplan::spot

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: capplan_spot_replay fit|correlation|published|replay TRACES.csv\n", stderr);
    return 2;
  }
  return capplan::spot::run(argv[1], argv[2]);
}
