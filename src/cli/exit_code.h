// Exit codes of the contract, section 1.
#pragma once

#include <array>

namespace capplan {

enum class ExitCode {
  kFine = 0,
  kInternal = 1,
  kUsage = 2,
  kInvalidContent = 3,
  kNothingFeasible = 4,
  kPolicyViolated = 5,
  kPriceMissing = 6,
  kFile = 7,
  kInterrupted = 130,
};

}  // namespace capplan
