#include "cost/spot_policy.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace capplan {
namespace {

constexpr Duration kForever = Duration::of(std::numeric_limits<double>::infinity());
// Without a restart to lose, a job would hop between on-demand and waiting without end.
constexpr double kLeastLead = 2e-3;  // of the deadline

class PolicyRun {
 public:
  PolicyRun(const SpotJob& job, const SpotRules& rules, const std::function<Spell()>& next_spell)
      : job_(job),
        rules_(rules),
        next_spell_(next_spell),
        deadline_(rules.deadline.value_or(kForever)),
        warned_(job.notice && *job.notice >= job.save) {}

  SpotRun run() {
    next();
    while (!finished_) {
      if (place_ == Place::kOnDemand) {
        use_on_demand();
      } else if (spell_.up) {
        use_spot();
      } else {
        wait();
      }
    }
    return {now_, spot_, on_demand_, job_.work - work_on_demand_};
  }

 private:
  enum class Place { kSpotOrNone, kOnDemand };

  void next() {
    spell_ = next_spell_();
    spell_end_ += spell_.time;
  }
  Duration left() const { return job_.work - done_; }
  Duration slack() const { return deadline_ - now_ - left(); }
  // Nothing is restored at the first start, which every way of running the job has.
  Duration restart_due() const { return started_ ? job_.restart : Duration{}; }
  // Slack that the next spot machine may use up without a step forward, and what leaving it then takes.
  Duration risk() const {
    const Duration lost = warned_ || rules_.interval.base() <= 0 ? job_.save : rules_.interval + job_.save;
    return restart_due() + lost + job_.restart;
  }
  // The line of uniform progress.
  double slope() const { return job_.work / deadline_; }

  void fall_back(bool to_the_end) {
    place_ = Place::kOnDemand;
    to_the_end_ = to_the_end;
  }

  void wait() {
    const Duration last_call = deadline_ - left() - risk();
    Duration behind = kForever;
    if (rules_.policy == SpotPolicy::kUniformProgress && rules_.deadline) behind = done_ / slope();
    const Duration until = std::max(now_, std::min(behind, last_call));
    if (spell_end_ <= until) {
      now_ = spell_end_;
      next();
      return;
    }
    now_ = until;
    fall_back(last_call <= until);
  }

  void use_spot() {
    if (slack() < risk()) return fall_back(true);
    const Duration begin = now_ + restart_due();
    started_ = true;
    if (warned_ || rules_.interval.base() <= 0) {
      run_kept(begin);
    } else {
      run_with_checkpoints(begin);
    }
  }

  // Nothing is lost but a save at the end.
  void run_kept(Duration begin) {
    if (begin + left() <= spell_end_) return finish_on_spot(begin + left());
    done_ += std::max(spell_end_ - job_.save - begin, Duration{});
    leave_spot(spell_end_);
  }

  // Whole intervals count; the last one need not be saved.
  void run_with_checkpoints(Duration begin) {
    const Duration period = rules_.interval + job_.save;
    const double saves = std::ceil(left() / rules_.interval) - 1;
    const Duration finish = begin + left() + job_.save * saves;
    // Each save costs slack: how many intervals until the next one could not be lost any more.
    const Duration spare = slack() - (begin - now_) - job_.restart - period;
    const double safe = std::floor(spare / job_.save) + 1;
    if (finish <= spell_end_ && saves < safe) return finish_on_spot(finish);
    const double held = std::floor(std::max((spell_end_ - begin) / period, 0.0));
    if (safe <= held) {
      done_ += rules_.interval * safe;
      spot_ += begin + period * safe - now_;
      now_ = begin + period * safe;
      return fall_back(true);
    }
    done_ += rules_.interval * held;
    leave_spot(spell_end_);
  }

  void finish_on_spot(Duration at) {
    spot_ += at - now_;
    now_ = at;
    finished_ = true;
  }

  void leave_spot(Duration at) {
    spot_ += at - now_;
    now_ = at;
    next();
  }

  void use_on_demand() {
    const Duration begin = now_ + restart_due();
    started_ = true;
    const Duration finish = begin + left();
    const Duration lead = std::max(2 * job_.restart, kLeastLead * deadline_);
    const double gain = 1 - slope();
    const Duration ahead = gain > 0 ? (begin - done_ + slope() * lead) / gain : kForever;
    const bool may_leave = !to_the_end_ && deadline_ - begin - left() >= risk();
    const Duration end = may_leave ? std::min(finish, std::max(ahead, begin)) : finish;
    on_demand_ += end - now_;
    done_ += end - begin;
    work_on_demand_ += end - begin;
    now_ = end;
    if (end == finish) {
      finished_ = true;
      return;
    }
    while (spell_end_ <= now_) next();
    place_ = Place::kSpotOrNone;
  }

  const SpotJob& job_;
  const SpotRules& rules_;
  const std::function<Spell()>& next_spell_;
  Duration deadline_;
  bool warned_;

  Spell spell_;
  Duration spell_end_;
  Duration now_, done_, spot_, on_demand_, work_on_demand_;
  Place place_ = Place::kSpotOrNone;
  bool started_ = false, to_the_end_ = false, finished_ = false;
};

}  // namespace

SpotRun run_on_spot(const SpotJob& job, const SpotRules& rules, const std::function<Spell()>& next_spell) {
  return PolicyRun(job, rules, next_spell).run();
}

}  // namespace capplan
