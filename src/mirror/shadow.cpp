#include "mirror/shadow.hpp"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "mirror/deltas.hpp"

namespace lockstep::mirror {
namespace {

bool changes_markets(OpCode code) {
  switch (code) {
    case OpCode::add_market:
    case OpCode::set_parameters:
    case OpCode::set_mark:
    case OpCode::set_funding:
    case OpCode::add_series:
    case OpCode::mark_series:
    case OpCode::expire_series:
      return true;
    default:
      return false;
  }
}

/// Without its book, which is what costs.
Market terms_of(const Market& market) {
  Market terms;
  terms.parameters = market.parameters;
  terms.mark = market.mark;
  terms.funding_index = market.funding_index;
  terms.open_interest = market.open_interest;
  terms.series = market.series;
  return terms;
}

const Account& account_in(const State& state, const Address& address) {
  static const Account none;
  const auto at = state.accounts.find(address);
  return at == state.accounts.end() ? none : at->second;
}

const Address& address_at(const Operation& operation, std::size_t at) { return std::get<Address>(operation.args[at]); }
Int number_at(const Operation& operation, std::size_t at) { return std::get<Int>(operation.args[at]); }
MarketId market_at(const Operation& operation, std::size_t at) {
  return static_cast<MarketId>(number_at(operation, at));
}

}  // namespace

std::expected<State, std::string> Shadow::changed(const State& state) const {
  State under;
  for (const auto& [id, market] : state.markets) under.markets.emplace(id, terms_of(market));
  under.insurance = state.insurance;
  under.pools.terms = state.pools.terms;
  under.boards.terms = state.boards.terms;
  under.boards.all = state.boards.all;
  under.boards.strikes = state.boards.strikes;
  for (const auto& delta : declared_) {
    if (delta.key.table != Table::account) continue;
    if (const auto at = state.accounts.find(delta.key.account); at != state.accounts.end()) under.accounts.insert(*at);
  }
  for (const auto& delta : declared_)
    if (auto done = set_field(under, delta); !done)
      return std::unexpected(to_text(delta.key) + " " + delta.field + ": " + done.error());
  return under;
}

/// After this market has changed; those of 4096 series are marked one by one.
void Shadow::refresh(const State& state, MarketId id) {
  if (!under_) return;
  under_->markets.insert_or_assign(id, terms_of(state.markets.at(id)));
  for (const auto& delta : declared_) {
    if (delta.key.table != Table::market || delta.key.market != id) continue;
    if (auto done = set_field(*under_, delta); !done) under_ = std::unexpected(done.error());
    if (!under_) return;
  }
}

void Shadow::before(const State& state, const Operation& operation) {
  if (!under_ && (under_.error().empty() || changes_markets(operation.code) || operation.code == OpCode::deposit))
    under_ = changed(state);
  if (!under_) return;
  switch (operation.code) {
    case OpCode::place_order: {
      actors_.push_back({.account = address_at(operation, 2), .reduces = number_at(operation, 7) != 0});
      Checked math;
      const auto market = under_->markets.find(market_at(operation, 1));
      outside_band_ = market != under_->markets.end() &&
                      !inside_band(math, number_at(operation, 3) != 0, number_at(operation, 4), market->second,
                                   underlying_mark(market->second, under_->markets));
      return;
    }
    case OpCode::trade:
      return charge(state, operation);
    case OpCode::withdraw:
      return actors_.push_back({.account = address_at(operation, 0), .withdraws = true});
    case OpCode::liquidate:
      return actors_.push_back({.account = address_at(operation, 2)});
    case OpCode::trade_series:
      for (const std::size_t party : {std::size_t{1}, std::size_t{2}}) {
        const MarketId market = market_at(operation, 0);
        const Address& account = address_at(operation, party);
        actors_.push_back({.account = account, .if_grown = market, .held = account_in(state, account).size_in(market)});
      }
      return;
    default:
      return;
  }
}

void Shadow::charge(const State& state, const Operation& operation) {
  if (!state.incoming) return;
  const Order& taker = state.incoming->order;
  const auto market = under_->markets.find(taker.market);
  const auto maker = state.markets.at(taker.market).book.find(static_cast<OrderId>(number_at(operation, 1)));
  if (market == under_->markets.end() || !maker) return;
  const Parameters& rates = market->second.parameters;
  const Int price = number_at(operation, 3), lots = number_at(operation, 4);
  const std::array sides{std::tuple{maker->account, number_at(operation, 5), rates.maker_fee_ppm},
                         std::tuple{taker.account, number_at(operation, 6), rates.taker_fee_ppm}};
  Checked math;
  for (const auto& [account, told, ppm] : sides) {
    Spent& spent = spent_[account];
    const Int more = math.add(spent.told, told),
              under = math.add(spent.under, trading_fee(math, market->second, lots, price, ppm));
    if (math.overflow()) return;
    spent.told = more;
    spent.under = under;
  }
}

void Shadow::after(const State& state, const Operation& operation) {
  if (changes_markets(operation.code)) refresh(state, market_at(operation, 0));
  if (state.incoming || actors_.empty()) return;  // an order is judged when all that it led to is told
  if (outside_band_ && under_) ++spent_[actors_.front().account].refused;
  if (!outside_band_ && under_)
    for (const Actor& actor : actors_) judge(state, actor);
  outside_band_ = false;
  actors_.clear();
}

/// Only what today's rules allow counts: those of a contract that margins in another way are not ours to judge.
void Shadow::judge(const State& state, const Actor& actor) {
  Account account = account_in(state, actor.account);
  Checked math;
  const auto allowed = [&](const Account& one, const Markets& markets) {
    const Margin margin = margin_of(math, one, markets);
    const Int had = actor.withdraws ? std::min<Int>(one.collateral, margin.equity) : margin.equity;
    return had >= (actor.reduces ? margin.maintenance : margin.initial);
  };
  if (actor.if_grown && math.abs(account.size_in(*actor.if_grown)) <= math.abs(actor.held)) return;
  const bool today = allowed(account, state.markets);
  if (const auto spent = spent_.find(actor.account); spent != spent_.end())
    account.collateral = math.sub(Int{account.collateral}, math.sub(spent->second.under, spent->second.told));
  if (const auto at = under_->accounts.find(actor.account); at != under_->accounts.end())
    account.collateral = at->second.collateral;
  const bool then = allowed(account, under_->markets);
  if (today && !then && !math.overflow()) ++spent_[actor.account].refused;
}

namespace {

/// Today's columns as they would be: other funding indices, other collateral.
Columns columns_under(const Columns& today, const State& under, const std::unordered_map<Address, Spent>& spent,
                      const std::vector<Delta>& declared, Checked& math) {
  Columns columns = today;
  columns.pool_terms = under.pools.terms;
  for (auto& column : columns.markets) column.funding_index = under.markets.at(column.id).funding_index;
  const auto collateral_of = [&](const Address& address) -> Int* {
    const auto at = std::ranges::lower_bound(columns.accounts, address);
    if (at == columns.accounts.end() || *at != address) return nullptr;
    return &columns.collateral[static_cast<std::size_t>(at - columns.accounts.begin())];
  };
  for (const auto& [address, one] : spent)
    if (Int* collateral = collateral_of(address)) *collateral = math.sub(*collateral, math.sub(one.under, one.told));
  for (const auto& delta : declared) {  // what is declared of an account is what it will have
    if (delta.key.table != Table::account) continue;
    if (Int* collateral = collateral_of(delta.key.account))
      *collateral = under.accounts.at(delta.key.account).collateral;
  }
  return columns;
}

}  // namespace

std::expected<Drift, std::string> Shadow::drift(const State& state, UnixSeconds at, std::size_t limit) const {
  const auto under = changed(state);
  if (!under) return std::unexpected(under.error());
  const Columns today = columns_of(state, at);
  Checked math;
  const Columns then = columns_under(today, *under, spent_, declared_, math);
  const Rules rules_today = rules_of(state);
  Rules rules_then = rules_of(*under);
  rules_then.name = "as declared";
  Valuation value_today, value_then;
  if (auto done = revalue(today, rules_today, value_today); !done) return std::unexpected(done.error());
  if (auto done = revalue(then, rules_then, value_then); !done) return std::unexpected(done.error());
  auto worth = compare({today, value_today, rules_today}, {then, value_then, rules_then}, limit);
  if (!worth) return std::unexpected(worth.error());
  Drift drift{.worth = *std::move(worth), .total = {}, .spent = {}};
  for (const auto& [address, one] : spent_) {
    drift.total.told = math.add(drift.total.told, one.told);
    drift.total.under = math.add(drift.total.under, one.under);
    drift.total.refused += one.refused;
  }
  if (math.overflow()) return std::unexpected("the fees of all accounts overflow");
  for (const auto& change : drift.worth.accounts) {
    const auto one = spent_.find(change.account);
    drift.spent.push_back(one == spent_.end() ? Spent{} : one->second);
  }
  return drift;
}

}  // namespace lockstep::mirror
