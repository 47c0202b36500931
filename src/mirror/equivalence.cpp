#include "mirror/equivalence.hpp"

#include <algorithm>
#include <iterator>

namespace lockstep::mirror {
namespace {

constexpr std::size_t absent = ~std::size_t{0};

bool is_there(std::size_t account) { return account != absent; }

Worth worth(const Side& side, std::size_t account) {
  if (!is_there(account)) return {};
  const Valuation& v = side.valuation;
  return {side.columns.collateral[account], v.equity[account], v.initial[account], v.maintenance[account],
          v.closing_fee[account]};
}

void add(Checked& math, Worth& sum, const Worth& one) {
  sum.collateral = math.add(sum.collateral, one.collateral);
  sum.equity = math.add(sum.equity, one.equity);
  sum.initial = math.add(sum.initial, one.initial);
  sum.maintenance = math.add(sum.maintenance, one.maintenance);
  sum.closing_fee = math.add(sum.closing_fee, one.closing_fee);
}

struct Held {
  MarketId market = 0;
  Int size = 0, worst = 0, quote = 0, funding_index = 0;
};

std::vector<Held> held_by(const Side& side, std::size_t account) {
  std::vector<Held> held;
  if (!is_there(account)) return held;
  const Columns& c = side.columns;
  for (std::size_t p = c.first[account]; p < c.first[account + 1]; ++p)
    held.push_back({c.markets[c.market[p]].id, c.size[p], c.worst[p], c.quote[p], c.funding_index[p]});
  const auto wide = std::ranges::lower_bound(c.wide, account, {}, &Columns::Wide::account);
  if (wide == c.wide.end() || wide->account != account) return held;
  Checked math;
  for (const Position& p : wide->positions) {
    const auto market = std::ranges::lower_bound(c.markets, p.market, {}, &MarketColumn::id);
    const Series* series = market->series ? &*market->series : nullptr;
    held.push_back({p.market, p.size, worst_lots(math, p, series), p.quote, p.funding_index});
  }
  return held;
}

/// visit(one of `old` or null, the one of `now` with the same key or null), ascending as both are.
template <class Old, class Now, class Key, class Visit>
void side_by_side(const Old& old, const Now& now, Key key, Visit visit) {
  auto left = old.begin();
  auto right = now.begin();
  while (left != old.end() || right != now.end()) {
    if (right == now.end() || (left != old.end() && (*left).*key < (*right).*key)) {
      visit(&*left++, decltype(&*right){nullptr});
    } else if (left == old.end() || (*right).*key < (*left).*key) {
      visit(decltype(&*left){nullptr}, &*right++);
    } else {
      visit(&*left++, &*right++);
    }
  }
}

class Reasons {
 public:
  void changed(const std::string& what, Int before, Int after) {
    if (before != after) list.push_back(what + " " + to_text(Value{before}) + " → " + to_text(Value{after}));
  }
  std::vector<std::string> list;
};

Int mark_of(const Columns& columns, MarketId pool) {
  const auto at = std::ranges::lower_bound(columns.pools, pool, {}, &Columns::PoolColumn::id);
  return at == columns.pools.end() || at->id != pool ? 0 : at->mark;
}

void explain_pools(Reasons& reasons, const Side& before, std::size_t a, const Side& after, std::size_t b) {
  static const PoolAccount none;
  const PoolAccount& old = is_there(a) ? pooled_by(before.columns, a) : none;
  const PoolAccount& now = is_there(b) ? pooled_by(after.columns, b) : none;
  reasons.changed("owed", old.owed, now.owed);
  std::vector<MarketId> markets;
  for (const auto* one : {&old, &now})
    for (const PoolPosition& p : one->positions) markets.push_back(p.market);
  std::ranges::sort(markets);
  const auto rest = std::ranges::unique(markets);
  markets.erase(rest.begin(), rest.end());
  for (const MarketId id : markets) {
    const PoolPosition *left = old.find(id), *right = now.find(id), empty{.market = id};
    const PoolPosition &was = left == nullptr ? empty : *left, &is = right == nullptr ? empty : *right;
    const std::string what = "position in pool " + std::to_string(id) + " ";
    reasons.changed(what + "size", was.size, is.size);
    reasons.changed(what + "open notional", was.open_notional, is.open_notional);
    reasons.changed(what + "liquidity", was.liquidity, is.liquidity);
    reasons.changed("mark of pool " + std::to_string(id), mark_of(before.columns, id), mark_of(after.columns, id));
  }
  if (before.columns.pool_terms != after.columns.pool_terms || before.rules.pools != after.rules.pools)
    reasons.list.emplace_back("terms of pools");
}

void explain_holding(Reasons& reasons, const Columns::Held* was, const Columns::Held* is) {
  const std::string what = "holding " + std::to_string(was == nullptr ? is->id : was->id);
  if (was == nullptr) reasons.list.push_back(what + " is new here");
  if (is == nullptr) reasons.list.push_back(what + " is gone from here");
  if (was == nullptr || is == nullptr) return;
  const Holding &a = was->holding, &b = is->holding;
  reasons.changed(what + " strike", Int{a.strike}, Int{b.strike});
  reasons.changed(what + " option type", static_cast<Int>(a.type), static_cast<Int>(b.type));
  reasons.changed(what + " amount", a.amount, b.amount);
  reasons.changed(what + " collateral", a.collateral, b.collateral);
}

std::span<const Columns::Held> holdings_of(const Side& side, std::size_t account) {
  return is_there(account) ? holdings_of(side.columns, account) : std::span<const Columns::Held>();
}

const MarketColumn* market_of(const Columns& columns, MarketId id) {
  const auto at = std::ranges::lower_bound(columns.markets, id, {}, &MarketColumn::id);
  return at == columns.markets.end() || at->id != id ? nullptr : &*at;
}

void explain_series(Reasons& reasons, const Series& a, const Series& b, const std::string& of) {
  reasons.changed("volatility" + of, a.volatility, b.volatility);
  reasons.changed("rate" + of, a.rate, b.rate);
  reasons.changed("forward" + of, a.forward, b.forward);
  reasons.changed("settlement price" + of, a.settlement_price, b.settlement_price);
}

void explain_market(Reasons& reasons, const Side& before, const Side& after, MarketId id) {
  const MarketColumn *a = market_of(before.columns, id), *b = market_of(after.columns, id);
  if (a == nullptr || b == nullptr) return;
  const std::string of = " of market " + std::to_string(id);
  reasons.changed("mark" + of, a->mark, b->mark);
  reasons.changed("funding index" + of, a->funding_index, b->funding_index);
  if (a->series && b->series) explain_series(reasons, *a->series, *b->series, of);
  if (before.rules.markets.at(id) != after.rules.markets.at(id)) reasons.list.push_back("rules" + of);
  const MarketId underlying = a->series ? a->series->underlying : id;
  const auto scan = [&](const Side& side) {
    const auto at = side.rules.scans.find(underlying);
    return at == side.rules.scans.end() ? std::optional<Scan>{} : at->second;
  };
  if (scan(before) != scan(after)) reasons.list.push_back("scan" + of);
}

std::vector<std::string> explain(const Side& before, std::size_t a, const Side& after, std::size_t b) {
  Reasons reasons;
  if (!is_there(a)) reasons.list.emplace_back("the account is new");
  if (!is_there(b)) reasons.list.emplace_back("the account is gone");
  reasons.changed("collateral", worth(before, a).collateral, worth(after, b).collateral);
  side_by_side(held_by(before, a), held_by(after, b), &Held::market, [&](const Held* left, const Held* right) {
    const Held was = left == nullptr ? Held{} : *left, is = right == nullptr ? Held{} : *right;
    const MarketId id = left == nullptr ? is.market : was.market;
    const std::string what = "position " + std::to_string(id) + " ";
    reasons.changed(what + "size", was.size, is.size);
    reasons.changed(what + "quote", was.quote, is.quote);
    reasons.changed(what + "worst lots of orders", was.worst, is.worst);
    if (left != nullptr && right != nullptr)
      reasons.changed(what + "funding settled at", was.funding_index, is.funding_index);
    explain_market(reasons, before, after, id);
  });
  if (before.columns.pool_terms || after.columns.pool_terms) explain_pools(reasons, before, a, after, b);
  side_by_side(holdings_of(before, a), holdings_of(after, b), &Columns::Held::id,
               [&](const auto* was, const auto* is) { explain_holding(reasons, was, is); });
  if (before.rules.collateral_haircut_bps != after.rules.collateral_haircut_bps)
    reasons.list.emplace_back("haircut of collateral");
  if (before.rules.margin != after.rules.margin || before.rules.fee != after.rules.fee ||
      before.rules.funding != after.rules.funding)
    reasons.list.emplace_back("rounding");
  return std::move(reasons.list);
}

class SideComparison {
 public:
  SideComparison(const Side& before, const Side& after, std::size_t limit)
      : before_(before), after_(after), limit_(limit), same_markets_(same_markets()) {}

  std::expected<Equivalence, std::string> run() {
    const auto &old = before_.columns.accounts, &now = after_.columns.accounts;
    out_.accounts_before = old.size();
    out_.accounts_after = now.size();
    std::size_t a = 0, b = 0;
    while (a < old.size() || b < now.size()) {
      const bool only_old = b == now.size() || (a < old.size() && old[a] < now[b]);
      const bool only_new = a == old.size() || (b < now.size() && now[b] < old[a]);
      visit(only_new ? absent : a, only_old ? absent : b);
      if (!only_new) ++a;
      if (!only_old) ++b;
    }
    if (totals_.overflow()) return std::unexpected("the totals of all accounts overflow");
    out_.accounts = std::move(worse_);
    const std::size_t more = std::min(others_.size(), limit_ - out_.accounts.size());
    std::move(others_.begin(), others_.begin() + static_cast<std::ptrdiff_t>(more), std::back_inserter(out_.accounts));
    return std::move(out_);
  }

 private:
  bool same_markets() const {
    return std::ranges::equal(before_.columns.markets, after_.columns.markets, {}, &MarketColumn::id,
                              &MarketColumn::id);
  }

  /// Stored positions; false where it takes more than a look at the columns to know.
  bool same_positions(std::size_t a, std::size_t b) const {
    const Columns &x = before_.columns, &y = after_.columns;
    const std::size_t from_x = x.first[a], from_y = y.first[b], count = x.first[a + 1] - from_x;
    if (!same_markets_ || y.first[b + 1] - from_y != count) return false;
    const auto equal = [&](const auto& p, const auto& q) {
      return std::equal(p.data() + from_x, p.data() + from_x + count, q.data() + from_y);
    };
    if ((x.pool_terms || y.pool_terms) && pooled_by(x, a) != pooled_by(y, b)) return false;
    const auto same = [](const Columns::Held& p, const Columns::Held& q) {
      return p.id == q.id && p.holding == q.holding;
    };
    if (!std::ranges::equal(holdings_of(x, a), holdings_of(y, b), same)) return false;
    return equal(x.market, y.market) && equal(x.size, y.size) && equal(x.quote, y.quote) && equal(x.worst, y.worst) &&
           equal(x.funding_index, y.funding_index);
  }

  void visit(std::size_t a, std::size_t b) {
    const Worth was = worth(before_, a), is = worth(after_, b);
    add(totals_, out_.before, was);
    add(totals_, out_.after, is);
    const bool could = is_there(a) && liquidatable(before_.valuation, a);
    const bool can = is_there(b) && liquidatable(after_.valuation, b);
    if (could && !can) ++out_.no_longer_liquidatable;
    const bool worse = can && !could;
    if (worse) ++out_.newly_liquidatable;
    if (is_there(a) && is_there(b) && was == is && same_positions(a, b)) return;
    std::vector<std::string> reasons;
    const bool listed = (worse ? worse_ : others_).size() < limit_;
    const bool told = was != is || !is_there(a) || !is_there(b);
    if (listed || !told) reasons = explain(before_, a, after_, b);
    if (!told && reasons.empty()) return;  // 128-bit positions that are equal
    ++out_.changed;
    if (!listed) return;
    const Address& account = is_there(a) ? before_.columns.accounts[a] : after_.columns.accounts[b];
    (worse ? worse_ : others_).push_back({account, is_there(a), is_there(b), was, is, worse, std::move(reasons)});
  }

  const Side& before_;
  const Side& after_;
  std::size_t limit_;
  bool same_markets_;
  Checked totals_;
  Equivalence out_;
  std::vector<AccountChange> worse_, others_;
};

}  // namespace

std::expected<Equivalence, std::string> compare(const Side& before, const Side& after, std::size_t limit) {
  return SideComparison(before, after, limit).run();
}

}  // namespace lockstep::mirror
