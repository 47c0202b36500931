// Boost asks a program built without exceptions to say what a throw becomes. In the pure layers it is a bug.
#include <cstdio>
#include <cstdlib>
#include <exception>

#include <boost/config.hpp>

#ifdef BOOST_NO_EXCEPTIONS
#include <boost/assert/source_location.hpp>

namespace boost {

[[noreturn]] void throw_exception(const std::exception& error) {
  std::fprintf(stderr, "bug: exception in a pure layer: %s\n", error.what());
  std::abort();
}

[[noreturn]] void throw_exception(const std::exception& error, const boost::source_location& where) {
  std::fprintf(stderr, "bug: exception in a pure layer: %s at %s:%u\n", error.what(), where.file_name(),
               static_cast<unsigned>(where.line()));
  std::abort();
}

}  // namespace boost
#endif
