#include "app/cli/mirror_stress_boards.hpp"

#include <sstream>

#include "app/cli/mirror_files.hpp"
#include "mirror/portfolio.hpp"
#include "mirror/stress.hpp"
#include "mirror/stress_boards.hpp"

namespace lockstep::app {
namespace {

using nlohmann::json;

std::string quote(mirror::Int value) { return mirror::decimal(value, mirror::greek_scales.value); }

}  // namespace

std::expected<StressedBoards, std::string> stress_boards(const mirror::Boards& boards, UnixSeconds at,
                                                         const std::vector<mirror::Int>& moves_ppm, std::size_t limit) {
  const auto found = mirror::stress(boards, at, moves_ppm, limit);
  if (!found) return std::unexpected(found.error());
  json stressed = {{"quote_unit", text(boards.terms.value_or(mirror::OptionTerms{}).quote_unit)},
                   {"scenarios", json::array()},
                   {"worst", json::array()}};
  std::ostringstream out;
  out << boards.holdings.size() << " holdings; each that was sold has the collateral behind it and no more";
  const auto name = [&](std::size_t move) { return "spot " + mirror::percent(moves_ppm[move]); };
  for (std::size_t i = 0; i < found->moves.size(); ++i) {
    const auto& sum = found->moves[i];
    stressed["scenarios"].push_back({{"name", name(i)},
                                     {"equity", quote(sum.equity)},
                                     {"insolvent", sum.insolvent},
                                     {"shortfall", quote(sum.shortfall)}});
    out << "\n"
        << name(i) << ": equity " << quote(sum.equity) << ", insolvent " << sum.insolvent << ", shortfall "
        << quote(sum.shortfall);
  }
  for (const auto& one : found->worst) {
    stressed["worst"].push_back({{"holding", std::to_string(one.holding)},
                                 {"account", to_hex(one.owner)},
                                 {"scenario", name(one.move)},
                                 {"left", quote(one.left)}});
    out << "\nholding " << one.holding << " of " << to_hex(one.owner) << "  worst in \"" << name(one.move)
        << "\": " << quote(one.left) << " of its collateral left";
  }
  return StressedBoards{std::move(stressed), out.str()};
}

}  // namespace lockstep::app
