// How the cost and the time of a plan follow from what is uncertain: each line of its cost is multiplied by
// factors, one for each input that bears on it. Inputs act apart from each other (docs/methodology.md,
// section 12).
#pragma once

#include <array>
#include <map>
#include <memory>
#include <span>
#include <string>

#include "capplan/core/distribution.h"
#include "plan/redraw.h"

namespace capplan {

// Where a plan is priced again for an uncertain figure.
inline constexpr std::array<double, 4> kKnots{0.02, 0.2, 0.8, 0.98};

// The logarithm of a factor over a standard normal score: nothing at the median, given at the knots, straight
// between them and beyond.
struct LogResponse {
  std::array<double, kKnots.size()> at{};

  double operator()(double score) const;
  bool flat() const;
  // Sets what is not known as the nearest that is goes on.
  void continue_beyond(const std::array<bool, kKnots.size()>& known);
};

// Scores of an uncertain figure, stretched so that what is straight in the logarithm of the figure (in the
// figure, where it can be 0 or less) is straight between the knots, whatever its distribution: a line in
// proportion to it then follows it at every quantile. The median and the knots stay where they are.
class FigureScale {
 public:
  explicit FigureScale(const Distribution& distribution);

  double stretched(double score) const;
  // The probability at which the figure has this stretched score.
  double probability(double stretched) const;

 private:
  double coordinate(double probability) const;

  Distribution distribution_;
  bool logarithmic_ = false;
  std::array<double, kKnots.size()> knots_{};  // coordinates over that of the median
};

// What is uncertain: two plans that rest on the same input are wrong together.
enum class InputKind {
  kTime,     // of a workload on an accelerator, over what the execution model says
  kMarket,   // the price by the hour, of a purchase type at a provider
  kCapital,  // what an accelerator costs to buy, and what is left of that
  kFigure    // a figure of the spec or of a profile
};

// Of its score the part `common` of the variance is shared with the inputs of the same group.
struct Input {
  InputKind kind = InputKind::kTime;
  std::size_t workload = 0;  // kTime
  std::size_t figure = 0;    // kFigure: which of those that are uncertain
  Purchase purchase = Purchase::kOnDemand;
  Text subject = {};  // the accelerator, or the provider
  std::string name, group;
  double common = 0;
  std::optional<FigureScale> scale = {};  // kFigure
};

class Inputs {
 public:
  std::size_t add(Input input);  // or find
  const std::vector<Input>& all() const { return all_; }

 private:
  std::vector<Input> all_;
  std::map<std::string, std::size_t> by_name_;
};

inline constexpr std::size_t kNoInput = static_cast<std::size_t>(-1);

// Lines of one cost that answer alike.
struct CostTerm {
  double usd = 0;
  std::size_t allocation = 0;
  double fast = 0, slow = 0;              // exponents of the time of a run, below and above its centre
  double cheap = 0, dear = 0;             // logarithm of the factor, a unit of the score of prices of capital
  double drift = 0;                       // standard deviation of the logarithm of the market price
  bool electricity = false;               // paid by the kWh, of one's own
  std::vector<LogResponse> figures = {};  // one an uncertain figure; empty: none bears on it
};

struct AllocationModel {
  std::size_t workload = 0;
  std::size_t time = kNoInput, market = kNoInput, capital = kNoInput;
  double fast = 0, slow = 0;         // logarithm of the time of a run, a unit of its score below and above 0
  std::vector<LogResponse> figures;  // of the time of a run; empty: none bears on it
  // Served: no run is late. Else what makes one so: its time, runs in the horizon, and what it waits for.
  bool served = false;
  Duration run_time, deadline, horizon, waits, starts_after;
  // On spot capacity with firm hours to fall back on; `run_time` is then without interruptions.
  bool kept_in_time = false;
  double work_slow = 0;  // logarithm of that time, a unit of its score
  double runs = 1;
};

struct PlanModel {
  std::vector<CostTerm> terms;
  std::vector<AllocationModel> allocations;
  std::vector<std::size_t> figures;  // that are uncertain, as inputs
  // Of a single run that is split by phases: all of it. Absent: allocations work beside each other.
  std::optional<Duration> phases;
};

// A plan with its model, and where its allocations are from: without an accelerator where that is not known.
struct ModelledPlan {
  const PlanOption* option = nullptr;
  PlanModel model;
  std::vector<Supply> supplies;
};

// What all plans of a spec have in common.
class CostModels {
 public:
  // Of prices in profiles only those count that one of the plans may rest on.
  CostModels(const BoundSpec& spec, const Catalog& catalog, const PlanSettings& settings,
             const Market& market, const std::vector<PlanOption>& plans);

  // The model of a plan, a term a line, before uncertain figures bear on it.
  PlanModel model_of(const PlanOption& option);
  // Lets them, and joins the terms that answer alike. Figures do not bear on allocations from a place that is
  // not known.
  void complete(std::span<ModelledPlan> plans) const;
  const Inputs& inputs() const { return inputs_; }
  // The uncertain figures, first the spec's; and as inputs.
  const UncertainFigure& uncertain(std::size_t figure) const { return *uncertain_[figure].figure; }
  bool is_of_profile(std::size_t figure) const { return uncertain_[figure].of_profile != nullptr; }
  const std::vector<std::size_t>& figures() const { return figures_; }
  // The spec and the profiles with these figures at a probability, the others at their medians.
  std::unique_ptr<DrawnSpec> drawn(std::span<const std::size_t> figures, double probability) const;
  // Of the budget and of the deadlines, by figure.
  const std::vector<LogResponse>& budget() const { return budget_; }
  const std::vector<LogResponse>& deadline(std::size_t workload) const { return deadlines_[workload]; }

 private:
  using Knots = std::array<std::unique_ptr<DrawnSpec>, kKnots.size()>;
  struct Uncertain {
    const UncertainFigure* figure = nullptr;
    const UncertainProfileFigure* of_profile = nullptr;  // nullptr: of the spec
  };
  // Figures that one draw serves: a plan rests on one of them at most.
  using Together = std::vector<std::size_t>;

  AllocationModel allocation_of(const PlanOption& option, const Allocation& a);
  CostTerm term_of(const PlanOption& option, const CostLine& line, const AllocationModel& a) const;
  void add_figures(const std::vector<PlanOption>& plans);
  void gather(std::size_t figure);
  bool may_rest_on(const Allocation& a, std::size_t figure) const;
  bool rests_on_any(const Allocation& a) const;
  void answer_limits();
  Knots at_knots(const Together& figures) const;
  void answer(ModelledPlan& plan, std::size_t part, const Candidate& central, const Together& figures,
              const Knots& drawn) const;
  void join_terms(PlanModel& model) const;

  const BoundSpec& spec_;
  const Catalog& catalog_;
  PlanSettings settings_;
  const Market& market_;
  Inputs inputs_;
  std::vector<Uncertain> uncertain_;
  std::vector<std::size_t> figures_;
  std::vector<Together> draws_;
  std::unique_ptr<DrawnSpec> median_;  // nullptr: nothing is uncertain
  std::vector<LogResponse> budget_;
  std::vector<std::vector<LogResponse>> deadlines_;
};

// What nobody could source of how the prices of the plan move; nothing where nothing moves.
Assumptions assumptions_of_draws(const PlanOption& option, const Catalog& catalog);
// And of how the plans hang together.
Assumption assumption_of_common_error(const Catalog& catalog);

// Standard deviation of the logarithm of a market price over what it is today, on the mean of the time in
// which it is paid: of a random walk with volatility s a year, its square is s^2 times the integral over time
// of the square of the share that is still to be paid; s^2 (from + (to - from) / 3) where it is paid evenly.
double drift_over(const Schedule& paid, double volatility);

}  // namespace capplan
