#include <csignal>
#include <exception>
#include <iostream>

#include "cli/run.h"

int main(int argc, char** argv) {
  std::signal(SIGXFSZ, SIG_IGN);  // a limit on the size of files is an error of the write, as a full disk is
  try {
    return static_cast<int>(capplan::run(argc, argv, {std::cout, std::cerr}));
  } catch (const std::exception& e) {
    std::cerr << "capplan: internal error: " << e.what() << "\n";
    return static_cast<int>(capplan::ExitCode::kInternal);
  }
}
