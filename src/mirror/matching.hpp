#pragma once
// Price-time priority, one step at a time: nothing is changed here, the answer is what the chain's next operation must
// say.
#include <string>

#include "mirror/state.hpp"

namespace lockstep::mirror {

/// Pure function of the state after the previous step. incoming.next is not read.
Step next_step(const State& state, const Incoming& incoming);

std::string to_text(const Step& step);

}  // namespace lockstep::mirror
