// What an upgrade asks of a mirror: every account revalued, two states compared, the digest kept up to date. One core;
// seconds are those of the thread.
//   mirror_bench [ACCOUNTS [ROUNDS]]
// Prints one JSON document; figures are medians, ratios of medians of contestants in turns.
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <random>
#include <vector>

#include "mirror/equivalence.hpp"
#include "mirror/leaf.hpp"
#include "mirror/radix/tree.hpp"

namespace {

using namespace lockstep;
using namespace lockstep::mirror;
using Json = nlohmann::ordered_json;

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

template <class Work>
double timed(Work work) {
  const double begin = cpu_seconds();
  work();
  return cpu_seconds() - begin;
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

/// Accounts with `held` positions each of 16 markets.
Columns random_columns(std::size_t accounts, std::size_t held) {
  std::mt19937_64 bits(20261128);
  const auto below = [&](std::uint64_t n) { return static_cast<std::int64_t>(bits() % n); };
  Columns c;
  for (MarketId id = 0; id < 16; ++id)
    c.markets.push_back({.id = id,
                         .mark = 1000 + below(60'000),
                         .funding_index = below(4'000'000) - 2'000'000,
                         .most_lots = 200'000,
                         .most_funding_index = 2'000'000});
  for (std::size_t i = 0; i < accounts; ++i) {
    Address address;
    for (auto& byte : address.bytes) byte = static_cast<std::uint8_t>(bits());
    c.accounts.push_back(address);
  }
  std::ranges::sort(c.accounts);
  for (std::size_t i = 0; i < accounts; ++i) {
    c.first.push_back(static_cast<std::uint32_t>(c.market.size()));
    c.collateral.push_back(below(4'000'000'000));
    const auto start = below(16 - held + 1);
    for (std::size_t p = 0; p < held; ++p) {
      c.market.push_back(static_cast<std::uint32_t>(start) + static_cast<std::uint32_t>(p));
      c.size.push_back(below(200'000) - 100'000);
      c.worst.push_back(std::abs(c.size.back()) + below(100'000));
      c.quote.push_back(-c.size.back() * (1000 + below(60'000)));
      c.funding_index.push_back(below(4'000'000) - 2'000'000);
    }
  }
  c.first.push_back(static_cast<std::uint32_t>(c.market.size()));
  return c;
}

Rules some_rules(Int initial_bps) {
  Rules rules;
  rules.name = "bench";
  for (MarketId id = 0; id < 16; ++id) rules.markets[id] = {{{0, initial_bps, initial_bps / 2}}, 450, 100};
  return rules;
}

/// Reads every byte a revaluation reads and writes as many as it writes.
std::uint64_t stream(const Columns& c, Valuation& out) {
  std::uint64_t sum = 0;
  for (const auto* column : {&c.size, &c.worst, &c.quote, &c.funding_index})
    for (const auto value : *column) sum += static_cast<std::uint64_t>(value);
  for (const auto* column : {&c.market, &c.first})
    for (const auto value : *column) sum += value;
  for (const auto value : c.collateral) sum += static_cast<std::uint64_t>(value);
  for (auto* column : {&out.equity, &out.initial, &out.maintenance, &out.closing_fee})
    std::ranges::fill(*column, static_cast<Int>(sum));
  return sum;
}

Json revaluation(std::size_t accounts, std::size_t held, int rounds) {
  const Columns columns = random_columns(accounts, held);
  const Rules rules = some_rules(1000);
  Valuation out, copied;
  if (!revalue(columns, rules, out)) std::exit(1);
  copied = out;
  std::vector<double> ours, bytes;
  volatile std::uint64_t keep = 0;
  for (int i = 0; i < rounds; ++i) {
    ours.push_back(timed([&] { (void)revalue(columns, rules, out); }));
    bytes.push_back(timed([&] { keep = keep + stream(columns, copied); }));
  }
  const double positions = static_cast<double>(columns.size.size());
  return {{"accounts", accounts},
          {"positions_each", held},
          {"revalue_ms", 1e3 * median(ours)},
          {"stream_ms", 1e3 * median(bytes)},
          {"ratio", median(ours) / median(bytes)},
          {"ns_per_position", 1e9 * median(ours) / positions}};
}

Json comparison(std::size_t accounts, int rounds) {
  const Columns before = random_columns(accounts, 3);
  Columns after = before;
  for (std::size_t i = 0; i < accounts; i += 1000) after.collateral[i] += 1;
  const Rules old_rules = some_rules(1000), new_rules = some_rules(1100);
  std::vector<double> same_rules, other_rules;
  std::size_t changed = 0;
  for (int i = 0; i < rounds; ++i) {
    for (const Rules* rules : {&old_rules, &new_rules}) {
      Valuation a, b;
      (rules == &old_rules ? same_rules : other_rules).push_back(timed([&] {
        (void)revalue(before, old_rules, a);
        (void)revalue(after, *rules, b);
        const auto found = compare({before, a, old_rules}, {after, b, *rules}, 1000);
        changed = found ? found->changed : 0;
      }));
    }
  }
  return {{"accounts", accounts},
          {"positions_each", 3},
          {"one_in_1000_changed_s", median(same_rules)},
          {"every_margin_changed_s", median(other_rules)},
          {"changed", changed}};
}

/// Accounts with three positions each: keys, texts, leaves and branches, as the mirror does it.
Json digests(std::size_t accounts, int rounds) {
  std::mt19937_64 bits(7);
  std::vector<Key> keys(accounts);
  for (auto& key : keys) {
    key.table = Table::account;
    for (auto& byte : key.account.bytes) byte = static_cast<std::uint8_t>(bits());
  }
  std::ranges::sort(keys);
  radix::Tree tree;
  tree.reserve(accounts);
  LeafText text;
  const auto put_all = [&](const std::vector<Key>& touched) {
    LeafBatch batch(tree);
    for (const Key& key : touched) {
      text.begin(key);
      text.row(key);
      text.field(static_cast<Int>(bits()));
      for (MarketId market = 1; market <= 3; ++market) {
        text.row({.table = Table::position, .account = key.account, .market = market, .order = 0});
        for (int i = 0; i < 5; ++i) text.field(static_cast<Int>(bits()));
      }
      batch.add(path_of(key), text);
    }
    batch.flush();
    tree.root();
  };
  const double built = timed([&] { put_all(keys); });
  Json touched = Json::array();
  for (const std::size_t count : {accounts, accounts / 10, accounts / 100, accounts / 1000, std::size_t{1}}) {
    std::vector<double> seconds;
    for (int i = 0; i < rounds; ++i) {
      std::vector<Key> some;
      std::ranges::sample(keys, std::back_inserter(some), static_cast<std::ptrdiff_t>(count), bits);
      seconds.push_back(timed([&] { put_all(some); }));
    }
    touched.push_back({{"accounts", count}, {"ns_per_account", 1e9 * median(seconds) / static_cast<double>(count)}});
  }
  return {{"accounts", accounts}, {"build_s", built}, {"touched", touched}};
}

}  // namespace

int main(int argc, char** argv) {
  const long accounts = argc > 1 ? std::atol(argv[1]) : 1'000'000;
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 9;
  if (accounts < 1000 || rounds < 1 || argc > 3) {
    std::fprintf(stderr, "usage: mirror_bench [ACCOUNTS [ROUNDS]]\n");
    return 64;
  }
  const auto count = static_cast<std::size_t>(accounts);
  Json out;
  out["schema"] = "lockstep.mirror-bench/1";
  out["rounds"] = rounds;
  out["revalue_3"] = revaluation(count, 3, rounds);
  out["revalue_8"] = revaluation(count, 8, rounds);
  out["compare"] = comparison(count, rounds);
  out["digest"] = digests(count, rounds);
  std::printf("%s\n", out.dump(2).c_str());
  return 0;
}
