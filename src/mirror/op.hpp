#pragma once
// The closed set of things a contract event can mean. A protocol file binds an event to one of these by name (SURFACE,
// [[mirror.event]]).
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "mirror/value.hpp"

namespace lockstep::mirror {

enum class OpCode : std::uint8_t {
  add_market,  // market, initial_bps, maintenance_bps, maker_fee_ppm, taker_fee_ppm; may: tick, lot, of which prices
               // and sizes of orders are multiples
  set_parameters,  // market, initial_bps, maintenance_bps, maker_fee_ppm, taker_fee_ppm
  set_mark,        // market, price                                   quote units per lot
  deposit,         // account, amount
  withdraw,        // account, amount
  place_order,     // order, market, account, is_buy, price, size, time_in_force (0 GTC 1 IOC 2 FOK 3 post-only),
                   // reduce_only
  cancel_order,    // order, remaining                                 whatever the reason: user, IOC remainder,
                   // self-trade, liquidation
  trade,           // market, maker_order, taker_order, price, size, maker_fee, taker_fee
  set_funding,     // market, index                                    cumulative, quote units x 1e6 per lot
  settle_funding,  // account, market, payment, index                  payment > 0: the account pays
  liquidate,       // account, market, liquidator, size, price, penalty   size signed: what the liquidator takes over
  insurance,       // delta                                            anything that moves the insurance fund and is not
                   // covered above
  cover_bad_debt,  // account, amount                                  collateral += amount, insurance -= amount
  // Markets that end (mirror/series.hpp). A series is a market of its own, marked with set_mark.
  add_series,     // market, underlying, kind (0 future 1 call 2 put), strike, expiry (Unix seconds), initial_bps,
                  // maintenance_bps; may: maker_fee_ppm, taker_fee_ppm, tick, lot, unit (lots of a contract, 0: 1),
                  // rounding (0 up, 1 toward zero, 2 bankers)
  mark_series,    // market, volatility; may: rate, forward            volatility and rate x 10^18
  trade_series,   // market, buyer, seller, size, trade_price; may: buyer_fee, seller_fee    without an order of ours
  expire_series,  // market, price                                     of the underlying, at the expiry
  settle_series,  // account, market, payment                          what an expired position adds to the collateral
  // Pools (mirror/pool.hpp), of an instance without markets as above. Numbers in the pool's own units.
  set_pool_terms,  // unit, scale, dust, initial_ppm, maintenance_ppm; may: rounds_down     before the first pool;
                   // later only the shares and the rounding may be others
  add_pool,        // market
  mark_pool,       // market, mark                                  quote per unit of size
  trade_pool,      // account, market, base, quote, open_notional, realized     what it gained (< 0 lost) in size and
                   // quote, fees taken off; the open notional after it; what of it was realised
  provide,         // account, market, liquidity                    < 0: taken out
  realize,         // account, profit                               to what is owed, whatever the reason: profit, loss,
                   // fee, funding, penalty
  withdraw_realized,  // account, amount                               what is owed becomes collateral first
  transfer,  // payer, account, amount                        of collateral, whatever the reason; where there are
             // no markets
  // Holdings (mirror/holding.hpp), of an instance without markets and pools. Numbers in the contract's own units.
  add_board,   // board, expiry (Unix seconds), volatility; may: unit (of amount, that are a contract, 0: 1), is_frozen
  mark_board,  // board, volatility
  freeze_board,    // board, is_frozen
  settle_board,    // board, settlement_price                       of the underlying
  add_strike,      // market, board, strike_price, skew
  mark_strike,     // market, skew
  update_holding,  // holding, account, market, option_type (0 long call 1 long put 2 covered call 3 short call 4 short
                   // put), amount, collateral                     all of it as it is from now on
  close_holding,   // holding, account                             it is no more, whatever the reason
  settle_holding,  // holding, account, payment; may: shortfall    of a settled board: what it pays, what its collateral
                   // lacks
  mark_spot,       // spot                                         of the underlying of all boards
  set_option_terms,  // rate; may: quote_unit                      per year, continuous, x 10^18; of quote that make one
                     // of what Greeks are told in, 0: 1
  count_
};

/// Whose doing it is. While an instance is halted users do nothing, prices go on, and what administration says is the
/// plan's to declare.
enum class Actor : std::uint8_t { users, prices, administration };

struct OpInfo {
  OpCode code;
  Actor actor;
  std::string_view name;                     // as written in a protocol file
  std::span<const std::string_view> fields;  // in this order
  std::size_t required;                      // the first ones; what is left out of the others is 0
};

const OpInfo& info(OpCode code);
/// Whether a field of an operation names an account; all others are numbers.
bool is_account(std::string_view field);
std::optional<OpCode> op_from_name(std::string_view name);

/// args are in the order of info(code).fields, all that are required at least; accounts are Address, everything else
/// Int (booleans 0 or 1).
struct Operation {
  OpCode code = OpCode::count_;
  std::vector<Value> args;
  std::uint64_t block_num = 0;
  std::uint32_t log_index = 0;
};

}  // namespace lockstep::mirror
