#include "performance/precision.h"

#include "core/number_text.h"

namespace capplan {
namespace {

// As stated, or as a lever lowers it.
std::optional<Precision> wanted_precision(const Workload& workload) {
  if (workload.has_lever(Lever::kFp4)) return Precision::kFp4;
  if (workload.has_lever(Lever::kInt8)) return Precision::kInt8;
  if (workload.has_lever(Lever::kFp8)) return Precision::kFp8;
  return workload.training.precision;
}

}  // namespace

tl::expected<Precision, Misfit> choose_precision(const Workload& workload, const Accelerator& accelerator) {
  if (const std::optional<Precision> wanted = wanted_precision(workload)) {
    if (peak_of(accelerator, *wanted).base() > 0) return *wanted;
    // Parts before bf16 run the same recipe in fp16.
    if (*wanted == Precision::kBf16 && accelerator.peak.fp16.base() > 0) return Precision::kFp16;
    return tl::unexpected(
        Misfit{"states no " + std::string(precision_name(*wanted)) + " peak", "another precision"});
  }
  for (const Precision usual : {Precision::kBf16, Precision::kFp16, Precision::kTf32, Precision::kFp32}) {
    if (peak_of(accelerator, usual).base() > 0) return usual;
  }
  return tl::unexpected(Misfit{"has no published peak", ""});
}

void note_precision(Execution& e, const Workload& workload, const Accelerator& a) {
  const std::string peak = "peak." + std::string(precision_name(e.precision));
  if (is_unverified(a, peak))
    add_assumption(e.assumptions,
                   {"hardware." + std::string(a.id) + "." + peak,
                    plain_number(peak_of(a, e.precision).in(kTflops)) + " TFLOP/s", "unverified"});
  const std::optional<Precision> wanted = wanted_precision(workload);
  if (wanted == Precision::kBf16 && e.precision == Precision::kFp16)
    add_assumption(e.assumptions,
                   {"training.precision", "fp16",
                    std::string(a.id) + " has no bf16: the same recipe runs in fp16, with loss scaling"});
  if (!wanted)
    add_assumption(e.assumptions, {"training.precision", std::string(precision_name(e.precision)),
                                   "default: what the accelerator's runs usually take"});
}

}  // namespace capplan
