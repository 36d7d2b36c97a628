// Work that may take long: shows how far it is on a terminal, and ends early on Ctrl-C with what it has.
#pragma once

#include <csignal>
#include <iosfwd>
#include <thread>

#include "capplan/core/monitor.h"

namespace capplan {

// While one is there, Ctrl-C (SIGINT) stops its monitor; again after a second, it ends the program. There is
// at most one at a time.
class LongWork {
 public:
  // Progress goes to `err` after half a second, where standard error is a terminal and `quiet` is off.
  // `what` it is doing, a literal; `parts` as Monitor's.
  LongWork(std::ostream& err, bool quiet, const char* what = "searching layouts", double parts = 1);
  ~LongWork();
  LongWork(const LongWork&) = delete;
  LongWork& operator=(const LongWork&) = delete;

  Monitor& monitor() { return monitor_; }

 private:
  Monitor monitor_;
  struct sigaction before_ = {};
  std::jthread display_;
};

}  // namespace capplan
