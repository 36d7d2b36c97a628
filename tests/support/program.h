// The program, run by a shell in a folder of the test's own.
#pragma once

#include <sys/wait.h>

#include <cstdlib>
#include <string>

#include "support/environment.h"
#include "support/folder.h"

namespace capplan {

struct Printed {
  int exit = 0;  // -1 where a signal ended it
  std::string out, err;
};

// `capplan` is the program that was built. What is printed stands beside the folder meanwhile.
inline Printed run_in(const std::filesystem::path& folder, const std::string& command) {
  const TestFolder printed;
  const std::string line = "cd '" + folder.string() + "' && export PATH='" +
                           std::filesystem::path(CAPPLAN_BINARY).parent_path().string() + "':\"$PATH\"; " +
                           kPlainEnvironment + "; { " + command + "\n} > '" + (printed / "out").string() +
                           "' 2> '" + (printed / "err").string() + "' < /dev/null";
  const int status = std::system(line.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, printed.read("out"), printed.read("err")};
}

inline bool has_program(const std::string& name) {
  return std::system(("command -v " + name + " > /dev/null 2>&1").c_str()) == 0;
}

}  // namespace capplan
