#include "mirror/deltas.hpp"

#include <algorithm>
#include <variant>

namespace lockstep::mirror {
namespace {

struct Slot {
  std::variant<std::monostate, Int*, Amount*> value;  // nowhere: the field cannot be set
  Int low = 0, high = 0;
};

std::expected<Slot, std::string> market_slot(State& state, const Delta& delta) {
  Market* market = find_market(state, delta.key.market);
  if (market == nullptr) return std::unexpected("there is no such market");
  Parameters& p = market->parameters;
  if (delta.field == "initial_bps") return Slot{&p.initial_bps, 0, max_bps};
  if (delta.field == "maintenance_bps") return Slot{&p.maintenance_bps, 0, max_bps};
  if (delta.field == "maker_fee_ppm") return Slot{&p.maker_fee_ppm, 0, max_ppm};
  if (delta.field == "taker_fee_ppm") return Slot{&p.taker_fee_ppm, 0, max_ppm};
  if (delta.field == "funding_index") return Slot{&market->funding_index, -max_funding_index, max_funding_index};
  return Slot{};
}

std::expected<Slot, std::string> board_slot(Boards& boards, const Delta& delta) {
  const auto at = boards.all.find(delta.key.market);
  if (at == boards.all.end()) return std::unexpected("there is no such board");
  if (delta.field == "volatility") return Slot{&at->second.volatility, 0, most_volatility};
  return delta.field == "is_frozen" ? Slot{&at->second.is_frozen, 0, 1} : Slot{};
}

std::expected<Slot, std::string> strike_slot(Boards& boards, const Delta& delta) {
  const auto at = boards.strikes.find(delta.key.market);
  if (at == boards.strikes.end()) return std::unexpected("there is no such strike");
  return delta.field == "skew" ? Slot{&at->second.skew, 0, most_volatility} : Slot{};
}

std::expected<Slot, std::string> slot_of(State& state, const Delta& delta) {
  switch (delta.key.table) {
    case Table::global:
      return delta.field == "insurance" ? Slot{&state.insurance, -max_amount, max_amount} : Slot{};
    case Table::market:
      return market_slot(state, delta);
    case Table::account: {
      const auto at = state.accounts.find(delta.key.account);
      if (at == state.accounts.end()) return std::unexpected("there is no such account");
      return delta.field == "collateral" ? Slot{&at->second.collateral, -max_amount, max_amount} : Slot{};
    }
    case Table::pool_terms: {
      auto& terms = state.pools.terms;
      if (!terms) return std::unexpected("the instance has no pools");
      if (delta.field == "initial_ppm") return Slot{&terms->initial_ppm, 0, max_ppm};
      if (delta.field == "maintenance_ppm") return Slot{&terms->maintenance_ppm, 0, max_ppm};
      if (delta.field == "rounds_down") return Slot{&terms->rounds_down, 0, 1};
      return Slot{};
    }
    case Table::option_terms: {
      auto& terms = state.boards.terms;
      if (!terms) return std::unexpected("nothing of them was told");
      return delta.field == "rate" ? Slot{&terms->rate, -most_rate, most_rate} : Slot{};
    }
    case Table::board:
      return board_slot(state.boards, delta);
    case Table::strike:
      return strike_slot(state.boards, delta);
    case Table::holding:
    case Table::position:
    case Table::order:
    case Table::series:
    case Table::pool:
    case Table::pool_account:
    case Table::pool_position:
      return Slot{};
    case Table::count_:
      break;
  }
  return std::unexpected("there is no such table");
}

}  // namespace

Done set_field(State& state, const Delta& delta) {
  const auto slot = slot_of(state, delta);
  if (!slot) return std::unexpected(slot.error());
  const auto fields = info(delta.key.table).fields;
  if (std::find(fields.begin(), fields.end(), delta.field) == fields.end())
    return std::unexpected("there is no such field");
  if (std::holds_alternative<std::monostate>(slot->value))
    return std::unexpected("it follows from operations and cannot be declared");
  const Int* number = std::get_if<Int>(&delta.value);
  if (number == nullptr) return std::unexpected("a number is needed");
  if (*number < slot->low || *number > slot->high) return std::unexpected(to_text(delta.value) + " is out of range");
  if (auto* const* wide = std::get_if<Int*>(&slot->value)) **wide = *number;
  if (auto* const* amount = std::get_if<Amount*>(&slot->value)) **amount = *number;
  if (delta.key.table == Table::market || delta.key.table == Table::strike) state.touched.market(delta.key.market);
  if (delta.key.table == Table::board) state.touched.board(delta.key.market);
  if (delta.key.table == Table::account) state.touched.account(delta.key.account);
  return {};
}

}  // namespace lockstep::mirror
