// Accelerator-hours where hours belong, and times of another magnitude.
#include <cmath>

#include "core/number_text.h"
#include "plan/sanity_checks.h"

namespace capplan {
namespace {

// Accelerators of this workload: as pinned, else in the best plan; 1 where nothing is known.
int count_of(const WorkloadDoubts& d) {
  if (d.stated().pin.count) return *d.stated().pin.count;
  const PlanOption* best = best_plan(d.plan);
  if (best == nullptr) return 1;
  for (const Allocation& a : best->allocations) {
    if (&d.work == &d.spec.workloads[a.workload]) return a.count;
  }
  return 1;
}

// For a deadline that counts the hours of every accelerator.
std::string on_the_clock(Duration deadline, int count) {
  if (count == 1) return {};
  return "a deadline is time on the clock: " + rounded(deadline.in(kHour)) + " accelerator-hours on " +
         std::to_string(count) + " accelerators are " + rounded(deadline.in(kHour) / count) + " h";
}

}  // namespace

void check_deadline(const WorkloadDoubts& d) {
  const auto& deadline = d.stated().deadline;
  if (!deadline || d.stated().kind == WorkloadKind::kServing) return;
  constexpr Duration kSoonest = kSecond * 60;
  if (*deadline > d.spec.horizon)
    d.warn_at("deadline",
              "a deadline of " + rounded(deadline->in(kHour)) + " h lies beyond the horizon of " +
                  rounded(d.spec.horizon.in(kHour)) + " h, at which every run must have ended",
              on_the_clock(*deadline, count_of(d)));
  if (*deadline < kSoonest)
    d.warn_at("deadline", "no run starts and ends within " + rounded(deadline->in(kSecond)) + " s",
              "`min`, `h` and `days` are units too");
}

void check_setup_time(const Doubts& d) {
  const auto& stated = d.spec.spec->operations.setup_time;
  if (!stated) return;
  constexpr double kBeyond = 4;
  const Duration usual = Duration::of(d.catalog.figure("cluster.setup-idle-time").value);
  if (*stated <= kBeyond * usual) return;
  d.warn("operations.setup_time",
         rounded(stated->in(kDay)) + " days of setting up are more than " + plain_number(kBeyond) +
             " times the " + rounded(usual.in(kDay)) + " days of a large cluster",
         "it is time on the clock: accelerator-hours over the count");
}

}  // namespace capplan
