#pragma once
// The reference exchange again, as simply as it can be written: one list of orders that is searched from end to end,
// everything recomputed from scratch, the whole state copied before an action and put back when the action reverts. It
// says what it did as mirror operations.
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mirror/op.hpp"
#include "mirror/row.hpp"

namespace lockstep::toy {

using mirror::Int;

struct Order {
  std::uint64_t id = 0;
  int account = 0;
  std::uint32_t market = 0;
  bool is_buy = false, reduce_only = false;
  Int price = 0, left = 0;
};

struct Position {
  Int size = 0, quote = 0, index = 0;
};

struct Market {
  Int initial_bps = 0, maintenance_bps = 0, maker_ppm = 0, taker_ppm = 0, mark = 0, index = 0;
};

struct Book {
  std::map<std::uint32_t, Market> markets;
  std::map<int, Int> collateral;
  std::map<std::pair<int, std::uint32_t>, Position> positions;
  std::vector<Order> orders;  // resting, in order of arrival
  Int insurance = 0;
  std::uint64_t next_order = 1;
};

struct Margin {
  Int equity = 0, initial = 0, maintenance = 0;
};

Address address_of(int account);

/// Every action answers whether it was carried out; if not, it left nothing behind.
class Exchange {
 public:
  bool add_market(std::uint32_t market, const Market& parameters);
  bool set_parameters(std::uint32_t market, Int initial_bps, Int maintenance_bps, Int maker_ppm, Int taker_ppm);
  bool push_mark(std::uint32_t market, Int mark);
  bool deposit(int account, Int amount);
  bool withdraw(int account, Int amount);
  bool place(int account, std::uint32_t market, bool is_buy, Int price, Int size, int time_in_force, bool reduce_only);
  bool cancel(std::uint64_t order);
  bool update_funding(std::uint32_t market, Int index);
  bool liquidate(int account, std::uint32_t market, int liquidator, Int max_lots);
  bool top_up(Int amount);

  Margin margin_of(int account) const;
  mirror::Rows rows() const;
  const Book& book() const { return now_; }
  /// Operations since the last call.
  std::vector<mirror::Operation> take_operations();

 private:
  template <class Action>
  bool carry_out(Action action);
  void say(mirror::OpCode code, std::vector<mirror::Value> args);
  Order* best(std::uint32_t market, bool is_buy);
  Int reducible(int account, std::uint32_t market, bool is_buy) const;
  void remove(std::uint64_t order);
  void settle(int account, std::uint32_t market);
  void move(int account, std::uint32_t market, Int lots, Int price);
  bool match(Order& taker, int time_in_force, bool& limited);
  void fill(Order& taker, std::uint64_t maker, Int lots);
  bool finish(const Order& taker, int time_in_force, bool limited);
  Int resting(int account, std::uint32_t market, bool is_buy) const;

  Book now_;
  std::vector<mirror::Operation> said_;
  std::uint64_t block_ = 1;
  std::uint32_t log_ = 0;
};

}  // namespace lockstep::toy
