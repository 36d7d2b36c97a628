#include "fuzz/targets.h"

extern "C" int LLVMFuzzerTestOneInput(const char* data, std::size_t size) {
  capplan::fuzz::policy({data, size});
  return 0;
}
