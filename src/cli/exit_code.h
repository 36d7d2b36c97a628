// Exit codes of the contract, section 1.
#pragma once

#include <initializer_list>

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

// Of several things that went wrong, the one that the program ends with: the first of 1, 7, 3, 6, 4, 5.
constexpr ExitCode worse_of(ExitCode a, ExitCode b) {
  for (const ExitCode code :
       {ExitCode::kInternal, ExitCode::kFile, ExitCode::kInvalidContent, ExitCode::kPriceMissing,
        ExitCode::kNothingFeasible, ExitCode::kPolicyViolated}) {
    if (a == code || b == code) return code;
  }
  return ExitCode::kFine;
}

}  // namespace capplan
