#include "backtest/run_machine.h"

#include <algorithm>

#include "backtest/interconnect.h"
#include "core/number_text.h"
#include "core/text.h"
#include "performance/interval.h"

namespace capplan {
namespace {

constexpr double kMostDevicesOfARun = 1e6;
// Software that others are built on: it counts where nothing else is named.
constexpr std::string_view kLibrary = "pytorch";
constexpr int kUsualCount = 512;  // of whole runs that state none

Text best_known(const Catalog& catalog, const std::vector<Text>& ids) {
  return *std::max_element(ids.begin(), ids.end(), [&](Text a, Text b) {
    return calibration_runs(catalog, a) < calibration_runs(catalog, b);
  });
}

// As stated; else what the layout takes; of a whole run a usual count.
tl::expected<int, std::string> read_count(const RunInputs& in, Assumptions& assumptions) {
  if (const auto count = in.whole("n_accelerators")) return *count;
  if (in.whole("data_parallel")) {
    double product = 1;
    for (const char* key : {"data_parallel", "tensor_parallel", "pipeline_parallel", "context_parallel"})
      product *= in.whole(key).value_or(1);
    if (product > kMostDevicesOfARun)
      return tl::unexpected(std::string("the product of its degrees is out of range"));
    add_assumption(assumptions, {"n_accelerators", plain_number(product), "the product of the degrees"});
    return static_cast<int>(product);
  }
  if (!in.get("tokens_or_samples_total"))
    return tl::unexpected(std::string("`n_accelerators` is not stated"));
  add_assumption(assumptions, {"n_accelerators", std::to_string(kUsualCount), "not stated"});
  return kUsualCount;
}

}  // namespace

tl::expected<Machine, std::string> read_machine(const RunInputs& in, const Catalog& catalog,
                                                Assumptions& assumptions) {
  if (in.accelerator.empty()) return tl::unexpected(std::string("`accelerator` is not stated"));
  const NameMatch match = catalog.match_accelerator(in.accelerator);
  if (match.ids.empty()) return tl::unexpected("unknown accelerator `" + in.accelerator + "`");
  Machine machine;
  const Accelerator* a = catalog.accelerator(best_known(catalog, match.ids));
  if (match.ids.size() > 1)
    add_assumption(assumptions, {"accelerator", std::string(a->id),
                                 "of several that fit the name, the one with the most runs"});
  machine.accelerator = a;
  const auto count = read_count(in, assumptions);
  if (!count) return tl::unexpected(count.error());
  machine.count = *count;
  const int usual = a->link && a->per_node < 4 ? std::min(a->link->domain, 8) : a->per_node;
  machine.per_node = in.whole("accelerators_per_node").value_or(std::max(usual, 1));
  machine.node_bandwidth = read_interconnect(in.interconnect, machine.per_node);
  return machine;
}

const Stack* find_stack(const Catalog& catalog, const std::string& named, bool for_operators) {
  const std::string framework = to_lower(named);
  const Stack* found = nullptr;
  std::size_t longest = 0;
  for (const Stack& s : catalog.tables().stacks) {
    if (s.for_operators != for_operators) continue;
    std::string_view rest = s.frameworks;
    while (!framework.empty() && !rest.empty()) {
      const std::size_t bar = rest.find('|');
      const std::string_view name = rest.substr(0, bar);
      const std::size_t weight = name == kLibrary ? 1 : name.size();
      if (weight > longest && framework.find(name) != std::string::npos) {
        longest = weight;
        found = &s;
      }
      if (bar == std::string_view::npos) break;
      rest.remove_prefix(bar + 1);
    }
  }
  return found;
}

}  // namespace capplan
