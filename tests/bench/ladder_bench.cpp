// Matching alone: the ladder against a std::map book, on one recorded stream of orders, in turns; both must produce the
// same fills. And the venue on the same stream, with an account's margin checked for every order, positions and fees
// kept, and orders of one account kept apart. Seconds are those of the thread: what others do is not counted, except to
// the caches.
//   ladder_bench [ROUNDS]
// Prints one JSON document; ratios are of medians.
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "count_allocations.hpp"
#include "mirror/ladder/ladder.hpp"
#include "mirror/order_book.hpp"
#include "mirror/venue/venue.hpp"

namespace {

using lockstep::mirror::Int;
using lockstep::mirror::OrderBook;
using lockstep::mirror::OrderId;
using lockstep::mirror::ladder::Ladder;

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

struct Message {
  enum class Kind : std::uint8_t { place, cancel, reduce, replace };
  OrderId id = 0;
  std::int64_t lots = 0;
  std::uint32_t tick = 0, account = 0;
  Kind kind = Kind::place;
  bool is_buy = false, rests = true;
};

/// What was traded, so that two books can be compared and nothing is optimised away.
struct Fills {
  std::uint64_t count = 0, hash = 0;
  void add(OrderId id, std::uint32_t tick, std::int64_t lots) {
    ++count;
    hash = (hash ^ id ^ std::uint64_t{tick} << 40 ^ static_cast<std::uint64_t>(lots) << 20) * 0x9e37'79b9'7f4a'7c15;
  }
  bool operator==(const Fills&) const = default;
};

class LadderSide {
 public:
  explicit LadderSide(std::size_t room) : book_(room) {}
  std::int64_t take(const Message& m, Fills& fills) {
    return book_.take(m.is_buy, m.tick, m.lots, [&](OrderId id, std::uint32_t, std::uint32_t tick, std::int64_t lots) {
      fills.add(id, tick, lots);
    });
  }
  void insert(const Message& m, std::int64_t lots) { book_.insert({m.id, lots, m.tick, m.account, m.is_buy, false}); }
  void erase(OrderId id) { book_.erase(id); }
  void reduce(OrderId id, std::int64_t lots) { book_.reduce(id, lots); }

 private:
  Ladder book_;
};

class MapSide {
 public:
  explicit MapSide(std::size_t) {}
  std::int64_t take(const Message& m, Fills& fills) {
    std::int64_t left = m.lots;
    while (left > 0) {
      const OrderId best = book_.first(!m.is_buy);
      if (best == 0) break;
      const auto* maker = book_.find(best);
      const auto tick = static_cast<std::uint32_t>(maker->price);
      if (m.is_buy ? tick > m.tick : tick < m.tick) break;
      const auto lots = static_cast<std::int64_t>(std::min<Int>(maker->remaining, left));
      fills.add(best, tick, lots);
      book_.reduce(best, lots);
      left -= lots;
    }
    return left;
  }
  void insert(const Message& m, std::int64_t lots) {
    lockstep::mirror::Order order;
    order.is_buy = m.is_buy;
    order.price = m.tick;
    order.remaining = lots;
    book_.insert(m.id, order);
  }
  void erase(OrderId id) { book_.erase(id); }
  void reduce(OrderId id, std::int64_t lots) { book_.reduce(id, lots); }
  std::int64_t lots_of(OrderId id) const {
    const auto* order = book_.find(id);
    return order == nullptr ? 0 : static_cast<std::int64_t>(order->remaining);
  }
  OrderId first(bool is_buy) const { return book_.first(is_buy); }

 private:
  OrderBook book_;
};

/// The same messages to a place that margins its accounts.
class VenueSide {
 public:
  VenueSide(std::size_t room, std::uint32_t accounts) {
    venue_.add_market({.tick_value = 1, .maker_fee_ppm = 100, .taker_fee_ppm = 450}, room);
    venue_.set_mark(0, 1'000'000);
    for (std::uint32_t i = 0; i < accounts; ++i) venue_.deposit(venue_.add_account(), std::int64_t{1} << 50);
  }
  void tell(const Message& m, Fills& fills) {
    using namespace lockstep::mirror::venue;
    const NewOrder order{.id = m.id,
                         .account = m.account,
                         .tick = m.tick,
                         .lots = m.lots,
                         .is_buy = m.is_buy,
                         .life = m.rests ? Life::gtc : Life::ioc};
    Refusal why = Refusal::none;
    switch (m.kind) {
      case Message::Kind::place:
        why = venue_.place(order);
        break;
      case Message::Kind::cancel:
        why = venue_.cancel(0, m.id);
        break;
      case Message::Kind::reduce:
        why = venue_.reduce(0, m.id, m.lots);
        break;
      case Message::Kind::replace:
        why = venue_.replace(order);
        break;
    }
    if (why != Refusal::none) ++refused;
    for (const Event& event : venue_.events())
      if (event.kind == Event::Kind::filled) fills.add(event.order, event.tick, event.lots);
  }
  /// What a message needs, some messages before it comes.
  void expect_early(const Message& m) const {
    if (m.kind == Message::Kind::place || m.kind == Message::Kind::replace) venue_.expect_account(m.account);
    venue_.expect_order(0, m.id);
  }
  void expect(const Message& m) const {
    if (m.kind == Message::Kind::cancel || m.kind == Message::Kind::reduce) venue_.expect_owner(0, m.id);
  }
  std::size_t refused = 0;

 private:
  lockstep::mirror::venue::Venue venue_;
};

template <class Book>
void apply(Book& book, const Message& m, Fills& fills) {
  switch (m.kind) {
    case Message::Kind::cancel:
      book.erase(m.id);
      return;
    case Message::Kind::reduce:
      book.reduce(m.id, m.lots);
      return;
    case Message::Kind::replace:
      book.erase(m.id);
      [[fallthrough]];
    case Message::Kind::place:
      break;
  }
  const std::int64_t left = book.take(m, fills);
  if (left > 0 && m.rests) book.insert(m, left);
}

/// A market of about `resting` orders: first those, then `count` messages, of which some 45 % place, 35 % cancel, 10 %
/// replace, 5 % reduce and 5 % take.
struct Stream {
  std::vector<Message> opening, messages;
  std::uint32_t accounts;

  Stream(std::size_t resting, std::size_t count, std::uint32_t width, std::uint32_t among) : accounts(among) {
    std::mt19937_64 bits(20261120);
    const auto below = [&](std::uint64_t n) { return bits() % n; };
    MapSide book(resting);
    std::vector<OrderId> live;
    OrderId last = 0;
    std::uint32_t middle = 1'000'000;
    Fills fills;
    const auto fresh = [&](Message m) {
      m.is_buy = below(2) == 0;
      // Most near the touch, few far away.
      const auto away = static_cast<std::uint32_t>(1 + below(1 + below(width)));
      m.tick = m.is_buy ? middle - away : middle + away;
      m.lots = static_cast<std::int64_t>(1 + below(100));
      m.account = static_cast<std::uint32_t>(below(accounts));
      return m;
    };
    const auto record = [&](std::vector<Message>& into, const Message& m) {
      into.push_back(m);
      apply(book, m, fills);
    };
    while (live.size() < resting) {
      const Message m = fresh({.id = ++last});
      record(opening, m);
      live.push_back(m.id);
    }
    while (messages.size() < count) {
      if (below(64) == 0) middle += static_cast<std::uint32_t>(below(3)) - 1;
      const auto dice = below(100);
      if (dice < (live.size() < resting ? 55U : 35U)) {
        const Message m = fresh({.id = ++last});
        record(messages, m);
        live.push_back(m.id);
        continue;
      }
      if (dice >= 95) {
        Message m = fresh({.id = ++last});
        m.tick = m.is_buy ? middle + 3 : middle - 3;
        m.rests = false;
        record(messages, m);
        continue;
      }
      const auto which = below(live.size());
      const OrderId id = live[which];
      const std::int64_t lots = book.lots_of(id);
      if (lots > 0 && dice >= 85) {
        Message m = fresh({.id = id});
        m.kind = Message::Kind::replace;
        record(messages, m);
        continue;
      }
      if (lots > 1 && dice >= 80) {
        record(messages, {.id = id, .lots = 1, .kind = Message::Kind::reduce});
        continue;
      }
      live[which] = live.back();
      live.pop_back();
      if (lots > 0) record(messages, {.id = id, .kind = Message::Kind::cancel});
    }
  }
};

struct Run {
  double seconds = 0;
  std::size_t allocations = 0;  // while messages were applied
};

template <class Book>
Run run(const Stream& stream, Fills& fills) {
  Book book(stream.opening.size() + stream.opening.size() / 8);
  for (const auto& m : stream.opening) apply(book, m, fills);
  const std::size_t before = lockstep::bench::allocations();
  const double begin = cpu_seconds();
  for (const auto& m : stream.messages) apply(book, m, fills);
  return {cpu_seconds() - begin, lockstep::bench::allocations() - before};
}

/// Whether the venue is told what comes next, as from a queue that is not empty, or meets every message unprepared.
enum class Ahead : std::uint8_t { told, untold };

Run run_venue(const Stream& stream, Ahead ahead, Fills& fills, std::size_t& refused) {
  VenueSide venue(stream.opening.size() + stream.opening.size() / 8, stream.accounts);
  for (const auto& m : stream.opening) venue.tell(m, fills);
  fills = {};
  venue.refused = 0;
  const std::size_t before = lockstep::bench::allocations();
  const double begin = cpu_seconds();
  constexpr std::size_t early = 16, soon = 8;
  const auto& all = stream.messages;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (ahead == Ahead::told && i + early < all.size()) venue.expect_early(all[i + early]);
    if (ahead == Ahead::told && i + soon < all.size()) venue.expect(all[i + soon]);
    venue.tell(all[i], fills);
  }
  refused = venue.refused;
  return {cpu_seconds() - begin, lockstep::bench::allocations() - before};
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

nlohmann::ordered_json compare(std::size_t resting, std::size_t count, std::uint32_t width, int rounds) {
  const Stream stream(resting, count, width, 100'000);
  std::vector<double> ladder, map, margined, unprepared;
  Fills traded;
  std::size_t allocated = 0, venue_allocated = 0, refused = 0;
  Fills margined_fills;
  for (int i = 0; i < rounds; ++i) {
    Fills ours, theirs;
    const Run mine = run<LadderSide>(stream, ours);
    ladder.push_back(mine.seconds);
    allocated = mine.allocations;
    map.push_back(run<MapSide>(stream, theirs).seconds);
    const Run with_margin = run_venue(stream, Ahead::told, margined_fills, refused);
    margined.push_back(with_margin.seconds);
    venue_allocated = with_margin.allocations;
    Fills same;
    unprepared.push_back(run_venue(stream, Ahead::untold, same, refused).seconds);
    if (!(ours == theirs) || !(margined_fills == same)) {
      std::fprintf(stderr, "ladder_bench: the books traded differently\n");
      std::exit(1);
    }
    traded = ours;
  }
  const double ours = median(ladder), theirs = median(map), messages = static_cast<double>(count) / 1e6;
  return {{"resting", resting},
          {"messages", count},
          {"fills", traded.count},
          {"ladder_million_per_second", messages / ours},
          {"ladder_allocations", allocated},
          {"map_million_per_second", messages / theirs},
          {"ratio", theirs / ours},
          {"venue_million_per_second", messages / median(margined)},
          {"venue_untold_million_per_second", messages / median(unprepared)},
          {"venue_allocations", venue_allocated},
          {"venue_refused", refused},
          {"venue_fills", margined_fills.count}};
}

/// The venue on one stream as more and more accounts share it.
nlohmann::ordered_json by_accounts(int rounds) {
  constexpr std::size_t count = 1'000'000;
  auto out = nlohmann::ordered_json::array();
  for (const std::uint32_t accounts : {1'000U, 10'000U, 100'000U, 1'000'000U}) {
    const Stream stream(10'000, count, 200, accounts);
    std::vector<double> seconds, untold;
    std::size_t refused = 0;
    Fills fills;
    for (int i = 0; i < rounds; ++i) {
      seconds.push_back(run_venue(stream, Ahead::told, fills, refused).seconds);
      untold.push_back(run_venue(stream, Ahead::untold, fills, refused).seconds);
    }
    out.push_back({{"accounts", accounts},
                   {"venue_million_per_second", static_cast<double>(count) / 1e6 / median(seconds)},
                   {"venue_untold_million_per_second", static_cast<double>(count) / 1e6 / median(untold)},
                   {"venue_refused", refused},
                   {"venue_fills", fills.count}});
  }
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 9;
  if (rounds < 1 || argc > 2) {
    std::fprintf(stderr, "usage: ladder_bench [ROUNDS]\n");
    return 64;
  }
  nlohmann::ordered_json out;
  out["schema"] = "lockstep.ladder-bench/1";
  out["rounds"] = rounds;
  out["mixed_flow"] = compare(10'000, 1'000'000, 200, rounds);
  out["mixed_flow_1e6_resting"] = compare(1'000'000, 500'000, 20'000, rounds);
  out["mixed_flow_by_accounts"] = by_accounts(rounds);
  std::printf("%s\n", out.dump(2).c_str());
  return 0;
}
