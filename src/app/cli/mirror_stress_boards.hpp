#pragma once
#include <expected>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "mirror/holding.hpp"

namespace lockstep::app {

struct StressedBoards {
  nlohmann::json document;
  std::string text;
};
/// What `lockstep mirror stress` says of boards: what holdings are worth, and sold ones lack, as the spot price moves.
std::expected<StressedBoards, std::string> stress_boards(const mirror::Boards& boards, UnixSeconds at,
                                                         const std::vector<mirror::Int>& moves_ppm, std::size_t limit);

}  // namespace lockstep::app
