#include "tests/property/order_flow.hpp"

namespace lockstep::toy {

OrderFlow::OrderFlow(std::uint64_t seed, int accounts, std::uint32_t markets)
    : random_(seed), accounts_(accounts), markets_(markets) {
  for (std::uint32_t market = 1; market <= markets; ++market) {
    const int times = static_cast<int>((market - 1) % 3 + 1);
    exchange.add_market(market, {500 * times, 250 * times, 100 * times, 333 * times, 0, 0});
    exchange.push_mark(market, Int{1000} * times + 7);
  }
  for (int account = 0; account < accounts; ++account) exchange.deposit(account, number(1'000, 60'000));
  exchange.top_up(number(0, 2'000));
}

Int OrderFlow::number(std::int64_t low, std::int64_t high) {
  return low + static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(high - low + 1));
}

std::uint32_t OrderFlow::some_market() {
  constexpr std::uint32_t busy = 24;
  const auto any = static_cast<std::uint32_t>(number(1, markets_));
  if (markets_ <= busy || number(0, 7) == 0) return any;
  return any % busy * (markets_ / busy) + 1;
}

void OrderFlow::place() {
  const auto market = some_market();
  const Int mark = exchange.book().markets.at(market).mark;
  const bool is_buy = number(0, 1) == 1;
  const Int price = mark + mark * number(-40, 40) / 1000;
  const int time_in_force = static_cast<int>(number(0, 9)) < 6 ? 0 : static_cast<int>(number(1, 3));
  exchange.place(static_cast<int>(number(0, accounts_ - 1)), market, is_buy, price, number(1, 30), time_in_force,
                 number(0, 5) == 0);
}

void OrderFlow::cancel_any() {
  const auto& orders = exchange.book().orders;
  if (!orders.empty()) exchange.cancel(orders[random_() % orders.size()].id);
}

void OrderFlow::move_mark() {
  const auto market = some_market();
  const Int mark = exchange.book().markets.at(market).mark;
  const Int moved = mark + mark * number(-60, 60) / 1000;
  exchange.push_mark(market, moved < 50 ? 50 : moved);
}

void OrderFlow::move_funding() {
  const auto market = some_market();
  exchange.update_funding(market, exchange.book().markets.at(market).index + number(-2'500'000, 2'500'000));
}

void OrderFlow::hunt() {
  const int first = static_cast<int>(number(0, accounts_ - 1));
  for (int i = 0; i < accounts_; ++i) {
    const int account = (first + i) % accounts_;
    std::vector<std::uint32_t> held;
    for (const auto& [key, position] : exchange.book().positions)
      if (key.first == account) held.push_back(key.second);
    for (const auto market : held) {
      if (exchange.liquidate(account, market, static_cast<int>(number(0, accounts_ - 1)), number(1, 200))) return;
    }
  }
}

void OrderFlow::step() {
  const Int dice = number(0, 99);
  if (dice < 62) return place();
  if (dice < 72) return cancel_any();
  if (dice < 80) return move_mark();
  if (dice < 84) return move_funding();
  if (dice < 90) return hunt();
  if (dice < 94)
    return static_cast<void>(exchange.deposit(static_cast<int>(number(0, accounts_ - 1)), number(1, 9'000)));
  if (dice < 97)
    return static_cast<void>(exchange.withdraw(static_cast<int>(number(0, accounts_ - 1)), number(1, 9'000)));
  if (dice < 98) return static_cast<void>(exchange.top_up(number(0, 50)));
  const auto market = some_market();
  const Int initial = number(300, 1500);
  exchange.set_parameters(market, initial, initial / 2, number(0, 500), number(0, 900));
}

}  // namespace lockstep::toy
