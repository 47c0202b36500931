// The range of every argument, by its name in info(code).fields.
#include <array>
#include <limits>

#include "mirror/apply.hpp"

namespace lockstep::mirror {
namespace {

struct Range {
  std::string_view field;
  bool is_account = false;
  Int low = 0, high = 0;
};

constexpr Int max_order_id = std::numeric_limits<OrderId>::max();
constexpr Int max_market_id = std::numeric_limits<MarketId>::max();

constexpr std::array ranges{
    Range{"account", true},
    Range{"liquidator", true},
    Range{"market", false, 0, max_market_id},
    Range{"order", false, 1, max_order_id},
    Range{"maker_order", false, 1, max_order_id},
    Range{"taker_order", false, 1, max_order_id},
    Range{"is_buy", false, 0, 1},
    Range{"reduce_only", false, 0, 1},
    Range{"time_in_force", false, 0, static_cast<Int>(TimeInForce::count_) - 1},
    Range{"price", false, 1, max_price},
    Range{"size", false, -max_lots, max_lots},
    Range{"remaining", false, 0, max_lots},
    Range{"tick", false, 0, max_price},
    Range{"lot", false, 0, max_lots},
    Range{"initial_bps", false, 0, max_bps},
    Range{"maintenance_bps", false, 0, max_bps},
    Range{"maker_fee_ppm", false, 0, max_ppm},
    Range{"taker_fee_ppm", false, 0, max_ppm},
    Range{"amount", false, 0, max_amount},
    Range{"maker_fee", false, 0, max_amount},
    Range{"taker_fee", false, 0, max_amount},
    Range{"penalty", false, 0, max_amount},
    Range{"payment", false, -max_amount, max_amount},
    Range{"delta", false, -max_amount, max_amount},
    Range{"index", false, -max_funding_index, max_funding_index},
};

const Range* range_of(std::string_view field) {
  for (const auto& range : ranges) {
    if (range.field == field) return &range;
  }
  return nullptr;
}

Done check_one(const Value& value, std::string_view field) {
  const Range* range = range_of(field);
  if (range == nullptr) return std::unexpected(std::string(field) + ": no range is known for it");
  const Int* number = std::get_if<Int>(&value);
  if ((number == nullptr) != range->is_account) {
    return std::unexpected(std::string(field) +
                           (range->is_account ? ": an account is needed" : ": a number is needed"));
  }
  if (number != nullptr && (*number < range->low || *number > range->high)) {
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
