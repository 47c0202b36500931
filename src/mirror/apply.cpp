#include "mirror/apply.hpp"

#include "mirror/matching.hpp"

namespace lockstep::mirror {
namespace {

bool is_step_of(const Operation& operation, const Step& step) {
  if (step.kind == Step::Kind::fill) return operation.code == OpCode::trade || operation.code == OpCode::settle_funding;
  return step.kind == Step::Kind::cancel && operation.code == OpCode::cancel_order;
}

Done in_turn(const State& state, const Operation& operation) {
  const bool step = !state.incoming || is_step_of(operation, state.incoming->next);
  const bool cover = !state.bad_debt || operation.code == OpCode::cover_bad_debt;
  if (step && cover) return {};
  return std::unexpected("not in turn, before it: " + outstanding(state));
}

}  // namespace

std::unexpected<std::string> differs(std::string_view field, const Value& chain, const Value& mirror) {
  return std::unexpected(std::string(field) + ": the chain says " + to_text(chain) + ", the mirror " + to_text(mirror));
}

Market* find_market(State& state, MarketId id) {
  const auto at = state.markets.find(id);
  return at == state.markets.end() ? nullptr : &at->second;
}

std::unexpected<std::string> no_market(MarketId id) {
  return std::unexpected("market: " + std::to_string(id) + " was never added");
}

bool settled(const State& state, const Address& account, MarketId market) {
  const auto at = state.accounts.find(account);
  if (at == state.accounts.end()) return true;
  const Position* position = at->second.positions.find(market);
  return position == nullptr || position->size == 0 ||
         position->funding_index == state.markets.at(market).funding_index;
}

std::string outstanding(const State& state) {
  if (state.incoming)
    return "order " + std::to_string(state.incoming->id) + " leads to: " + to_text(state.incoming->next);
  if (state.bad_debt) {
    return "cover of " + to_text(Value{state.bad_debt->amount}) + " bad debt of " + to_hex(state.bad_debt->account);
  }
  return "";
}

Done apply(State& state, const Operation& operation) {
  const auto args = Arguments::check(operation);
  if (!args) return std::unexpected(args.error());
  if (auto turn = in_turn(state, operation); !turn) return turn;
  switch (operation.code) {
    case OpCode::add_market:
      return add_market(state, *args);
    case OpCode::set_parameters:
      return set_parameters(state, *args);
    case OpCode::set_mark:
      return set_mark(state, *args);
    case OpCode::deposit:
      return deposit(state, *args);
    case OpCode::withdraw:
      return withdraw(state, *args);
    case OpCode::place_order:
      return place_order(state, *args);
    case OpCode::cancel_order:
      return cancel_order(state, *args);
    case OpCode::trade:
      return trade(state, *args);
    case OpCode::set_funding:
      return set_funding(state, *args);
    case OpCode::settle_funding:
      return settle_funding(state, *args);
    case OpCode::liquidate:
      return liquidate(state, *args);
    case OpCode::insurance:
      return insurance(state, *args);
    case OpCode::cover_bad_debt:
      return cover_bad_debt(state, *args);
    case OpCode::add_series:
      return add_series(state, *args);
    case OpCode::mark_series:
      return mark_series(state, *args);
    case OpCode::trade_series:
      return trade_series(state, *args);
    case OpCode::expire_series:
      return expire_series(state, *args);
    case OpCode::settle_series:
      return settle_series(state, *args);
    case OpCode::set_pool_terms:
      return set_pool_terms(state, *args);
    case OpCode::add_pool:
      return add_pool(state, *args);
    case OpCode::mark_pool:
      return mark_pool(state, *args);
    case OpCode::trade_pool:
      return trade_pool(state, *args, operation);
    case OpCode::provide:
      return provide(state, *args, operation);
    case OpCode::realize:
      return realize(state, *args);
    case OpCode::withdraw_realized:
      return withdraw_realized(state, *args);
    case OpCode::transfer:
      return transfer(state, *args);
    case OpCode::add_board:
      return add_board(state, *args);
    case OpCode::mark_board:
      return mark_board(state, *args);
    case OpCode::freeze_board:
      return freeze_board(state, *args);
    case OpCode::settle_board:
      return settle_board(state, *args);
    case OpCode::add_strike:
      return add_strike(state, *args);
    case OpCode::mark_strike:
      return mark_strike(state, *args);
    case OpCode::update_holding:
      return update_holding(state, *args);
    case OpCode::close_holding:
      return close_holding(state, *args);
    case OpCode::settle_holding:
      return settle_holding(state, *args);
    case OpCode::mark_spot:
      return mark_spot(state, *args);
    case OpCode::set_option_terms:
      return set_option_terms(state, *args);
    case OpCode::count_:
      break;
  }
  return std::unexpected("unknown operation");
}

}  // namespace lockstep::mirror
