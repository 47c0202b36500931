#pragma once
// One thing the coordinator asked for in direct mode, while it is being brought about.
#include <map>

#include "coordinator/effect.hpp"

namespace lockstep::evm::direct {

struct Job {
  coordinator::Submit submit;
  std::map<std::uint16_t, unsigned> sent;  // how often, by step
};

}  // namespace lockstep::evm::direct
