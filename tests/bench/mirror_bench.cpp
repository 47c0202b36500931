// What an upgrade asks of a mirror: every account revalued, under a grid of moves as well, two states compared, the
// digest kept up to date, all of it held in memory. One core; seconds are those of the thread.
//   mirror_bench [ACCOUNTS [ROUNDS [SECTION…]]]      SECTION: revalue_3 revalue_8 compare stress digest state; else all
// Prints one JSON document; figures are medians, ratios of medians of contestants in turns; peak_mib is the process's.
#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "mirror/equivalence.hpp"
#include "mirror/imprint.hpp"
#include "mirror/stress.hpp"

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

long peak_mib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024;
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

/// A million positions (three an account) in a hundred scenarios, beside what bounds it: revaluing a block of accounts
/// that is in the cache once for each scenario and once before, and streaming the bytes from memory once.
Json stress_grid(std::size_t accounts, int rounds) {
  const Columns columns = random_columns(accounts, 3), block = random_columns(1000, 3);
  const Rules rules = some_rules(1000);
  auto scenarios = grid(columns, {-300'000, -200'000, -100'000, 100'000, 200'000, 300'000});
  scenarios.resize(100);
  Valuation out, copied;
  if (!revalue(columns, rules, copied) || !revalue(block, rules, out)) std::exit(1);
  std::vector<double> ours, cached, bytes;
  volatile std::uint64_t keep = 0;
  for (int i = 0; i < rounds; ++i) {
    ours.push_back(timed([&] {
      if (!stress(columns, rules, scenarios, 100)) std::exit(1);
    }));
    cached.push_back(timed([&] {
                       for (int again = 0; again < 100; ++again) (void)revalue(block, rules, out);
                     }) /
                     100);
    bytes.push_back(timed([&] { keep = keep + stream(columns, copied); }));
  }
  const double positions = static_cast<double>(columns.size.size()), count = static_cast<double>(scenarios.size());
  const double compute = median(cached) * positions / static_cast<double>(block.size.size()) * (count + 1);
  return {{"positions", columns.size.size()},
          {"scenarios", scenarios.size()},
          {"stress_s", median(ours)},
          {"ns_per_position_and_scenario", 1e9 * median(ours) / positions / count},
          {"bound_by_revaluing_in_cache_s", compute},
          {"bound_by_streaming_once_s", median(bytes)},
          {"ratio_to_bound", median(ours) / std::max(compute, median(bytes))}};
}

/// Accounts with three positions each.
State random_state(std::size_t accounts) {
  std::mt19937_64 bits(11);
  State state;
  for (MarketId market = 1; market <= 3; ++market) state.markets[market].mark = 1000;
  state.accounts.reserve(accounts);
  for (std::size_t i = 0; i < accounts; ++i) {
    Address address;
    for (auto& byte : address.bytes) byte = static_cast<std::uint8_t>(bits());
    Account& account = state.accounts[address];
    account.collateral = static_cast<Int>(bits());
    for (MarketId market = 1; market <= 3; ++market)
      account.positions.at(market).size = static_cast<std::int64_t>(bits() % 1000) + 1;
  }
  return state;
}

/// The mirror's own state, all of it written by its digest.
Json whole_state(std::size_t accounts, int) {
  State state = random_state(accounts);
  Imprint imprint;
  const double digested = timed([&] { (void)imprint.digest(state); });
  const auto before_columns = peak_mib();
  const double columned = timed([&] { (void)columns_of(state, 0); });
  return {{"accounts", state.accounts.size()},
          {"positions_each", 3},
          {"digest_s", digested},
          {"peak_mib_with_digest", before_columns},
          {"columns_s", columned}};
}

/// The digest of the mirror's own state, of which some accounts were touched: found, written, hashed, and what is
/// above.
Json digests(std::size_t accounts, int rounds) {
  State state = random_state(accounts);
  std::vector<Address> all;
  for (const auto& [address, account] : state.accounts) all.push_back(address);
  Imprint imprint;
  const double built = timed([&] { (void)imprint.digest(state); });
  std::mt19937_64 bits(7);
  Json touched = Json::array();
  for (const std::size_t count : {accounts, accounts / 10, accounts / 100, accounts / 1000, std::size_t{1}}) {
    std::vector<double> seconds;
    for (int i = 0; i < rounds; ++i) {
      std::vector<Address> some;
      std::ranges::sample(all, std::back_inserter(some), static_cast<std::ptrdiff_t>(count), bits);
      for (const Address& address : some) {
        state.accounts.at(address).collateral = static_cast<Int>(bits());
        state.touched.account(address);
      }
      seconds.push_back(timed([&] { (void)imprint.digest(state); }));
    }
    touched.push_back({{"accounts", count}, {"ns_per_account", 1e9 * median(seconds) / static_cast<double>(count)}});
  }
  return {{"accounts", accounts}, {"build_s", built}, {"touched", touched}};
}

}  // namespace

int main(int argc, char** argv) {
  const long accounts = argc > 1 ? std::atol(argv[1]) : 1'000'000;
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 9;
  const std::vector<std::string> wanted(argv + std::min(argc, 3), argv + argc);
  struct Section {
    std::string name;
    std::function<Json(std::size_t, int)> run;
  };
  const std::vector<Section> sections{
      {"revalue_3", [](std::size_t count, int turns) { return revaluation(count, 3, turns); }},
      {"revalue_8", [](std::size_t count, int turns) { return revaluation(count, 8, turns); }},
      {"compare", comparison},
      {"stress", [](std::size_t count, int turns) { return stress_grid(count / 3, turns); }},
      {"digest", digests},
      {"state", whole_state}};
  const auto is_wanted = [&](const Section& section) {
    return wanted.empty() || std::ranges::find(wanted, section.name) != wanted.end();
  };
  const auto known = std::ranges::all_of(wanted, [&](const std::string& name) {
    return std::ranges::find(sections, name, &Section::name) != sections.end();
  });
  if (accounts < 1000 || rounds < 1 || !known) {
    std::fprintf(stderr, "usage: mirror_bench [ACCOUNTS [ROUNDS [SECTION...]]], sections:");
    for (const auto& section : sections) std::fprintf(stderr, " %s", section.name.c_str());
    std::fprintf(stderr, "\n");
    return 64;
  }
  Json out;
  out["schema"] = "lockstep.mirror-bench/1";
  out["rounds"] = rounds;
  for (const auto& section : sections)
    if (is_wanted(section)) out[section.name] = section.run(static_cast<std::size_t>(accounts), rounds);
  out["peak_mib"] = peak_mib();
  std::printf("%s\n", out.dump(2).c_str());
  return 0;
}
