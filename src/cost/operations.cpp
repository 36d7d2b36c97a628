#include "capplan/cost/operations.h"

namespace capplan {
namespace {

class OperationsPricer {
 public:
  OperationsPricer(Cost& cost, const OperationsChoice& operations, const Operated& job)
      : cost_(cost), o_(operations), job_(job) {}

  void price() {
    support();  // of compute alone, so before anything is added
    set_up();
    keep_running();
  }

 private:
  Schedule throughout() const { return {Duration{}, job_.held}; }
  std::vector<Factor> shared(std::vector<Factor> factors) const {
    if (job_.workloads > 1)
      factors.push_back(rule_factor("one of the workloads that share it", 1 / job_.workloads));
    return factors;
  }
  Factor months() const {
    return result_factor("months that the accelerators are held", job_.held.in(kMonth), "month",
                         "held_months");
  }

  void support() {
    if (!o_.support || !job_.hourly) return;
    cost_.add(cost_line(
        Category::kSoftware, "support plan",
        {result_factor("rented compute", cost_.total(Category::kCompute).usd(), "USD", "rented_compute")},
        "dollar of compute", spec_factor("support", *o_.support, "", "operations.support"), throughout()));
  }

  void set_up() {
    if (o_.setup)
      cost_.add(cost_line(Category::kSetup, "setup", shared({}), "plan",
                          spec_factor("setup", o_.setup->in(kUsd), "USD", "operations.setup"), {}));
    if (o_.setup_time && job_.hourly)
      cost_.add(cost_line(Category::kSetup, "accelerators held while they are set up",
                          {result_factor("accelerators", job_.count, "", "count"),
                           spec_factor("setup time", o_.setup_time->in(kHour), "h", "operations.setup_time")},
                          "accelerator-hour", *job_.hourly, {}));
  }

  void keep_running() {
    const auto monthly = [&](Category category, const char* label, const std::optional<UsdRate>& rate,
                             Text key) {
      if (!rate) return;
      cost_.add(cost_line(category, label, shared({months()}), "month",
                          spec_factor(label, rate->in(kUsd / kMonth), "USD/month", key), throughout()));
    };
    monthly(Category::kStaff, "debugging", o_.debugging, "operations.debugging");
    monthly(Category::kCompute, "control plane", o_.control_plane, "operations.control_plane");
    if (o_.licences)
      cost_.add(
          cost_line(Category::kSoftware, "licences",
                    {result_factor("accelerators", job_.count, "", "count"),
                     result_factor("years that they are held", job_.held.in(kYear), "year", "held_months")},
                    "accelerator-year",
                    spec_factor("licences", o_.licences->in(kUsd / kYear), "USD/year", "operations.licences"),
                    throughout()));
  }

  Cost& cost_;
  const OperationsChoice& o_;
  const Operated& job_;
};

}  // namespace

OperationsChoice without_fixed(OperationsChoice operations) {
  operations.setup.reset();
  operations.debugging.reset();
  operations.control_plane.reset();
  return operations;
}

OperationsChoice fixed_alone(const OperationsChoice& operations) {
  OperationsChoice fixed;
  fixed.setup = operations.setup;
  fixed.debugging = operations.debugging;
  fixed.control_plane = operations.control_plane;
  return fixed;
}

void add_operations(Cost& cost, const OperationsChoice& operations, const Operated& job) {
  OperationsPricer(cost, operations, job).price();
}

}  // namespace capplan
