#pragma once
// Futures and options as simply as they can be kept: maps, sums over everything from scratch, the whole state copied
// before an action and put back when it is refused. It answers with the operation that tells what happened.
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mirror/op.hpp"
#include "mirror/row.hpp"

namespace lockstep::dumb {

using mirror::Int;

struct Contract {
  bool ends = false;
  int kind = 0;  // 0 future 1 call 2 put
  std::uint32_t on = 0;
  Int strike = 0, expiry = 0, unit = 1;
  int rounding = 0;
  Int volatility = 0, rate = 0, forward = 0;
  bool over = false;
  Int settled_at = 0;
  Int mark = 0, initial_bps = 0, maintenance_bps = 0, maker_ppm = 0, taker_ppm = 0, tick = 0, lot = 0;
  Int received = 0;  // minus what was paid out
};

struct SeriesPosition {
  Int size = 0, quote = 0;
};

struct SeriesOrder {
  std::uint64_t id = 0;
  int account = 0;
  std::uint32_t market = 0;
  bool buys = false, reduces = false;
  Int price = 0, left = 0;
};

struct House {
  std::map<std::uint32_t, Contract> contracts;
  std::vector<SeriesOrder> orders;  // in order of arrival
  std::uint64_t next_order = 1;
  std::map<int, Int> cash;
  std::map<std::pair<int, std::uint32_t>, SeriesPosition> held;
  Int insurance = 0;
  std::optional<std::pair<int, Int>> debt;  // to be covered before anything else
};

struct Asked {
  Int equity = 0, initial = 0, maintenance = 0;
};

Address name_of(int account);

/// Every action says whether it was possible. `told` is the operation either way.
class Clearing {
 public:
  bool add_market(std::uint32_t id, Int initial_bps, Int maintenance_bps);
  bool add_series(std::uint32_t id, const Contract& terms);
  bool set_mark(std::uint32_t id, Int mark);
  bool mark_series(std::uint32_t id, Int volatility, Int rate, Int forward);
  bool deposit(int account, Int amount);
  bool withdraw(int account, Int amount);
  bool trade(std::uint32_t id, int buyer, int seller, Int size, Int price, Int buyer_fee, Int seller_fee);
  bool expire(std::uint32_t id, Int price);
  bool settle(int account, std::uint32_t id, Int error);  // the payment told is off by `error`
  bool liquidate(int account, std::uint32_t id, int liquidator, Int size);
  bool cover(Int error);
  /// An order and all that it leads to, which is in `story`; only the order, if that alone is impossible.
  bool place(int account, std::uint32_t id, bool buys, Int price, Int size, int time_in_force, bool reduces);
  bool cancel(std::uint64_t order, Int error);

  Asked ask(int account) const;
  mirror::Rows rows() const;
  const House& now() const { return now_; }
  mirror::Operation told;
  std::vector<mirror::Operation> story;

 private:
  template <class Action>
  bool carry_out(mirror::OpCode code, std::vector<mirror::Value> args, Action action);
  Int price_paid(const Contract& contract, Int lots, Int price) const;
  void buy(int account, std::uint32_t id, Int lots, Int price);
  bool enough(int account) const;
  Int reducible(int account, std::uint32_t id, bool buys) const;
  Int tradable(const SeriesOrder& order) const;
  const SeriesOrder* best(std::uint32_t id, bool buys) const;
  bool acceptable(const SeriesOrder& order) const;
  void drop(std::uint64_t id);
  void fill(SeriesOrder& taker, std::uint64_t maker);
  bool match(SeriesOrder& taker, int time_in_force);

  House now_;
};

}  // namespace lockstep::dumb
