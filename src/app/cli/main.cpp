#include <sys/prctl.h>

#include <exception>
#include <iostream>

#include "app/cli/session.hpp"

int main(int argc, char** argv) {
  // Keys pass through this process: no core dumps, no tracing by other processes of the user.
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  try {
    return lockstep::app::run({argv + 1, argv + argc}, std::cin, std::cout, std::cerr);
  } catch (const std::exception& error) {
    std::cerr << "error: this is a bug: " << error.what() << "\n";
    return lockstep::app::code(lockstep::app::Exit::bug);
  }
}
