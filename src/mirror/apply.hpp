#pragma once
// One function per operation. Each checks everything against the mirror's own rules, then changes the state, or refuses
// and changes nothing.
#include "mirror/change.hpp"
#include "mirror/op.hpp"

namespace lockstep::mirror {

/// The arguments of an operation whose count, types and ranges were checked; positions are those of info(code).fields.
class Arguments {
 public:
  static std::expected<Arguments, std::string> check(const Operation& operation);

  Int number(std::size_t at) const { return at < values_->size() ? std::get<Int>((*values_)[at]) : 0; }
  bool flag(std::size_t at) const { return number(at) != 0; }
  MarketId market(std::size_t at) const { return static_cast<MarketId>(number(at)); }
  OrderId order(std::size_t at) const { return static_cast<OrderId>(number(at)); }
  const Address& account(std::size_t at) const { return std::get<Address>((*values_)[at]); }

 private:
  explicit Arguments(const std::vector<Value>& values) : values_(&values) {}
  const std::vector<Value>* values_;
};

Done add_market(State& state, const Arguments& args);
Done set_parameters(State& state, const Arguments& args);
Done set_mark(State& state, const Arguments& args);
Done deposit(State& state, const Arguments& args);
Done withdraw(State& state, const Arguments& args);
Done place_order(State& state, const Arguments& args);
Done cancel_order(State& state, const Arguments& args);
Done trade(State& state, const Arguments& args);
Done set_funding(State& state, const Arguments& args);
Done settle_funding(State& state, const Arguments& args);
Done liquidate(State& state, const Arguments& args);
Done insurance(State& state, const Arguments& args);
Done cover_bad_debt(State& state, const Arguments& args);
Done add_series(State& state, const Arguments& args);
Done mark_series(State& state, const Arguments& args);
Done trade_series(State& state, const Arguments& args);
Done expire_series(State& state, const Arguments& args);
Done settle_series(State& state, const Arguments& args);
Done set_pool_terms(State& state, const Arguments& args);
Done add_pool(State& state, const Arguments& args);
Done mark_pool(State& state, const Arguments& args);
Done trade_pool(State& state, const Arguments& args, const Operation& operation);
Done provide(State& state, const Arguments& args, const Operation& operation);
Done realize(State& state, const Arguments& args);
Done withdraw_realized(State& state, const Arguments& args);
Done transfer(State& state, const Arguments& args);
Done add_board(State& state, const Arguments& args);
Done mark_board(State& state, const Arguments& args);
Done freeze_board(State& state, const Arguments& args);
Done settle_board(State& state, const Arguments& args);
Done add_strike(State& state, const Arguments& args);
Done mark_strike(State& state, const Arguments& args);
Done update_holding(State& state, const Arguments& args);
Done close_holding(State& state, const Arguments& args);
Done settle_holding(State& state, const Arguments& args);
Done mark_spot(State& state, const Arguments& args);
Done set_option_terms(State& state, const Arguments& args);

/// Dispatches, and refuses what may not come before an incoming order or a bad debt is dealt with.
Done apply(State& state, const Operation& operation);

/// What has to come before anything else; empty if nothing has to.
std::string outstanding(const State& state);

/// "field: the chain says X, the mirror Y".
std::unexpected<std::string> differs(std::string_view field, const Value& chain, const Value& mirror);

/// The market, or null with `why` set.
Market* find_market(State& state, MarketId id);
std::unexpected<std::string> no_market(MarketId id);
/// How many markets are series, or perpetuals.
std::size_t count_markets(const State& state, bool series);
/// Refuses what only a market that has not ended takes.
Done not_expired(const Market& market, MarketId id);

/// Funding up to the market's index was settled, or nothing was due.
bool settled(const State& state, const Address& account, MarketId market);

}  // namespace lockstep::mirror
