#include "mirror/replay/side.hpp"

#include <algorithm>
#include <utility>

namespace lockstep::mirror::replay {

namespace {

using venue::AccountId, venue::cross, venue::Lots, venue::Venue;

constexpr std::int64_t most_pressure = 500'000;
constexpr int most_passes = 8;  // of one step's cascade

}  // namespace

Side::Side(Venue venue, const Keepers& keepers) : venue_(std::move(venue)), keepers_(keepers) {
  markets_.resize(venue_.market_count());
  for (std::uint32_t id = 0; id < markets_.size(); ++id) markets_[id].outside = venue_.mark(id);
  totals_.fund_first = totals_.fund_lowest = totals_.fund_last = venue_.insurance();
}

bool Side::play(const Message& message) {
  constexpr std::int64_t most = Venue::most_price;
  const bool named = message.market < markets_.size();
  switch (message.kind) {
    case Message::Kind::time:
      if (message.number < 0) return false;
      venue_.set_time(static_cast<std::uint64_t>(message.number));
      return true;
    case Message::Kind::mark:
      if (!named || message.number < 1 || message.number > most) return false;
      markets_[message.market].outside = message.number;
      markets_[message.market].fresh = true;
      set_mark(message.market);
      return true;
    case Message::Kind::funding:
      if (!named || message.number < -most || message.number > most) return false;
      venue_.set_funding(message.market, message.number);
      return true;
    case Message::Kind::order:
      ++totals_.orders;
      if (venue_.place(message.order) != venue::Refusal::none) ++totals_.refused;
      for (const venue::Event& event : venue_.events())
        totals_.fills += event.kind == venue::Event::Kind::filled ? 1 : 0;
      return true;
    case Message::Kind::cancel:
      (void)venue_.cancel(message.order.market, message.order.id);  // traded by now, perhaps only on this side
      return true;
    case Message::Kind::settle:
      settle();
      return true;
    case Message::Kind::count_:
      break;
  }
  return false;
}

void Side::expect(const Flow& flow, std::size_t at) const {
  constexpr std::size_t early = 16, soon = 8;
  if (at + early < flow.size()) {
    const Message& message = flow[at + early];
    if (message.kind == Message::Kind::order) venue_.expect_account(message.order.account);
    if (message.kind == Message::Kind::cancel) venue_.expect_order(message.order.market, message.order.id);
  }
  if (at + soon < flow.size() && flow[at + soon].kind == Message::Kind::cancel)
    venue_.expect_owner(flow[at + soon].order.market, flow[at + soon].order.id);
}

void Side::set_mark(std::uint32_t id) {
  const Market& market = markets_[id];
  const std::int64_t whole = market.outside / ppm_scale, rest = market.outside % ppm_scale;
  const std::int64_t moved =
      whole * (ppm_scale + market.pressure_ppm) + rest * (ppm_scale + market.pressure_ppm) / ppm_scale;
  venue_.set_mark(id, std::clamp<std::int64_t>(moved, 1, Venue::most_price));
}

void Side::settle() {
  Point point{.step = path_.size() + 1};
  open_interest_.assign(markets_.size(), 0);
  for (AccountId id = 0; id < venue_.account_count(); ++id)
    venue_.account(id).for_each(
        [&](const venue::Position& p) { open_interest_[p.market] += std::max<Lots>(p.size, 0); });
  for (int i = 0; i < most_passes && pass(point); ++i) move_marks();
  for (Market& market : markets_) {
    market.pressure_ppm = market.pressure_ppm * 7 / 8;
    market.fresh = false;
  }
  look(point);
  path_.push_back(point);
}

/// Whether anything was liquidated.
bool Side::pass(Point& point) {
  venue_.find_liquidatable(below_);
  const std::uint64_t before = point.liquidations;
  for (const venue::Below& below : below_) {
    if (point.liquidations >= keepers_.most) break;
    liquidate(below, point);
  }
  return point.liquidations > before;
}

void Side::liquidate(const venue::Below& below, Point& point) {
  const auto add_sizes = [&](std::int64_t sign) {
    venue_.account(below.account).for_each([&](const venue::Position& p) {
      if ((p.isolated ? p.market : cross) == below.scope) markets_[p.market].closed += sign * p.size;
    });
  };
  add_sizes(1);
  const auto done = venue_.liquidate(below.account, below.scope);
  add_sizes(-1);
  if (!done) return;  // healthy by now, through another's liquidation
  for (const venue::Deleveraged& one : venue_.deleveraged()) markets_[one.market].closed += one.lots;
  ++point.liquidations;
  ++totals_.liquidations;
  totals_.deleveraged_accounts += venue_.deleveraged().size();
  totals_.lots_in_book += static_cast<std::uint64_t>(done->in_book);
  totals_.lots_deleveraged += static_cast<std::uint64_t>(done->deleveraged);
  point.deleveraged += static_cast<std::uint64_t>(done->deleveraged);
  totals_.fees += done->fees;
  totals_.from_fund += done->from_fund;
}

void Side::move_marks() {
  for (std::uint32_t id = 0; id < markets_.size(); ++id) {
    Market& market = markets_[id];
    const Int move = Int{market.closed} * keepers_.cascade_ppm / std::max<std::int64_t>(open_interest_[id], 1);
    market.closed = 0;
    if (move == 0) continue;
    market.pressure_ppm =
        static_cast<std::int64_t>(std::clamp<Int>(market.pressure_ppm - move, -most_pressure, most_pressure));
    if (market.fresh) set_mark(id);
  }
}

void Side::look(Point& point) {
  std::uint64_t insolvent = 0;
  const auto add = [&](AccountId id, std::uint32_t scope) {
    const Int equity = venue_.margin(id, scope).equity;
    if (equity >= 0) return;
    ++insolvent;
    point.shortfall -= equity;
  };
  for (AccountId id = 0; id < venue_.account_count(); ++id) {
    add(id, cross);
    venue_.account(id).for_each([&](const venue::Position& p) {
      if (p.isolated) add(id, p.market);
    });
  }
  venue_.find_liquidatable(below_);
  point.fund = venue_.insurance();
  point.mark = markets_.empty() ? 0 : venue_.mark(0);
  totals_.fund_last = point.fund;
  totals_.fund_lowest = std::min(totals_.fund_lowest, point.fund);
  totals_.shortfall_last = point.shortfall;
  totals_.shortfall_most = std::max(totals_.shortfall_most, point.shortfall);
  totals_.insolvent_last = insolvent;
  totals_.insolvent_most = std::max(totals_.insolvent_most, insolvent);
  totals_.waiting_most = std::max<std::uint64_t>(totals_.waiting_most, below_.size());
}

Int Side::imbalance() const {
  Int held = venue_.insurance();
  for (AccountId id = 0; id < venue_.account_count(); ++id) {
    held += venue_.account(id).all_funds();
    venue_.account(id).for_each([&](const venue::Position& p) { held += p.quote; });
  }
  return venue_.deposits() - held;
}

}  // namespace lockstep::mirror::replay
