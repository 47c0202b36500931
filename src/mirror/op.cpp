#include "mirror/op.hpp"

#include <array>

#include "base/assert.hpp"

namespace lockstep::mirror {
namespace {

using Names = std::string_view;
constexpr std::array<Names, 5> parameters{"market", "initial_bps", "maintenance_bps", "maker_fee_ppm", "taker_fee_ppm"};
constexpr std::array<Names, 7> new_market{"market", "initial_bps", "maintenance_bps", "maker_fee_ppm", "taker_fee_ppm",
                                          "tick",   "lot"};
constexpr std::array<Names, 2> mark{"market", "price"};
constexpr std::array<Names, 2> transfer{"account", "amount"};
constexpr std::array<Names, 8> place{"order", "market", "account",       "is_buy",
                                     "price", "size",   "time_in_force", "reduce_only"};
constexpr std::array<Names, 2> cancellation{"order", "remaining"};
constexpr std::array<Names, 7> trade{"market", "maker_order", "taker_order", "price", "size", "maker_fee", "taker_fee"};
constexpr std::array<Names, 2> funding{"market", "index"};
constexpr std::array<Names, 4> settle{"account", "market", "payment", "index"};
constexpr std::array<Names, 6> liquidation{"account", "market", "liquidator", "size", "price", "penalty"};
constexpr std::array<Names, 1> fund{"delta"};
constexpr std::array<Names, 13> new_series{
    "market",        "underlying",    "kind", "strike", "expiry", "initial_bps", "maintenance_bps",
    "maker_fee_ppm", "taker_fee_ppm", "tick", "lot",    "unit",   "rounding"};
constexpr std::array<Names, 4> series_mark{"market", "volatility", "rate", "forward"};
constexpr std::array<Names, 7> series_trade{"market",      "buyer",     "seller",    "size",
                                            "trade_price", "buyer_fee", "seller_fee"};
constexpr std::array<Names, 3> settlement{"account", "market", "payment"};
constexpr std::array<Names, 6> terms_of_pools{"unit", "scale", "dust", "initial_ppm", "maintenance_ppm", "rounds_down"};
constexpr std::array<Names, 1> new_pool{"market"};
constexpr std::array<Names, 2> pool_mark{"market", "mark"};
constexpr std::array<Names, 6> pool_trade{"account", "market", "base", "quote", "open_notional", "realized"};
constexpr std::array<Names, 3> provision{"account", "market", "liquidity"};
constexpr std::array<Names, 3> payment_between{"payer", "account", "amount"};
constexpr std::array<Names, 2> realisation{"account", "profit"};
constexpr std::array<Names, 5> new_board{"board", "expiry", "volatility", "unit", "is_frozen"};
constexpr std::array<Names, 2> board_mark{"board", "volatility"};
constexpr std::array<Names, 2> board_freeze{"board", "is_frozen"};
constexpr std::array<Names, 2> board_settlement{"board", "settlement_price"};
constexpr std::array<Names, 4> new_strike{"market", "board", "strike_price", "skew"};
constexpr std::array<Names, 2> strike_mark{"market", "skew"};
constexpr std::array<Names, 6> holding_update{"holding", "account", "market", "option_type", "amount", "collateral"};
constexpr std::array<Names, 2> holding_end{"holding", "account"};
constexpr std::array<Names, 1> spot_mark{"spot"};
constexpr std::array<Names, 2> terms_of_options{"rate", "quote_unit"};
constexpr std::array<Names, 4> holding_settlement{"holding", "account", "payment", "shortfall"};

constexpr std::array<OpInfo, static_cast<std::size_t>(OpCode::count_)> table{{
    {OpCode::add_market, Actor::administration, "add_market", new_market, parameters.size()},
    {OpCode::set_parameters, Actor::administration, "set_parameters", parameters, parameters.size()},
    {OpCode::set_mark, Actor::prices, "set_mark", mark, mark.size()},
    {OpCode::deposit, Actor::users, "deposit", transfer, transfer.size()},
    {OpCode::withdraw, Actor::users, "withdraw", transfer, transfer.size()},
    {OpCode::place_order, Actor::users, "place_order", place, place.size()},
    {OpCode::cancel_order, Actor::users, "cancel_order", cancellation, cancellation.size()},
    {OpCode::trade, Actor::users, "trade", trade, trade.size()},
    {OpCode::set_funding, Actor::administration, "set_funding", funding, funding.size()},
    {OpCode::settle_funding, Actor::users, "settle_funding", settle, settle.size()},
    {OpCode::liquidate, Actor::users, "liquidate", liquidation, liquidation.size()},
    {OpCode::insurance, Actor::administration, "insurance", fund, fund.size()},
    {OpCode::cover_bad_debt, Actor::users, "cover_bad_debt", transfer, transfer.size()},
    {OpCode::add_series, Actor::administration, "add_series", new_series, 7},
    {OpCode::mark_series, Actor::prices, "mark_series", series_mark, 2},
    {OpCode::trade_series, Actor::users, "trade_series", series_trade, 5},
    {OpCode::expire_series, Actor::prices, "expire_series", mark, mark.size()},
    {OpCode::settle_series, Actor::users, "settle_series", settlement, settlement.size()},
    {OpCode::set_pool_terms, Actor::administration, "set_pool_terms", terms_of_pools, 5},
    {OpCode::add_pool, Actor::administration, "add_pool", new_pool, new_pool.size()},
    {OpCode::mark_pool, Actor::prices, "mark_pool", pool_mark, pool_mark.size()},
    {OpCode::trade_pool, Actor::users, "trade_pool", pool_trade, pool_trade.size()},
    {OpCode::provide, Actor::users, "provide", provision, provision.size()},
    {OpCode::realize, Actor::users, "realize", realisation, realisation.size()},
    {OpCode::withdraw_realized, Actor::users, "withdraw_realized", transfer, transfer.size()},
    {OpCode::transfer, Actor::users, "transfer", payment_between, payment_between.size()},
    {OpCode::add_board, Actor::administration, "add_board", new_board, 3},
    {OpCode::mark_board, Actor::administration, "mark_board", board_mark, board_mark.size()},
    {OpCode::freeze_board, Actor::administration, "freeze_board", board_freeze, board_freeze.size()},
    {OpCode::settle_board, Actor::prices, "settle_board", board_settlement, board_settlement.size()},
    {OpCode::add_strike, Actor::administration, "add_strike", new_strike, new_strike.size()},
    {OpCode::mark_strike, Actor::administration, "mark_strike", strike_mark, strike_mark.size()},
    {OpCode::update_holding, Actor::users, "update_holding", holding_update, holding_update.size()},
    {OpCode::close_holding, Actor::users, "close_holding", holding_end, holding_end.size()},
    {OpCode::settle_holding, Actor::users, "settle_holding", holding_settlement, 3},
    {OpCode::mark_spot, Actor::prices, "mark_spot", spot_mark, spot_mark.size()},
    {OpCode::set_option_terms, Actor::administration, "set_option_terms", terms_of_options, 1},
}};

constexpr bool codes_in_order() {
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (static_cast<std::size_t>(table[i].code) != i) return false;
  }
  return true;
}
static_assert(codes_in_order());

}  // namespace

const OpInfo& info(OpCode code) {
  LOCKSTEP_ASSERT(code < OpCode::count_);
  return table[static_cast<std::size_t>(code)];
}

bool is_account(std::string_view field) {
  return field == "account" || field == "liquidator" || field == "buyer" || field == "seller" || field == "payer";
}

std::optional<OpCode> op_from_name(std::string_view name) {
  for (const auto& entry : table) {
    if (entry.name == name) return entry.code;
  }
  return std::nullopt;
}

}  // namespace lockstep::mirror
