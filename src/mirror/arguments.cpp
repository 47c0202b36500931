// The range of every argument, by its name in info(code).fields.
#include <array>
#include <limits>

#include "mirror/apply.hpp"

namespace lockstep::mirror {
namespace {

struct Range {
  std::string_view field;
  Int low = 0, high = 0;
};

constexpr Int max_order_id = std::numeric_limits<OrderId>::max();
constexpr Int max_market_id = std::numeric_limits<MarketId>::max();

constexpr std::array ranges{
    Range{"market", 0, max_market_id},
    Range{"order", 1, max_order_id},
    Range{"maker_order", 1, max_order_id},
    Range{"taker_order", 1, max_order_id},
    Range{"is_buy", 0, 1},
    Range{"reduce_only", 0, 1},
    Range{"time_in_force", 0, static_cast<Int>(TimeInForce::count_) - 1},
    Range{"price", 1, max_price},
    Range{"size", -max_lots, max_lots},
    Range{"remaining", 0, max_lots},
    Range{"tick", 0, max_price},
    Range{"lot", 0, max_lots},
    Range{"initial_bps", 0, max_bps},
    Range{"maintenance_bps", 0, max_bps},
    Range{"maker_fee_ppm", 0, max_ppm},
    Range{"taker_fee_ppm", 0, max_ppm},
    Range{"amount", 0, max_amount},
    Range{"maker_fee", 0, max_amount},
    Range{"taker_fee", 0, max_amount},
    Range{"penalty", 0, max_amount},
    Range{"payment", -max_amount, max_amount},
    Range{"delta", -max_amount, max_amount},
    Range{"index", -max_funding_index, max_funding_index},
    Range{"underlying", 0, max_market_id},
    Range{"kind", 0, static_cast<Int>(Series::Kind::count_) - 1},
    Range{"strike", 0, max_price},
    Range{"expiry", 1, most_expiry},
    Range{"unit", 0, most_unit},
    Range{"rounding", 0, static_cast<Int>(Rounding::bankers)},
    Range{"volatility", 0, most_volatility},
    Range{"rate", -most_rate, most_rate},
    Range{"forward", 0, max_price},
    Range{"trade_price", 0, max_price},
    Range{"buyer_fee", 0, max_amount},
    Range{"seller_fee", 0, max_amount},
    Range{"scale", 1, max_pool_unit},
    Range{"dust", 0, max_pool_unit},
    Range{"initial_ppm", 0, max_ppm},
    Range{"maintenance_ppm", 0, max_ppm},
    Range{"rounds_down", 0, 1},
    Range{"mark", 1, max_pool_mark},
    Range{"base", -max_pool_amount, max_pool_amount},
    Range{"quote", -max_pool_amount, max_pool_amount},
    Range{"open_notional", -max_pool_amount, max_pool_amount},
    Range{"realized", -max_pool_amount, max_pool_amount},
    Range{"liquidity", -max_liquidity, max_liquidity},
    Range{"profit", -max_pool_amount, max_pool_amount},
    Range{"board", 0, max_market_id},
    Range{"is_frozen", 0, 1},
    Range{"settlement_price", 1, max_strike_price},
    Range{"strike_price", 1, max_strike_price},
    Range{"skew", 0, most_volatility},
    Range{"holding", 0, max_order_id},
    Range{"option_type", 0, static_cast<Int>(OptionType::count_) - 1},
    Range{"collateral", 0, max_holding_amount},
    Range{"shortfall", 0, max_holding_amount},
    Range{"spot", 1, max_strike_price},
    Range{"quote_unit", 0, most_unit},
};

const Range* range_of(std::string_view field) {
  for (const auto& range : ranges) {
    if (range.field == field) return &range;
  }
  return nullptr;
}

Done check_one(const Value& value, std::string_view field) {
  const Int* number = std::get_if<Int>(&value);
  if ((number == nullptr) != is_account(field)) {
    return std::unexpected(std::string(field) +
                           (is_account(field) ? ": an account is needed" : ": a number is needed"));
  }
  if (number == nullptr) return {};
  const Range* range = range_of(field);
  if (range == nullptr) return std::unexpected(std::string(field) + ": no range is known for it");
  if (*number < range->low || *number > range->high) {
    return std::unexpected(std::string(field) + ": " + to_text(value) + " is outside " + to_text(Value{range->low}) +
                           " … " + to_text(Value{range->high}));
  }
  return {};
}

}  // namespace

std::expected<Arguments, std::string> Arguments::check(const Operation& operation) {
  if (operation.code >= OpCode::count_) return std::unexpected("unknown operation");
  const auto fields = info(operation.code).fields;
  const std::size_t given = operation.args.size(), required = info(operation.code).required;
  if (given < required || given > fields.size()) {
    return std::unexpected(std::to_string(given) + " arguments, " + std::to_string(required) + " needed");
  }
  for (std::size_t i = 0; i < given; ++i) {
    if (auto done = check_one(operation.args[i], fields[i]); !done) return std::unexpected(done.error());
  }
  return Arguments(operation.args);
}

}  // namespace lockstep::mirror
