// One snapshot looked at: the whole of it, one account, all accounts under stress.
#include <algorithm>
#include <array>
#include <sstream>

#include "app/cli/mirror_files.hpp"
#include "app/cli/mirror_stress_boards.hpp"
#include "app/cli/mirror_verbs.hpp"
#include "mirror/state.hpp"
#include "mirror/stress.hpp"

namespace lockstep::app {
namespace {

using mirror::Int;
using nlohmann::json;

struct Viewed {
  mirror::Restored of;
  mirror::Rules rules;
  mirror::Columns columns;
  mirror::Valuation valuation;
  const mirror::State& state() const { return of.mirror.state(); }
};

std::optional<Viewed> view(Session& session, const ViewOptions& options, Exit& failed) {
  auto restored = load_snapshot(session, options.snapshot, failed);
  if (!restored) return std::nullopt;
  auto rules = load_rules(session, options.rules, mirror::rules_of(restored->mirror.state()), failed);
  if (!rules) return std::nullopt;
  const auto at = time_of(session, options.at, restored->label, failed);
  if (!at) return std::nullopt;
  auto columns = mirror::columns_of(restored->mirror.state(), *at);
  auto valuation = valued(session, options.snapshot, columns, *rules, failed);
  if (!valuation) return std::nullopt;
  return Viewed{*std::move(restored), *std::move(rules), std::move(columns), *std::move(valuation)};
}

std::string head(const Viewed& all) {
  return all.of.label.instance + " block " + std::to_string(all.of.label.block_num) + ", digest " +
         to_hex(all.of.mirror.digest()) + ", rules \"" + all.rules.name + "\"\n";
}

json json_of_series(const mirror::Series& series) {
  json all = json::object();
  const auto fields = mirror::info(mirror::Table::series).fields;
  const auto values = series.values();
  for (std::size_t i = 0; i < fields.size(); ++i) all[std::string(fields[i])] = text(values[i]);
  return all;
}

/// "  call on 1 strike 2000 expires 2026-12-25T08:00:00Z"
std::string text_of_series(const mirror::Series& series) {
  constexpr std::array kinds{"future", "call", "put"};
  std::string out =
      std::string("  ") + kinds[static_cast<std::size_t>(series.kind)] + " on " + std::to_string(series.underlying);
  if (series.is_option()) out += " strike " + text(series.strike);
  out += " expires " + to_rfc3339(static_cast<UnixSeconds>(series.expiry));
  return series.is_expired ? out + ", settled at " + text(series.settlement_price) : out;
}

json json_of_market(mirror::MarketId id, const mirror::Market& market) {
  const auto price = [&](bool is_buy) {
    const mirror::OrderId best = market.book.first(is_buy);
    return best == 0 ? json(nullptr) : json(text(market.book.find(best)->price));
  };
  const mirror::Parameters& p = market.parameters;
  return {{"market", id},
          {"mark", text(market.mark)},
          {"best_bid", price(true)},
          {"best_ask", price(false)},
          {"orders", market.book.size()},
          {"open_interest", text(market.open_interest)},
          {"funding_index", text(market.funding_index)},
          {"initial_bps", text(p.initial_bps)},
          {"maintenance_bps", text(p.maintenance_bps)},
          {"maker_fee_ppm", text(p.maker_fee_ppm)},
          {"taker_fee_ppm", text(p.taker_fee_ppm)},
          {"tick", text(p.tick)},
          {"lot", text(p.lot)},
          {"series", market.series ? json_of_series(*market.series) : json(nullptr)}};
}

json json_of_pools(const mirror::Pools& pools) {
  if (!pools.terms) return nullptr;
  json all = {{"terms", json::object()}, {"pools", json::array()}, {"accounts", pools.accounts.size()}};
  const auto fields = mirror::info(mirror::Table::pool_terms).fields;
  const auto values = pools.terms->values();
  for (std::size_t i = 0; i < fields.size(); ++i) all["terms"][std::string(fields[i])] = text(values[i]);
  for (const auto& [id, pool] : pools.all)
    all["pools"].push_back({{"market", id}, {"mark", text(pool.mark)}, {"gross", text(pool.gross)}});
  all["providers"] = std::ranges::count_if(pools.accounts, [](const auto& one) { return one.second.provides(); });
  return all;
}

std::string text_of_pools(const json& pools) {
  if (pools.is_null()) return "";
  std::ostringstream out;
  out << "\npools: " << pools["accounts"] << " accounts, of " << pools["providers"]
      << " that provide liquidity only trades are valued";
  for (const json& pool : pools["pools"])
    out << "\npool " << pool["market"] << "  mark " << pool["mark"].get<std::string>() << "  gross "
        << pool["gross"].get<std::string>();
  return out.str();
}

json json_of_boards(const mirror::Boards& boards) {
  if (!boards.any()) return nullptr;
  json all = {{"boards", json::array()}, {"strikes", boards.strikes.size()}, {"holdings", boards.holdings.size()}};
  const auto terms = boards.terms.value_or(mirror::OptionTerms{});
  all["spot"] = terms.spot == 0 ? json(nullptr) : json(text(terms.spot));
  all["rate"] = text(terms.rate);
  all["quote_unit"] = text(terms.quote_unit);
  const auto fields = mirror::info(mirror::Table::board).fields;
  for (const auto& [id, board] : boards.all) {
    json& row = all["boards"].emplace_back(json{{"board", id}});
    const auto values = board.values();
    for (std::size_t i = 0; i < fields.size(); ++i) row[std::string(fields[i])] = text(values[i]);
  }
  return all;
}

std::string text_of_boards(const json& boards) {
  if (boards.is_null()) return "";
  std::ostringstream out;
  out << "\nboards: " << boards["strikes"] << " strikes, " << boards["holdings"]
      << " holdings, which have Greeks and no margin; spot "
      << (boards["spot"].is_null() ? "not told" : boards["spot"].get<std::string>()) << "  rate "
      << boards["rate"].get<std::string>();
  for (const json& board : boards["boards"])
    out << "\nboard " << board["board"] << "  expires "
        << to_rfc3339(static_cast<UnixSeconds>(std::stoull(board["expiry"].get<std::string>()))) << "  volatility "
        << board["volatility"].get<std::string>()
        << (board["settlement_price"] == "0" ? "" : "  settled at " + board["settlement_price"].get<std::string>());
  return out.str();
}

}  // namespace

Exit mirror_show(Session& session, const ViewOptions& options) {
  Exit failed = Exit::ok;
  const auto all = view(session, options, failed);
  if (!all) return failed;
  const mirror::State& state = all->state();
  std::size_t below = 0, with_positions = 0;
  for (std::size_t i = 0; i < all->columns.accounts.size(); ++i) below += liquidatable(all->valuation, i) ? 1 : 0;
  for (const auto& one : state.accounts) with_positions += one.second.positions.empty() ? 0 : 1;
  json document = json_of(all->of.label, all->of.mirror.digest());
  document.update({{"schema", "lockstep.mirror/1"},
                   {"rules", all->rules.name},
                   {"accounts", state.accounts.size()},
                   {"accounts_with_positions", with_positions},
                   {"orders", state.resting.size()},
                   {"liquidatable", below},
                   {"insurance", text(state.insurance)},
                   {"net_deposits", text(state.net_deposits)},
                   {"imbalance", text(all->of.mirror.imbalance())},
                   {"markets", json::array()},
                   {"pools", json_of_pools(state.pools)},
                   {"boards", json_of_boards(state.boards)}});
  std::ostringstream out;
  out << head(*all) << state.accounts.size() << " accounts, " << with_positions << " with positions, " << below
      << " liquidatable; " << state.resting.size() << " orders; insurance " << text(state.insurance)
      << ", net deposits " << text(state.net_deposits) << ", imbalance " << text(all->of.mirror.imbalance());
  for (const auto& [id, market] : state.markets) {
    document["markets"].push_back(json_of_market(id, market));
    const json& row = document["markets"].back();
    const auto side = [&](const char* name) { return row[name].is_null() ? "none" : row[name].get<std::string>(); };
    out << "\nmarket " << id << "  mark " << text(market.mark) << "  bid " << side("best_bid") << "  ask "
        << side("best_ask") << "  orders " << market.book.size() << "  open interest " << text(market.open_interest)
        << "  margin " << text(market.parameters.initial_bps) << "/" << text(market.parameters.maintenance_bps)
        << " bps" << (market.series ? text_of_series(*market.series) : "");
  }
  out << text_of_pools(document["pools"]) << text_of_boards(document["boards"]);
  return session.result(document, out.str());
}

namespace {

/// "none" where no mark does it.
std::string liquidation_price(const Viewed& all, std::size_t account, mirror::MarketId market) {
  const auto mark = mirror::liquidation_mark(all.columns, all.rules, account, market);
  return mark ? text(*mark) : "none";
}

/// What an account has in pools.
json json_of_pooled(const Viewed& all, std::size_t account) {
  const mirror::Pools& pools = all.state().pools;
  if (!pools.terms) return nullptr;
  const mirror::PoolAccount& held = mirror::pooled_by(all.columns, account);
  json out = {{"owed", text(held.owed)}, {"positions", json::array()}};
  for (const mirror::PoolPosition& p : held.positions) {
    const std::string price = liquidation_price(all, account, p.market);
    out["positions"].push_back({{"market", p.market},
                                {"size", text(p.size)},
                                {"open_notional", text(p.open_notional)},
                                {"liquidity", text(p.liquidity)},
                                {"mark", text(pools.all.at(p.market).mark)},
                                {"liquidation_mark", price == "none" ? json(nullptr) : json(price)}});
  }
  return out;
}

std::string text_of_pooled(const json& pooled) {
  if (pooled.is_null()) return "";
  const auto field = [](const json& at, const char* name) {
    return at[name].is_null() ? std::string("none") : at[name].get<std::string>();
  };
  std::string out = "\nowed " + field(pooled, "owed");
  for (const json& p : pooled["positions"])
    out += "\npool " + p["market"].dump() + "  size " + field(p, "size") + "  open notional " +
           field(p, "open_notional") + "  liquidity " + field(p, "liquidity") + "  mark " + field(p, "mark") +
           "  liquidated at " + field(p, "liquidation_mark");
  return out;
}

json json_of_holdings(const Viewed& all, std::size_t account) {
  json out = json::array();
  const auto fields = mirror::info(mirror::Table::holding).fields;
  for (const auto& [index, id, holding] : mirror::holdings_of(all.columns, account)) {
    const std::array<Int, 4> values{Int{holding.strike}, static_cast<Int>(holding.type), holding.amount,
                                    holding.collateral};
    json& row = out.emplace_back(json{{"holding", std::to_string(id)}});
    for (std::size_t i = 0; i < values.size(); ++i) row[std::string(fields[i + 1])] = text(values[i]);
  }
  return out;
}

std::string text_of_holdings(const json& holdings) {
  constexpr std::array types{"long call", "long put", "covered call", "short call", "short put"};
  std::string out;
  for (const json& one : holdings)
    out += "\nholding " + one["holding"].get<std::string>() + "  " +
           types.at(std::stoul(one["option_type"].get<std::string>())) + "  strike " +
           one["market"].get<std::string>() + "  amount " + one["amount"].get<std::string>() + "  collateral " +
           one["collateral"].get<std::string>();
  return out;
}

}  // namespace

Exit mirror_account(Session& session, const ViewOptions& options) {
  const auto address = fixed_from_hex<Address>(options.account);
  if (!address)
    return session.fail({"\"" + options.account + "\" is no account", {}, {}, "give its address: 0x and 40 digits"},
                        Exit::usage);
  Exit failed = Exit::ok;
  const auto all = view(session, options, failed);
  if (!all) return failed;
  const auto found = std::ranges::lower_bound(all->columns.accounts, *address);
  if (found == all->columns.accounts.end() || *found != *address)
    return session.fail(
        {std::string("the mirror knows no account ").append(to_hex(*address)), options.snapshot, {}, {}},
        Exit::file_missing);
  const auto at = static_cast<std::size_t>(found - all->columns.accounts.begin());
  const mirror::Account& held = all->state().accounts.at(*address);
  const mirror::Valuation& v = all->valuation;
  json document = json_of(all->of.label, all->of.mirror.digest());
  document.update({{"schema", "lockstep.mirror-account/1"},
                   {"rules", all->rules.name},
                   {"account", to_hex(*address)},
                   {"collateral", text(held.collateral)},
                   {"equity", text(v.equity[at])},
                   {"initial_margin", text(v.initial[at])},
                   {"maintenance_margin", text(v.maintenance[at])},
                   {"closing_fee", text(v.closing_fee[at])},
                   {"liquidatable", liquidatable(v, at)},
                   {"orders", held.resting_orders},
                   {"positions", json::array()},
                   {"pools", json_of_pooled(*all, at)},
                   {"holdings", json_of_holdings(*all, at)}});
  std::ostringstream out;
  out << head(*all) << to_hex(*address) << "  collateral " << text(held.collateral) << "  equity " << text(v.equity[at])
      << "  initial " << text(v.initial[at]) << "  maintenance " << text(v.maintenance[at]) << "  orders "
      << held.resting_orders << (liquidatable(v, at) ? "  LIQUIDATABLE" : "");
  for (const mirror::Position& p : held.positions) {
    const mirror::Market& market = all->state().markets.at(p.market);
    Checked math;  // the limits of a mirror exclude an overflow
    const Int value = market.series ? market.series->worth(math, p.size, market.mark) : p.size * market.mark;
    const std::string worth = text(p.quote + value);
    const std::string price = liquidation_price(*all, at, p.market);
    document["positions"].push_back({{"market", p.market},
                                     {"size", text(p.size)},
                                     {"quote", text(p.quote)},
                                     {"mark", text(market.mark)},
                                     {"profit", worth},
                                     {"funding_index", text(p.funding_index)},
                                     {"bid_lots", text(p.bid_lots)},
                                     {"ask_lots", text(p.ask_lots)},
                                     {"liquidation_mark", price == "none" ? json(nullptr) : json(price)}});
    out << "\nmarket " << p.market << "  size " << text(p.size) << "  mark " << text(market.mark) << "  profit "
        << worth << "  bids " << text(p.bid_lots) << "  asks " << text(p.ask_lots) << "  liquidated at " << price;
  }
  out << text_of_pooled(document["pools"]) << text_of_holdings(document["holdings"]);
  return session.result(document, out.str());
}

namespace {

json json_of_scenario(const mirror::Scenario& scenario, const mirror::ScenarioOutcome& sum) {
  return {{"name", scenario.name},
          {"equity", text(sum.equity)},
          {"liquidatable", sum.liquidatable},
          {"insolvent", sum.insolvent},
          {"shortfall", text(sum.shortfall)}};
}

/// Of nothing at risk.
json stress_document(const Viewed& all) {
  json document = json_of(all.of.label, all.of.mirror.digest());
  document.update({{"schema", "lockstep.mirror-stress/1"},
                   {"rules", all.rules.name},
                   {"insurance", text(all.state().insurance)},
                   {"scenario_margin", "0"},
                   {"below_scenario_margin", 0},
                   {"moved_together_only", 0},
                   {"scenarios", json::array()},
                   {"worst", json::array()},
                   {"boards", nullptr}});
  return document;
}

/// Markets that no scenario moves alone.
std::size_t not_alone(const mirror::Columns& columns) {
  const auto perpetuals = std::ranges::count_if(columns.markets, [](const auto& one) { return !one.series; });
  return static_cast<std::size_t>(perpetuals) + columns.pools.size() - mirror::moved_alone(columns).size();
}

}  // namespace

Exit mirror_stress(Session& session, const ViewOptions& options) {
  Exit failed = Exit::ok;
  const auto all = view(session, options, failed);
  if (!all) return failed;
  std::vector<Int> moves;
  moves.reserve(options.moves_bps.size());
  for (const auto move : options.moves_bps) moves.push_back(Int{move} * 100);
  const mirror::Boards& boards = all->state().boards;
  if (boards.any()) {
    auto stressed = stress_boards(boards, all->columns.at, moves, options.limit);
    const std::string next = all->columns.at == 0 ? "say when: --at 2026-12-01T14:00:00Z" : "";
    if (!stressed)
      return session.fail({"what is held cannot be stressed", {}, stressed.error(), next}, Exit::bad_document);
    json document = stress_document(*all);
    document["boards"] = std::move(stressed->document);
    return session.result(document, head(*all) + stressed->text);
  }
  const auto scenarios = mirror::grid(all->columns, moves);
  const auto found = mirror::stress(all->columns, all->rules, scenarios, options.limit);
  if (!found) return session.fail({"the market cannot be stressed", {}, found.error(), {}}, Exit::bad_document);
  json document = stress_document(*all);
  document["scenario_margin"] = text(found->scenario_margin);
  document["below_scenario_margin"] = found->below_scenario_margin;
  const std::size_t together = not_alone(all->columns);
  document["moved_together_only"] = together;
  std::ostringstream out;
  out << head(*all) << "scenario margin of all accounts " << text(found->scenario_margin) << "; "
      << found->below_scenario_margin << " accounts do not cover theirs; insurance " << text(all->state().insurance);
  for (std::size_t i = 0; i < scenarios.size(); ++i) {
    const mirror::ScenarioOutcome& sum = found->scenarios[i];
    document["scenarios"].push_back(json_of_scenario(scenarios[i], sum));
    out << "\n"
        << scenarios[i].name << ": liquidatable " << sum.liquidatable << ", insolvent " << sum.insolvent
        << ", shortfall " << text(sum.shortfall)
        << (sum.shortfall > all->state().insurance ? "  MORE THAN THE FUND" : "");
  }
  if (together > 0)
    out << "\n"
        << together << " markets of less notional than the " << mirror::most_alone
        << " above are moved with all others only";
  for (const auto& one : found->worst) {
    const std::string name = to_hex(all->columns.accounts[one.account]);
    document["worst"].push_back({{"account", name},
                                 {"scenario", scenarios[one.scenario].name},
                                 {"equity", text(one.equity)},
                                 {"maintenance_margin", text(one.maintenance)},
                                 {"scenario_margin", text(one.scenario_margin)}});
    out << "\n"
        << name << "  worst in \"" << scenarios[one.scenario].name << "\": equity " << text(one.equity)
        << ", maintenance " << text(one.maintenance) << "; scenario margin " << text(one.scenario_margin);
  }
  return session.result(document, out.str());
}

}  // namespace lockstep::app
