// Holdings of the mirror against a list of them with sums from scratch: everything an option market may tell, and what
// it may not. A failure prints its seed; LOCKSTEP_SEED=<n> runs that one alone, LOCKSTEP_OPERATIONS=<n> is how many in
// all.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <boost/multiprecision/cpp_int.hpp>
#include <map>
#include <optional>
#include <random>

#include "mirror/mirror.hpp"
#include "mirror/rows.hpp"
#include "mirror/snapshot.hpp"
#include "mirror/state.hpp"
#include "tests/property/closely.hpp"
#include "tests/property/dumb_pools.hpp"
#include "tests/property/environment.hpp"

namespace lockstep {
namespace {

using dumb::Big;
using dumb::narrow;
using dumb::pool_user;
using mirror::Int;
using mirror::Mirror;
using mirror::OpCode;
using mirror::Table;

struct Option {
  std::uint64_t id = 0;
  int owner = 0;
  std::uint32_t strike = 0;
  int type = 0;  // 0 long call 1 long put 2 covered call 3 short call 4 short put
  Big amount, collateral;
};

/// A market of options as simply as it can be kept.
class Dumb {
 public:
  explicit Dumb(std::uint64_t seed) : random_(seed), unit_(boost::multiprecision::pow(Big(10), below(19))) {
    for (std::uint32_t board = 1; board <= 3; ++board) {
      tell(OpCode::add_board, {Int{board}, Int{1000}, Int{below(99)}, narrow(unit_)});
      boards_[board] = {Int{1000}, narrow(unit_), std::get<Int>(told.back().args[2]), Int{0}, Int{0}};
      for (std::uint32_t strike = 3 * board; strike < 3 * board + 3; ++strike) {
        prices_[strike] = 1 + amount(90);
        skews_[strike] = below(99);
        tell(OpCode::add_strike, {Int{strike}, Int{board}, narrow(prices_[strike]), skews_[strike]});
      }
    }
  }

  std::vector<mirror::Operation> told;
  std::size_t count() const { return options_.size(); }

  void step() {
    switch (below(12)) {
      case 0:
        return mark();
      case 1:
      case 2:
        return adjust();
      case 3:
        return hand_on();
      case 4:
        return split();
      case 5:
        return merge();
      case 6:
        return close();
      case 7:
        return below(40) == 0 ? settle_board() : settle();
      default:
        return open();
    }
  }

  /// One that must be refused.
  mirror::Operation wrong() {
    if (options_.empty() || below(4) == 0) return operation(OpCode::close_holding, {Int{1} << 40, pool_user(0)});
    Option other = any();
    const bool is_settled = boards_.at(other.strike / 3)[4] != 0;
    switch (below(is_settled ? 4 : 3)) {
      case 0:
        other.strike = other.strike % 3 == 0 ? other.strike + 1 : other.strike - 1;
        return update(other);
      case 1:
        other.type = (other.type + 1) % 5;
        other.collateral = 0;
        return update(other);
      case 2:
        return operation(OpCode::close_holding, {narrow(Big(other.id)), pool_user(other.owner + 1)});
      default: {
        const auto [payment, shortfall] = due(other);
        return operation(OpCode::settle_holding, {narrow(Big(other.id)), pool_user(other.owner),
                                                  narrow(payment + other.collateral + 1), narrow(shortfall)});
      }
    }
  }

  mirror::Rows rows() const {
    mirror::Rows rows{{{Table::global, {}, 0, 0}, {Int{0}, Int{1}}}};
    for (const int user : users_) rows.push_back({{Table::account, pool_user(user), 0, 0}, {0, 0, 0, 0}});
    for (const auto& [id, values] : boards_)
      rows.push_back({{Table::board, {}, id, 0}, {values.begin(), values.end()}});
    for (const auto& [id, price] : prices_) {
      const auto final = frozen_.find(id);
      const auto held = final == frozen_.end() ? sums(id) : final->second;
      mirror::Row row{{Table::strike, {}, id, 0}, {Int{id / 3}, narrow(price), skews_.at(id)}};
      for (const Big& sum : held) row.values.emplace_back(narrow(sum));
      rows.push_back(std::move(row));
    }
    for (const Option& one : options_)
      rows.push_back(
          {{Table::holding, {}, 0, one.id},
           {pool_user(one.owner), Int{one.strike}, Int{one.type}, narrow(one.amount), narrow(one.collateral)}});
    if (terms_) rows.push_back({{Table::option_terms, {}, 0, 0}, {terms_->begin(), terms_->end()}});
    std::ranges::sort(rows, {}, &mirror::Row::key);
    return rows;
  }

 private:
  std::mt19937_64 random_;
  Big unit_;
  std::optional<std::array<Int, 3>> terms_;             // spot, rate, unit of quote
  std::map<std::uint32_t, std::array<Int, 5>> boards_;  // as the fields of their table
  std::map<std::uint32_t, Big> prices_;
  std::map<std::uint32_t, Int> skews_;
  std::map<std::uint32_t, std::array<Big, 5>> frozen_;  // sums when the board was settled
  std::vector<Option> options_;
  std::vector<int> users_;  // who ever held one
  std::uint64_t next_ = 1;
  std::uint32_t log_ = 0;

  unsigned below(std::uint64_t bound) { return static_cast<unsigned>(random_() % bound); }
  Big amount(std::uint64_t bits) {
    return Big((Big(random_()) << 64) + random_()) >> static_cast<int>(128 - random_() % bits);
  }
  mirror::Operation operation(OpCode code, std::vector<mirror::Value> args) {
    return {code, std::move(args), 1, log_++};
  }
  void tell(OpCode code, std::vector<mirror::Value> args) { told.push_back(operation(code, std::move(args))); }
  mirror::Operation update(const Option& one) {
    return operation(OpCode::update_holding, {narrow(Big(one.id)), pool_user(one.owner), Int{one.strike}, Int{one.type},
                                              narrow(one.amount), narrow(one.collateral)});
  }
  void tell(const Option& one) {
    told.push_back(update(one));
    if (std::ranges::find(users_, one.owner) == users_.end()) users_.push_back(one.owner);
  }
  void tell_closed(const Option& one) { tell(OpCode::close_holding, {narrow(Big(one.id)), pool_user(one.owner)}); }
  std::array<Big, 5> sums(std::uint32_t strike) const {
    std::array<Big, 5> held;
    for (const Option& one : options_)
      if (one.strike == strike) held[static_cast<std::size_t>(one.type)] += one.amount;
    return held;
  }
  Option& any() { return options_[below(options_.size())]; }
  bool is_settled(const Option& one) const { return boards_.at(one.strike / 3)[4] != 0; }
  void remove(std::uint64_t id) {
    std::erase_if(options_, [&](const Option& one) { return one.id == id; });
  }

  void mark() {
    if (!terms_) terms_ = {0, 0, 1};
    if (below(2) == 0) {
      (*terms_)[0] = narrow(1 + amount(90));
      tell(OpCode::mark_spot, {(*terms_)[0]});
    } else {
      (*terms_)[1] = Int{below(1000)} - 500;
      (*terms_)[2] = 1 + Int{below(1000)};
      tell(OpCode::set_option_terms, {(*terms_)[1], (*terms_)[2]});
    }
    const std::uint32_t board = 1 + below(3), strike = 3 * board + below(3);
    if (boards_[board][4] != 0) return;
    boards_[board][2] = below(1000);
    boards_[board][3] = below(2);
    skews_[strike] = below(1000);
    tell(OpCode::mark_board, {Int{board}, boards_[board][2]});
    tell(OpCode::freeze_board, {Int{board}, boards_[board][3]});
    tell(OpCode::mark_strike, {Int{strike}, skews_[strike]});
  }
  void open() {
    Option one{next_, static_cast<int>(below(6)), 3 + below(9), static_cast<int>(below(5)), 1 + amount(80), 0};
    if (is_settled(one)) return;
    if (one.type > 1) one.collateral = amount(90);
    ++next_;
    options_.push_back(one);
    tell(one);
  }
  void adjust() {
    if (options_.empty()) return;
    Option& one = any();
    if (is_settled(one)) return;
    one.amount = 1 + amount(80);
    if (one.type > 1) one.collateral = amount(90);
    tell(one);
  }
  void hand_on() {
    if (options_.empty()) return;
    Option& one = any();
    one.owner = static_cast<int>(below(6));
    tell(one);
  }
  void split() {
    if (options_.empty()) return;
    Option& one = any();
    if (is_settled(one) || one.amount < 2) return;
    Option other = one;
    other.id = next_++;
    other.owner = static_cast<int>(below(6));
    other.amount = one.amount / 3 + 1;
    other.collateral = one.collateral / 3;
    one.amount -= other.amount;
    one.collateral -= other.collateral;
    const Option rest = one;
    options_.push_back(other);
    if (rest.amount == 0) return tell_merged(rest, other);
    tell(other);
    tell(rest);
  }
  /// What is empty is no more.
  void tell_merged(const Option& gone, const Option& into) {
    tell_closed(gone);
    tell(into);
    remove(gone.id);
  }
  void merge() {
    if (options_.empty()) return;
    const Option one = any();
    for (Option& other : options_) {
      if (other.id == one.id || other.strike != one.strike || other.type != one.type || is_settled(one)) continue;
      other.amount += one.amount;
      other.collateral += one.collateral;
      const Option into = other;
      return tell_merged(one, into);
    }
  }
  void close() {
    if (options_.empty()) return;
    const Option one = any();
    tell_closed(one);
    remove(one.id);
  }
  void settle_board() {
    const std::uint32_t board = 1 + below(3);
    if (boards_[board][4] != 0) return;
    // Near one of its strikes.
    boards_[board][4] = narrow(prices_[3 * board + below(3)] * (500 + below(1000)) / 1000 + 1);
    for (std::uint32_t strike = 3 * board; strike < 3 * board + 3; ++strike) frozen_[strike] = sums(strike);
    tell(OpCode::settle_board, {Int{board}, boards_[board][4]});
  }
  std::pair<Big, Big> due(const Option& one) {
    const Big nothing = 0;
    Big above = -prices_.at(one.strike);
    const Int settled = boards_.at(one.strike / 3)[4];
    above += Big(static_cast<std::uint64_t>(settled >> 64)) * (Big(1) << 64) + Big(static_cast<std::uint64_t>(settled));
    const bool is_put = one.type == 1 || one.type == 4;
    const Big in_the_money = is_put ? Big(-above) : above;
    const Big pays = in_the_money > nothing ? Big(one.amount * in_the_money / unit_) : nothing;
    if (one.type < 2) return {pays, 0};
    if (one.type == 2) return {one.collateral / 2, 0};
    return pays > one.collateral ? std::pair<Big, Big>{0, pays - one.collateral}
                                 : std::pair<Big, Big>{one.collateral - pays, 0};
  }
  void settle() {
    for (const Option& found : options_) {
      if (!is_settled(found)) continue;
      const Option one = found;
      const auto [payment, shortfall] = due(one);
      if (payment > (Big(1) << 112) || shortfall > (Big(1) << 112)) continue;  // no mirror can be told that
      tell(OpCode::settle_holding, {narrow(Big(one.id)), pool_user(one.owner), narrow(payment), narrow(shortfall)});
      return remove(one.id);
    }
  }
};

void goes_through_a_file(const Mirror& mirror) {
  Bytes bytes;
  ASSERT_TRUE(mirror::save(mirror, {"dumb:alpha", 1, {}, 1}, [&](BytesView more) { append(bytes, more); }));
  const auto restored = mirror::restore(bytes);
  ASSERT_TRUE(restored.has_value()) << restored.error();
  ASSERT_EQ(test::first_difference(mirror.rows(), restored->mirror.rows()), "");
}

/// What accounts hold, asked for one by one, is all that is held.
void is_everybodys(const Mirror& mirror) {
  std::size_t held = 0;
  for (const auto& one : mirror.state().accounts)
    held += static_cast<std::size_t>(std::ranges::count(mirror::rows_of(mirror.state(), {&one.first, 1}, {}),
                                                        Table::holding,
                                                        [](const mirror::Row& row) { return row.key.table; }));
  ASSERT_EQ(held, mirror.state().boards.holdings.size());
}

TEST(HoldingsProperty, AgreeWithTheDumbOnesOnEveryRow) {
  const std::uint64_t operations = test::from_environment("LOCKSTEP_OPERATIONS", 60'000), each = 1'500;
  const std::uint64_t only = test::from_environment("LOCKSTEP_SEED", 0), last = only != 0 ? only : operations / each;
  std::array<std::size_t, static_cast<std::size_t>(OpCode::count_)> taken{};
  for (std::uint64_t seed = only != 0 ? only : 1; seed <= last; ++seed) {
    SCOPED_TRACE("LOCKSTEP_SEED=" + std::to_string(seed));
    Dumb market(seed);
    Mirror mirror;
    for (std::uint64_t i = 0; i < each; ++i) {
      market.step();
      for (const auto& operation : market.told) {
        const auto done = mirror.apply(operation);
        ASSERT_TRUE(done.has_value()) << i << " " << info(operation.code).name << ": " << done.error().detail;
        ++taken[static_cast<std::size_t>(operation.code)];
      }
      market.told.clear();
      ASSERT_FALSE(mirror.apply(market.wrong()).has_value()) << i;
      if (i % 5 != 4) continue;
      ASSERT_EQ(test::first_difference(market.rows(), mirror.rows()), "") << i;
      if (i % 50 != 49) continue;
      ASSERT_EQ(mirror.digest(), mirror::digest(market.rows())) << i;
      goes_through_a_file(mirror);
      is_everybodys(mirror);
      if (HasFatalFailure()) return;
    }
  }
  if (only != 0) return;
  for (auto code = static_cast<std::size_t>(OpCode::add_board); code < taken.size(); ++code)
    EXPECT_GT(taken[code], 10U) << info(static_cast<OpCode>(code)).name << " hardly ever happened";
}

}  // namespace
}  // namespace lockstep
