#pragma once
#include <vector>

#include "app/cli/session.hpp"
#include "mirror/snapshot.hpp"

namespace lockstep::app {

/// `lockstep mirror stress` of an instance with boards: what holdings are worth, and sold ones lack, as the spot price
/// moves.
Exit stress_boards(Session& session, const mirror::Restored& restored, UnixSeconds at,
                   const std::vector<mirror::Int>& moves_ppm, std::size_t limit);

}  // namespace lockstep::app
