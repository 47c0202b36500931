// Boards, strikes on them, and holdings, each of which the chain tells whole (mirror/holding.hpp).
#include <algorithm>

#include "mirror/apply.hpp"
#include "mirror/row.hpp"

namespace lockstep::mirror {
namespace {

constexpr std::string_view option_names[] = {"long call", "long put", "covered call", "short call", "short put"};
static_assert(std::size(option_names) == option_types);

std::expected<Board*, std::string> find_board(State& state, BoardId id) {
  const auto at = state.boards.all.find(id);
  if (at == state.boards.all.end()) return std::unexpected("board: " + std::to_string(id) + " was never added");
  return &at->second;
}

std::expected<Board*, std::string> open_board(State& state, BoardId id) {
  auto board = find_board(state, id);
  if (board && (*board)->is_settled()) return std::unexpected("board: " + std::to_string(id) + " is settled");
  return board;
}

/// The second argument becomes a field of the board, if there is one.
Done set(State& state, const Arguments& args, const std::expected<Board*, std::string>& board, Int Board::*field) {
  if (!board) return std::unexpected(board.error());
  (*board)->*field = args.number(1);
  state.touched.board(args.market(0));
  return {};
}

std::expected<Strike*, std::string> find_strike(State& state, MarketId id) {
  const auto at = state.boards.strikes.find(id);
  if (at == state.boards.strikes.end())
    return std::unexpected("market: " + std::to_string(id) + " is no strike that was added");
  return &at->second;
}

/// A holding whose owner the chain tells.
std::expected<Holding, std::string> held_by(const State& state, HoldingId id, const Address& owner, const char* field) {
  const auto at = state.boards.holdings.find(id);
  if (at == state.boards.holdings.end()) return std::unexpected("holding: there is no " + std::to_string(id));
  if (at->second.owner != owner) return differs(field, owner, at->second.owner);
  return at->second;
}

Done put(State& state, HoldingId id, const Holding& holding) {
  if (!state.boards.put(id, holding)) {
    const Key strike{.table = Table::strike, .account = {}, .market = holding.strike, .order = 0};
    return std::unexpected("overflow in " + to_text(strike) + " " +
                           std::string(option_names[static_cast<std::size_t>(holding.type)]) + "s");
  }
  state.accounts.try_emplace(holding.owner);
  state.touched.account(holding.owner);
  state.touched.market(holding.strike);
  state.touched.holding(id);
  return {};
}

Done take_away(State& state, HoldingId id, Holding holding) {
  holding.amount = 0;
  return put(state, id, holding);
}

Done has_only_boards(const State& state, const char* op) {
  if (state.markets.empty() && !state.pools.terms) return {};
  return std::unexpected(std::string(op) + ": the instance has markets or pools, which are margined in another way");
}

/// To be written to; the globals are hashed again whatever was touched.
std::expected<OptionTerms*, std::string> terms_of(State& state, const char* op) {
  if (auto only = has_only_boards(state, op); !only) return std::unexpected(only.error());
  if (!state.boards.terms) state.boards.terms.emplace();
  return &*state.boards.terms;
}

/// What stays as it is while a holding lives.
Done is_same(const Holding& before, const Holding& now, bool is_settled) {
  if (now.strike != before.strike) return differs("update_holding.market", Int{now.strike}, Int{before.strike});
  if (now.type != before.type)
    return differs("update_holding.option_type", Int{static_cast<std::uint8_t>(now.type)},
                   Int{static_cast<std::uint8_t>(before.type)});
  if (!is_settled) return {};
  if (now.amount != before.amount) return differs("update_holding.amount", now.amount, before.amount);
  if (now.collateral != before.collateral)
    return differs("update_holding.collateral", now.collateral, before.collateral);
  return {};
}

/// No event tells what the pool takes of the underlying that covers a call.
Done is_due_of_covered(const Holding& holding, Int payment, Int shortfall) {
  if (payment < 0 || payment > holding.collateral)
    return std::unexpected("settle_holding.payment: " + to_text(Value{payment}) + " of a collateral of " +
                           to_text(Value{holding.collateral}));
  if (payment != 0 && shortfall != 0) return differs("settle_holding.shortfall", shortfall, Int{0});
  return {};
}

Done is_due(const Holding& holding, Int payoff, Int payment, Int shortfall) {
  const bool bought = is_long(holding.type);
  const Int due = bought ? payoff : std::max<Int>(holding.collateral - payoff, 0);
  const Int missing = bought ? 0 : std::max<Int>(payoff - holding.collateral, 0);
  if (payment != due) return differs("settle_holding.payment", payment, due);
  if (shortfall != missing) return differs("settle_holding.shortfall", shortfall, missing);
  return {};
}

}  // namespace

Done add_board(State& state, const Arguments& args) {
  if (auto only = has_only_boards(state, "add_board"); !only) return only;
  if (state.boards.all.size() == max_boards) return std::unexpected("board: more than " + std::to_string(max_boards));
  const Board board{.expiry = args.number(1),
                    .unit = std::max<Int>(args.number(3), 1),
                    .volatility = args.number(2),
                    .is_frozen = args.number(4)};
  if (!state.boards.all.try_emplace(args.market(0), board).second)
    return std::unexpected("board: " + std::to_string(args.market(0)) + " was added before");
  state.touched.board(args.market(0));
  return {};
}

Done mark_board(State& state, const Arguments& args) {
  return set(state, args, open_board(state, args.market(0)), &Board::volatility);
}

/// Of a settled board it means nothing any more, but may be said.
Done freeze_board(State& state, const Arguments& args) {
  return set(state, args, find_board(state, args.market(0)), &Board::is_frozen);
}

Done settle_board(State& state, const Arguments& args) {
  return set(state, args, open_board(state, args.market(0)), &Board::settlement_price);
}

Done add_strike(State& state, const Arguments& args) {
  if (const auto board = open_board(state, args.market(1)); !board) return std::unexpected(board.error());
  if (state.boards.strikes.size() == max_strikes)
    return std::unexpected("market: more than " + std::to_string(max_strikes));
  const Strike strike{.board = args.market(1), .price = args.number(2), .skew = args.number(3), .held = {}};
  if (!state.boards.strikes.try_emplace(args.market(0), strike).second)
    return std::unexpected("market: " + std::to_string(args.market(0)) + " was added before");
  state.touched.market(args.market(0));
  return {};
}

Done mark_strike(State& state, const Arguments& args) {
  const auto strike = find_strike(state, args.market(0));
  if (!strike) return std::unexpected(strike.error());
  if (const auto board = open_board(state, (*strike)->board); !board) return std::unexpected(board.error());
  (*strike)->skew = args.number(1);
  state.touched.market(args.market(0));
  return {};
}

Done update_holding(State& state, const Arguments& args) {
  const HoldingId id = args.order(0);
  const Holding holding{.owner = args.account(1),
                        .strike = args.market(2),
                        .type = static_cast<OptionType>(args.number(3)),
                        .amount = args.number(4),
                        .collateral = args.number(5)};
  const auto strike = find_strike(state, holding.strike);
  if (!strike) return std::unexpected(strike.error());
  if (holding.amount == 0) return std::unexpected("update_holding.amount: 0, which close_holding says");
  if (is_long(holding.type) && holding.collateral != 0)
    return std::unexpected("update_holding.collateral: " + to_text(Value{holding.collateral}) +
                           " of an option that was bought");
  const bool is_settled = state.boards.all.at((*strike)->board).is_settled();
  const auto before = state.boards.holdings.find(id);
  if (before == state.boards.holdings.end()) {
    if (is_settled) return std::unexpected("board: " + std::to_string((*strike)->board) + " is settled");
  } else if (auto same = is_same(before->second, holding, is_settled); !same) {
    return same;
  }
  return put(state, id, holding);
}

Done close_holding(State& state, const Arguments& args) {
  const auto holding = held_by(state, args.order(0), args.account(1), "close_holding.account");
  if (!holding) return std::unexpected(holding.error());
  return take_away(state, args.order(0), *holding);
}

Done settle_holding(State& state, const Arguments& args) {
  const auto holding = held_by(state, args.order(0), args.account(1), "settle_holding.account");
  if (!holding) return std::unexpected(holding.error());
  const Strike& strike = state.boards.strikes.at(holding->strike);
  const Board& board = state.boards.all.at(strike.board);
  if (!board.is_settled()) return std::unexpected("board: " + std::to_string(strike.board) + " is not settled");
  Done due;
  if (holding->type == OptionType::covered_call) {
    due = is_due_of_covered(*holding, args.number(2), args.number(3));
  } else {
    Checked math;
    const Int pays = payoff(math, board, strike, holding->type, holding->amount);
    if (math.overflow())
      return std::unexpected("overflow in what holding " + std::to_string(args.order(0)) + " is worth");
    due = is_due(*holding, pays, args.number(2), args.number(3));
  }
  if (!due) return due;
  return take_away(state, args.order(0), *holding);
}

Done mark_spot(State& state, const Arguments& args) {
  const auto terms = terms_of(state, "mark_spot");
  if (!terms) return std::unexpected(terms.error());
  (*terms)->spot = args.number(0);
  return {};
}

Done set_option_terms(State& state, const Arguments& args) {
  const auto terms = terms_of(state, "set_option_terms");
  if (!terms) return std::unexpected(terms.error());
  (*terms)->rate = args.number(0);
  (*terms)->quote_unit = std::max<Int>(args.number(1), 1);
  return {};
}

}  // namespace lockstep::mirror
