#pragma once
// Why there is nothing in an answer.
#include <cstdint>
#include <string>

namespace lockstep::evm {

struct NoAnswer {
  enum class Kind : std::uint8_t {
    unknown_method,  // the endpoint does not know what it was asked
    too_much,        // it says that this is more than it gives at once
    absent,          // it does not have that block, or failed
    malformed        // what it gave is no answer
  };
  Kind kind = Kind::absent;
  std::string why;
};

}  // namespace lockstep::evm
