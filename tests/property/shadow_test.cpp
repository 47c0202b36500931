// A plan's declared changes on live flow, against the same told as simply as it can be: the whole mirror under the
// changes after every operation, every trade's fee from its own terms.
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "mirror/shadow.hpp"
#include "tests/property/order_flow.hpp"

namespace lockstep {
namespace {

using mirror::Delta;
using mirror::Int;
using mirror::Key;
using mirror::Mirror;
using mirror::OpCode;
using mirror::Operation;
using mirror::Table;

struct Dumb {
  std::map<Address, Int> told, under;
  std::map<Address, std::uint64_t> refused;
};

Int number_of(const mirror::Rows& rows, const Key& key, std::string_view field) {
  for (const auto& row : rows) {
    if (row.key != key) continue;
    const auto fields = mirror::info(key.table).fields;
    for (std::size_t i = 0; i < fields.size(); ++i)
      if (fields[i] == field) return std::get<Int>(row.values[i]);
  }
  return 0;
}

Key account_key(const Address& account) { return {.table = Table::account, .account = account}; }
Key market_key(mirror::MarketId id) { return {.table = Table::market, .account = {}, .market = id}; }

std::vector<Delta> declared_by(std::mt19937_64& bits) {
  const auto between = [&](Int low, Int high) {
    return low + static_cast<Int>(bits() % static_cast<std::uint64_t>(high - low + 1));
  };
  std::vector<Delta> all;
  for (const mirror::MarketId id : {1U, 3U}) {
    const Key key = market_key(id);
    const Int maintenance = between(100, 4000);
    all.push_back({key, "maintenance_bps", maintenance});
    all.push_back({key, "initial_bps", maintenance + between(0, 3000)});
    all.push_back({key, "maker_fee_ppm", between(0, 2000)});
    all.push_back({key, "taker_fee_ppm", between(0, 2000)});
  }
  return all;
}

/// The order that came in and is not told to its end.
struct Open {
  Address owner;
  bool reduces = false, outside = false, withdraws = false;
};

class Reference {
 public:
  Reference(const Mirror& mirror, const std::vector<Delta>& declared) : mirror_(mirror), declared_(declared) {}

  void before(const Operation& operation) {
    const auto& a = operation.args;
    const auto number = [&](std::size_t at) { return std::get<Int>(a[at]); };
    if (operation.code == OpCode::place_order) {
      const Key key = market_key(static_cast<mirror::MarketId>(number(1)));
      const auto rows = mirror_.with(declared_)->rows();
      const Int mark = number_of(rows, key, "mark"), bps = number_of(rows, key, "initial_bps");
      const bool buys = number(3) != 0;
      owners_[static_cast<std::uint64_t>(number(0))] = std::get<Address>(a[2]);
      open_ = Open{
          .owner = std::get<Address>(a[2]),
          .reduces = number(7) != 0,
          .outside = buys ? number(4) * 10'000 > mark * (10'000 + bps) : number(4) * 10'000 < mark * (10'000 - bps)};
    }
    if (operation.code == OpCode::withdraw) open_ = Open{.owner = std::get<Address>(a[0]), .withdraws = true};
    if (operation.code == OpCode::liquidate) open_ = Open{.owner = std::get<Address>(a[2])};
    if (operation.code != OpCode::trade) return;
    const Key key = market_key(static_cast<mirror::MarketId>(number(0)));
    const auto rows = mirror_.with(declared_)->rows();
    const auto charge = [&](Int order, const char* rate, Int told) {
      const Address& who = owners_.at(static_cast<std::uint64_t>(order));
      const Int exact = number(3) * number(4) * number_of(rows, key, rate);
      found.told[who] += told;
      found.under[who] += (exact + 999'999) / 1'000'000;
    };
    charge(number(1), "maker_fee_ppm", number(5));
    charge(number(2), "taker_fee_ppm", number(6));
  }

  void after() {
    if (!open_ || !mirror_.outstanding().empty()) return;
    const auto [owner, reduces, outside, withdraws] = *open_;
    open_.reset();
    const char* asked = reduces ? "maintenance_margin" : "initial_margin";
    const auto today = mirror_.rows(), then = mirror_.with(declared_)->rows();
    const auto enough = [&](const mirror::Rows& rows, Int off) {
      const Int needed = number_of(rows, account_key(owner), asked);
      const bool covers = number_of(rows, account_key(owner), "collateral") - off >= needed;
      return number_of(rows, account_key(owner), "equity") - off >= needed && (covers || !withdraws);
    };
    if (outside || (enough(today, 0) && !enough(then, extra(owner)))) ++found.refused[owner];
  }

  Int extra(const Address& who) { return found.under[who] - found.told[who]; }
  Dumb found;

 private:
  const Mirror& mirror_;
  const std::vector<Delta>& declared_;
  std::map<std::uint64_t, Address> owners_;
  std::optional<Open> open_;
};

void expect_same(const Mirror& mirror, const std::vector<Delta>& declared, Reference& reference,
                 const mirror::Drift& drift, std::size_t& newly) {
  const auto today = mirror.rows(), then = mirror.with(declared)->rows();
  std::size_t changed = 0;
  std::map<Address, std::size_t> listed;
  for (std::size_t i = 0; i < drift.worth.accounts.size(); ++i) listed[drift.worth.accounts[i].account] = i;
  for (const auto& [address, account] : mirror.state().accounts) {
    const auto field = [&](const mirror::Rows& rows, const char* name) {
      return number_of(rows, account_key(address), name);
    };
    const Int equity = field(then, "equity") - reference.extra(address);
    const bool could = field(today, "equity") < field(today, "maintenance_margin");
    const bool can = equity < field(then, "maintenance_margin");
    newly += can && !could ? 1U : 0U;
    const auto at = listed.find(address);
    if (at == listed.end()) {
      EXPECT_EQ(equity, field(today, "equity")) << to_hex(address);
      EXPECT_EQ(field(then, "initial_margin"), field(today, "initial_margin")) << to_hex(address);
      continue;
    }
    ++changed;
    const auto& one = drift.worth.accounts[at->second];
    EXPECT_EQ(one.before.equity, field(today, "equity"));
    EXPECT_EQ(one.before.maintenance, field(today, "maintenance_margin"));
    EXPECT_EQ(one.after.equity, equity);
    EXPECT_EQ(one.after.initial, field(then, "initial_margin"));
    EXPECT_EQ(one.after.maintenance, field(then, "maintenance_margin"));
    EXPECT_EQ(one.newly_liquidatable, can && !could);
    const auto& spent = drift.spent[at->second];
    EXPECT_EQ(spent.told, reference.found.told[address]);
    EXPECT_EQ(spent.under, reference.found.under[address]);
    EXPECT_EQ(spent.refused, reference.found.refused[address]);
  }
  EXPECT_EQ(drift.worth.changed, changed);
  std::uint64_t refused = 0;
  for (const auto& [who, count] : reference.found.refused) refused += count;
  EXPECT_EQ(drift.total.refused, refused);
}

TEST(ShadowProperty, SaysWhatTheWholeMirrorUnderTheDeclaredChangesSays) {
  std::size_t newly = 0, refused = 0, operations = 0;
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 bits(seed);
    toy::OrderFlow flow(seed, 16);
    Mirror mirror;
    const auto start = flow.exchange.take_operations();
    for (const auto& operation : start) ASSERT_TRUE(mirror.apply(operation).has_value());
    const auto declared = declared_by(bits);
    mirror::Shadow shadow(declared);
    Reference reference(mirror, declared);
    for (int step = 0; step < 600; ++step) {
      flow.step();
      for (const auto& operation : flow.exchange.take_operations()) {
        shadow.before(mirror.state(), operation);
        reference.before(operation);
        ASSERT_TRUE(mirror.apply(operation).has_value());
        shadow.after(mirror.state(), operation);
        reference.after();
        ++operations;
      }
      if (step % 60 != 59) continue;
      const auto drift = shadow.drift(mirror.state(), 0, 1000);
      ASSERT_TRUE(drift.has_value()) << drift.error();
      expect_same(mirror, declared, reference, *drift, newly);
      refused += drift->total.refused;
      if (HasFailure()) return;
    }
  }
  EXPECT_GT(operations, 1'000U);
  EXPECT_GT(newly, 3U) << "nobody became liquidatable: the flow tests nothing of it";
  EXPECT_GT(refused, 3U);
}

TEST(ShadowProperty, WithoutDeclaredChangesNothingDrifts) {
  toy::OrderFlow flow(7, 16);
  Mirror mirror;
  mirror::Shadow shadow({});
  for (int step = 0; step < 500; ++step) {
    flow.step();
    for (const auto& operation : flow.exchange.take_operations()) {
      shadow.before(mirror.state(), operation);
      ASSERT_TRUE(mirror.apply(operation).has_value());
      shadow.after(mirror.state(), operation);
    }
  }
  const auto drift = shadow.drift(mirror.state(), 0, 1000);
  ASSERT_TRUE(drift.has_value()) << drift.error();
  EXPECT_GT(drift->total.told, 0);
  EXPECT_EQ(drift->total.told, drift->total.under);
  EXPECT_EQ(drift->total.refused, 0U);
  EXPECT_EQ(drift->worth.changed, 0U);
}

TEST(ShadowProperty, WhatDoesNotFitIsSaid) {
  Mirror mirror;
  mirror::Shadow shadow({{market_key(9), "initial_bps", Int{100}}});
  const auto drift = shadow.drift(mirror.state(), 0, 10);
  ASSERT_FALSE(drift.has_value());
  EXPECT_EQ(drift.error(), "market 9 initial_bps: there is no such market");
}

}  // namespace
}  // namespace lockstep
