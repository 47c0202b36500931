// The mirror against the toy exchange, over seeded order flow. A failure prints its seed; LOCKSTEP_SEED=<n> runs that
// one alone.
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <set>
#include <tuple>

#include "mirror/mirror.hpp"
#include "tests/property/closely.hpp"
#include "tests/property/order_flow.hpp"

namespace lockstep {
namespace {

using mirror::Int;
using mirror::Mirror;
using mirror::OpCode;
using mirror::Operation;

std::vector<std::uint64_t> seeds(std::uint64_t count) {
  if (const char* one = std::getenv("LOCKSTEP_SEED")) return {std::strtoull(one, nullptr, 10)};
  std::vector<std::uint64_t> all;
  for (std::uint64_t seed = 1; seed <= count; ++seed) all.push_back(seed);
  return all;
}

std::string first_difference(const mirror::Rows& expected, const mirror::Rows& found) {
  const auto differences = mirror::compare(expected, found, 1);
  if (differences.empty()) return "";
  const auto& d = differences.front();
  std::string values;
  for (const auto& row : found) {
    if (row.key != d.key) continue;
    for (const auto& value : row.values) values.append(" ").append(mirror::to_text(value));
  }
  return to_text(d.key) + values + " " + d.field + ": " + d.expected + " expected, " + d.found + " found";
}

/// Their exchange is the dumb one of series_test.cpp.
bool of_series(OpCode code) {
  return code == OpCode::add_series || code == OpCode::mark_series || code == OpCode::trade_series ||
         code == OpCode::expire_series || code == OpCode::settle_series;
}

std::vector<Operation> flow_of(std::uint64_t seed, std::size_t operations) {
  toy::OrderFlow flow(seed, 24);
  std::vector<Operation> all;
  while (all.size() < operations) {
    flow.step();
    for (auto& operation : flow.exchange.take_operations()) all.push_back(std::move(operation));
  }
  return all;
}

Mirror replay(const std::vector<Operation>& operations) {
  Mirror mirror;
  for (const auto& operation : operations) {
    const auto done = mirror.apply(operation);
    EXPECT_TRUE(done.has_value()) << done.error().detail;
  }
  return mirror;
}

TEST(MirrorProperty, AgreesWithTheToyExchangeAndConservesValueAfterEveryOperation) {
  std::array<std::size_t, static_cast<std::size_t>(OpCode::count_)> seen{};
  for (const auto seed : seeds(320)) {
    SCOPED_TRACE("LOCKSTEP_SEED=" + std::to_string(seed));
    toy::OrderFlow flow(seed, 24);
    Mirror mirror;
    for (int step = 0; step < 4000; ++step) {
      flow.step();
      for (const auto& operation : flow.exchange.take_operations()) {
        ++seen[static_cast<std::size_t>(operation.code)];
        const auto done = mirror.apply(operation);
        ASSERT_TRUE(done.has_value()) << info(operation.code).name << " " << operation.block_num << ": "
                                      << done.error().detail;
        ASSERT_EQ(mirror.imbalance(), Int{0});
      }
      if (step % 50 == 0) {
        ASSERT_EQ(first_difference(flow.exchange.rows(), mirror.rows()), "") << "step " << step;
        ASSERT_EQ(mirror.digest(), mirror::digest(mirror.rows())) << "step " << step;
        test::look_at_a_part(mirror);
      }
    }
    ASSERT_EQ(first_difference(flow.exchange.rows(), mirror.rows()), "");
    EXPECT_EQ(mirror.outstanding(), "");
    EXPECT_EQ(mirror.digest(), mirror::digest(flow.exchange.rows()));
  }
  std::size_t total = 0;
  for (std::size_t code = 0; code < seen.size(); ++code) {
    total += seen[code];
    RecordProperty(std::string(info(static_cast<OpCode>(code)).name), static_cast<int>(seen[code]));
    if (of_series(static_cast<OpCode>(code)) || static_cast<OpCode>(code) >= OpCode::set_pool_terms)
      continue;  // elsewhere
    EXPECT_GT(seen[code], 0U) << info(static_cast<OpCode>(code)).name
                              << " never happened: the flow tests nothing of it";
  }
  EXPECT_GE(total, seeds(320).size() * 3'200);
}

TEST(MirrorProperty, AgreesWithTheToyExchangeOverThousandsOfBooks) {
  for (const auto& [seed, markets, steps] : {std::tuple{1U, 4096U, 400}, {2U, 300U, 1'500}, {3U, 90U, 3'000}}) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    toy::OrderFlow flow(seed, 24, markets);
    Mirror mirror;
    std::set<Int> traded;
    for (int step = 0; step < steps; ++step) {
      flow.step();
      for (const auto& operation : flow.exchange.take_operations()) {
        const auto done = mirror.apply(operation);
        ASSERT_TRUE(done.has_value()) << info(operation.code).name << ": " << done.error().detail;
        ASSERT_EQ(mirror.imbalance(), Int{0});
        if (operation.code == OpCode::trade) traded.insert(std::get<Int>(operation.args[0]));
      }
      if (step % 500 == 0) {
        ASSERT_EQ(first_difference(flow.exchange.rows(), mirror.rows()), "") << "step " << step;
      }
    }
    ASSERT_EQ(first_difference(flow.exchange.rows(), mirror.rows()), "");
    EXPECT_EQ(mirror.digest(), mirror::digest(flow.exchange.rows()));
    EXPECT_GE(traded.size(), 8U);
  }
}

// What an exchange computes itself may not differ by one unit anywhere, and the refusal leaves no trace.
TEST(MirrorProperty, AnOperationThatTheExchangeComputedCannotBeTamperedWith) {
  const std::set<OpCode> computed{OpCode::trade, OpCode::cancel_order, OpCode::settle_funding, OpCode::cover_bad_debt};
  std::size_t tampered = 0;
  for (const auto seed : seeds(4)) {
    SCOPED_TRACE("LOCKSTEP_SEED=" + std::to_string(seed));
    Mirror mirror;
    for (const auto& operation : flow_of(seed, 2500)) {
      if (computed.contains(operation.code)) {
        const auto before = mirror.digest();
        for (std::size_t i = 0; i < operation.args.size(); ++i) {
          Operation wrong = operation;
          if (auto* number = std::get_if<Int>(&wrong.args[i])) {
            // Users may cancel what they like: only an order that does not exist is surely wrong.
            *number += operation.code == OpCode::cancel_order && i == 0 ? 1'000'000 : 1;
          } else {
            wrong.args[i] = toy::address_of(999);
          }
          const auto done = mirror.apply(wrong);
          ASSERT_FALSE(done.has_value()) << info(operation.code).name << " argument " << i;
          EXPECT_EQ(done.error().block_num, operation.block_num);
          ASSERT_EQ(mirror.digest(), before);
          ++tampered;
        }
      }
      ASSERT_TRUE(mirror.apply(operation).has_value());
    }
  }
  EXPECT_GT(tampered, 5000U);
}

TEST(MirrorProperty, AMissingOperationIsNoticed) {
  for (const auto seed : seeds(3)) {
    SCOPED_TRACE("LOCKSTEP_SEED=" + std::to_string(seed));
    const auto operations = flow_of(seed, 400);
    const auto digest = replay(operations).digest();
    for (std::size_t missing = 0; missing < operations.size(); ++missing) {
      const auto& absent = operations[missing];
      // A mark, index or parameter that is replaced later is allowed to leave no trace; everything that moves value is
      // not.
      if (absent.code == OpCode::set_mark || absent.code == OpCode::set_funding ||
          absent.code == OpCode::set_parameters)
        continue;
      if (absent.code == OpCode::insurance && std::get<Int>(absent.args[0]) == 0) continue;
      Mirror mirror;
      bool refused = false;
      for (std::size_t i = 0; i < operations.size() && !refused; ++i)
        refused = i != missing && !mirror.apply(operations[i]);
      EXPECT_TRUE(refused || mirror.digest() != digest || !mirror.outstanding().empty())
          << info(absent.code).name << " at " << missing;
    }
  }
}

TEST(MirrorProperty, EveryFieldIsInTheDigest) {
  for (const auto seed : seeds(3)) {
    SCOPED_TRACE("LOCKSTEP_SEED=" + std::to_string(seed));
    const auto rows = replay(flow_of(seed, 600)).rows();
    const auto digest = mirror::digest(rows);
    for (std::size_t row = 0; row < rows.size(); ++row) {
      for (std::size_t field = 0; field < rows[row].values.size(); ++field) {
        auto other = rows;
        auto& value = other[row].values[field];
        if (auto* number = std::get_if<Int>(&value)) {
          *number += 1;
        } else {
          std::get<Address>(value).bytes[0] ^= 1;
        }
        // What follows from other fields is compared, not digested.
        EXPECT_EQ(mirror::digest(other) == digest, info(rows[row].key.table).is_derived(field))
            << to_text(rows[row].key) << " field " << field;
        const auto differences = mirror::compare(rows, other, 10);
        ASSERT_EQ(differences.size(), 1U);
        EXPECT_EQ(differences[0].key, rows[row].key);
        EXPECT_EQ(differences[0].field, info(rows[row].key.table).fields[field]);
      }
    }
  }
}

// The state is a function of the operations: neither the way its containers grew nor copies made on the way can be
// seen.
TEST(MirrorProperty, ACopyTakenAnywhereGoesOnAsTheOriginal) {
  for (const auto seed : seeds(10)) {
    SCOPED_TRACE("LOCKSTEP_SEED=" + std::to_string(seed));
    const auto operations = flow_of(seed, 1000);
    const auto digest = replay(operations).digest();
    Mirror copied;
    for (std::size_t i = 0; i < operations.size(); ++i) {
      if (i % 37 == 0) {
        Mirror frozen(copied);
        copied = frozen;
      }
      ASSERT_TRUE(copied.apply(operations[i]).has_value());
    }
    EXPECT_EQ(copied.digest(), digest);
  }
}

}  // namespace
}  // namespace lockstep
