#include "mirror/snapshot_boards.hpp"

#include <algorithm>

namespace lockstep::mirror {
void write_boards(FrameWriter& file, const Boards& boards) {
  if (boards.terms) {
    for (const Int value : boards.terms->values()) file.number(value);
    file.end_record();
  }
  for (const auto& [id, board] : boards.all) {
    file.out.u32(id);
    for (const Int value : board.values()) file.number(value);
    file.end_record();
  }
  for (const auto& [id, strike] : boards.strikes) {
    file.out.u32(id);
    file.out.u32(strike.board);
    file.number(strike.price);
    file.number(strike.skew);
    for (const Int value : strike.held) file.number(value);
    file.end_record();
  }
  std::vector<HoldingId> ascending;
  ascending.reserve(boards.holdings.size());
  for (const auto& one : boards.holdings) ascending.push_back(one.first);
  std::ranges::sort(ascending);
  for (const auto id : ascending) {
    const Holding& holding = boards.holdings.at(id);
    file.out.u64(id);
    file.out.fixed(holding.owner);
    file.out.u32(holding.strike);
    file.out.u8(static_cast<std::uint8_t>(holding.type));
    file.number(holding.amount);
    file.number(holding.collateral);
    file.end_record();
  }
}

bool read_option_terms(FrameReader& file, Boards& boards) {
  auto& terms = boards.terms.emplace();
  terms.spot = file.number();
  terms.rate = file.number();
  terms.quote_unit = file.number();
  return file.in.ok() && in_range(terms.spot, 0, max_strike_price) && in_range(terms.rate, -most_rate, most_rate) &&
         in_range(terms.quote_unit, 1, most_unit);
}

bool read_board(FrameReader& file, Boards& boards) {
  const BoardId id = file.in.u32();
  const bool ascending = boards.all.empty() || boards.all.rbegin()->first < id;
  Board& board = boards.all[id];
  for (Int* value : {&board.expiry, &board.unit, &board.volatility, &board.is_frozen, &board.settlement_price})
    *value = file.number();
  return file.in.ok() && ascending && in_range(board.expiry, 1, most_expiry) && in_range(board.unit, 1, most_unit) &&
         in_range(board.volatility, 0, most_volatility) && in_range(board.is_frozen, 0, 1) &&
         in_range(board.settlement_price, 0, max_strike_price);
}

bool read_strike(FrameReader& file, Boards& boards) {
  const MarketId id = file.in.u32();
  const bool ascending = boards.strikes.empty() || boards.strikes.rbegin()->first < id;
  Strike& strike = boards.strikes[id];
  strike = {.board = file.in.u32(), .price = 0, .skew = 0, .held = {}};
  strike.price = file.number();
  strike.skew = file.number();
  for (Int& value : strike.held) value = file.number();
  return file.in.ok() && ascending && boards.all.contains(strike.board) &&
         in_range(strike.price, 1, max_strike_price) && in_range(strike.skew, 0, most_volatility) &&
         std::ranges::all_of(strike.held, [](Int value) { return in_range(value, 0, max_holding_amount); });
}

bool read_holding(FrameReader& file, State& state, bool is_first, HoldingId& last) {
  const HoldingId id = file.in.u64();
  const bool ascending = is_first || last < id;
  last = id;
  Holding holding{.owner = file.in.fixed<Address>(), .strike = file.in.u32()};
  const auto type = file.in.u8();
  holding.amount = file.number();
  holding.collateral = file.number();
  if (!file.in.ok() || !ascending || !state.accounts.contains(holding.owner) ||
      !state.boards.strikes.contains(holding.strike) || type >= option_types ||
      !in_range(holding.amount, 1, max_holding_amount) || !in_range(holding.collateral, 0, max_holding_amount))
    return false;
  holding.type = static_cast<OptionType>(type);
  state.boards.write(id, holding);
  return !is_long(holding.type) || holding.collateral == 0;
}

}  // namespace lockstep::mirror
