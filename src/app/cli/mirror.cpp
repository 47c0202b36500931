// Mirrors as files: what differs between two of them, or what one would be under other rules.
#include <algorithm>
#include <memory>
#include <sstream>
#include <utility>

#include "app/cli/mirror_files.hpp"
#include "app/cli/mirror_greeks.hpp"
#include "app/cli/mirror_rows.hpp"
#include "app/cli/mirror_verbs.hpp"
#include "app/cli/verbs.hpp"
#include "mirror/equivalence.hpp"
#include "mirror/state.hpp"

namespace lockstep::app {
namespace {

using mirror::Int;
using nlohmann::json;

struct DiffOptions {
  std::string before, after;              // snapshot files
  std::string rules_before, rules_after;  // rules files; empty: as the snapshot has them
  std::string at;                         // when options are priced; empty: at the snapshot's block
  std::string instance;                   // of the daemon, instead of files
  std::size_t limit = 20;
};

/// One side, with everything a comparison looks at.
struct Loaded {
  mirror::SnapshotLabel label;
  Hash32 digest;
  mirror::Rules rules;
  mirror::Columns columns;
  mirror::Valuation valuation;
  mirror::Portfolio portfolio;
  bool has_expiring = false;
  mirror::Side side() const { return {columns, valuation, rules}; }
};

/// The mirror itself is given up: of 10^7 accounts two are enough to hold beside what is read from them.
std::optional<Loaded> value(Session& session, const std::string& file, std::optional<mirror::Restored> restored,
                            const std::string& rules_file, const std::string& time, Exit& failed) {
  auto rules = load_rules(session, rules_file, mirror::rules_of(restored->mirror.state()), failed);
  if (!rules) return std::nullopt;
  const auto at = time_of(session, time, restored->label, failed);
  if (!at) return std::nullopt;
  auto columns = mirror::columns_of(restored->mirror.state(), *at);
  auto valuation = valued(session, file, columns, *rules, failed);
  if (!valuation) return std::nullopt;
  const bool has_expiring = mirror::has_expiring(restored->mirror.state());
  mirror::Portfolio portfolio;
  if (has_expiring) {
    auto found = priced(session, file, *restored, *at, failed);
    if (!found) return std::nullopt;
    portfolio = *std::move(found);
  }
  return Loaded{restored->label,       restored->mirror.digest(), *std::move(rules), std::move(columns),
                *std::move(valuation), std::move(portfolio),      has_expiring};
}

json worth_json(const mirror::Worth& worth) {
  return {{"collateral", text(worth.collateral)},
          {"equity", text(worth.equity)},
          {"initial_margin", text(worth.initial)},
          {"maintenance_margin", text(worth.maintenance)},
          {"closing_fee", text(worth.closing_fee)}};
}

json loaded_json(const Loaded& side) {
  return {{"instance", side.label.instance},
          {"block_num", std::to_string(side.label.block_num)},
          {"block_hash", to_hex(side.label.block_hash)},
          {"digest", to_hex(side.digest)},
          {"rules", side.rules.name}};
}

json open_of(const Loaded& side) {
  json open = greeks_document(side.portfolio, {});
  open.erase("accounts");
  return open;
}

json document_of(const Loaded& before, const Loaded& after, const mirror::RowDifferences& rows,
                 const mirror::Equivalence& found) {
  const bool greeks = before.has_expiring || after.has_expiring;
  json accounts = json::array();
  for (const auto& one : found.accounts) {
    accounts.push_back({{"account", to_hex(one.account)},
                        {"newly_liquidatable", one.newly_liquidatable},
                        {"before", one.was ? worth_json(one.before) : json(nullptr)},
                        {"after", one.is ? worth_json(one.after) : json(nullptr)},
                        {"reasons", one.reasons}});
    if (!greeks) continue;
    for (const auto& [name, side] : {std::pair{"greeks_before", &before}, std::pair{"greeks_after", &after}})
      accounts.back()[name] = greeks_document(side->portfolio, rows_of(side->portfolio, one.account)).at("accounts");
  }
  return {{"schema", "lockstep.mirror-diff/1"},
          {"before", loaded_json(before)},
          {"after", loaded_json(after)},
          {"same_state", before.digest == after.digest},
          {"differences", rows_json(rows)},
          {"accounts_before", found.accounts_before},
          {"accounts_after", found.accounts_after},
          {"changed", found.changed},
          {"newly_liquidatable", found.newly_liquidatable},
          {"no_longer_liquidatable", found.no_longer_liquidatable},
          {"totals", {{"before", worth_json(found.before)}, {"after", worth_json(found.after)}}},
          {"greeks", greeks ? json{{"before", open_of(before)}, {"after", open_of(after)}} : json(nullptr)},
          {"accounts", accounts}};
}

std::string change(const char* name, Int before, Int after) {
  if (before == after) return "";
  return std::string("  ") + name + " " + text(before) + " → " + text(after);
}

std::string line_of(const mirror::Worth& before, const mirror::Worth& after) {
  const std::string line =
      change("collateral", before.collateral, after.collateral) + change("equity", before.equity, after.equity) +
      change("initial", before.initial, after.initial) + change("maintenance", before.maintenance, after.maintenance) +
      change("closing fee", before.closing_fee, after.closing_fee);
  return line.empty() ? "  worth and margins unchanged" : line;
}

std::string in_words(const Loaded& before, const Loaded& after, const mirror::RowDifferences& rows) {
  if (before.digest == after.digest) return "the same state";
  const auto plural = [](std::uint64_t count, const char* one) {
    return std::to_string(count) + " " + one + (count == 1 ? "" : "s");
  };
  return "the states differ in " + plural(rows.rows, "row") + ", " + plural(rows.fields, "field");
}

std::string equivalence_text(const Loaded& before, const Loaded& after, const mirror::RowDifferences& rows,
                             const mirror::Equivalence& found) {
  std::ostringstream out;
  for (const auto* side : {&before, &after}) {
    out << (side == &before ? "before  " : "after   ") << side->label.instance << " block " << side->label.block_num
        << ", digest " << to_hex(side->digest) << ", rules \"" << side->rules.name << "\"\n";
  }
  out << in_words(before, after, rows) << "; " << found.changed << " of " << found.accounts_after
      << " accounts change, " << found.newly_liquidatable << " newly liquidatable, " << found.no_longer_liquidatable
      << " no longer\n"
      << rows_text(rows);
  out << "all    " << line_of(found.before, found.after) << "\n";
  out << changes(before.portfolio.open, after.portfolio.open, "held long, ");
  for (const auto* side : {&before, &after})
    for (const auto& one : side->portfolio.unpriced)
      out << "UNPRICED " << (side == &before ? "before" : "after") << " underlying " << one.underlying << ": "
          << one.why << "\n";
  for (const auto& one : found.accounts) {
    out << to_hex(one.account) << line_of(one.before, one.after)
        << (one.newly_liquidatable ? "  NEWLY LIQUIDATABLE" : "") << "\n";
    for (const auto& reason : one.reasons) out << "    " << reason << "\n";
    out << changes(rows_of(before.portfolio, one.account), rows_of(after.portfolio, one.account), "    ");
  }
  if (found.changed > found.accounts.size())
    out << "and " << found.changed - found.accounts.size() << " more (--limit)\n";
  std::string all = out.str();
  all.pop_back();
  return all;
}

Exit diff_of_files(Session& session, const DiffOptions& options) {
  Exit failed = Exit::ok;
  auto restored_before = load_snapshot(session, options.before, failed);
  if (!restored_before) return failed;
  auto restored_after = load_snapshot(session, options.after, failed);
  if (!restored_after) return failed;
  const auto rows = mirror::row_differences(restored_before->mirror, restored_after->mirror, options.limit);
  const auto before =
      value(session, options.before, std::exchange(restored_before, {}), options.rules_before, options.at, failed);
  if (!before) return failed;
  const auto after =
      value(session, options.after, std::exchange(restored_after, {}), options.rules_after, options.at, failed);
  if (!after) return failed;
  const auto found = mirror::compare(before->side(), after->side(), options.limit);
  if (!found) return session.fail({"the snapshots cannot be compared", {}, found.error(), {}}, Exit::bad_document);
  return session.result(document_of(*before, *after, rows, *found), equivalence_text(*before, *after, rows, *found));
}

Exit diff(Session& session, const DiffOptions& options) {
  const bool files = !options.before.empty() && !options.after.empty(), any_file = !options.before.empty();
  if (files == !options.instance.empty() || (any_file && !files))
    return session.fail({"say of what: two snapshot files, or --instance protocol:chain of the daemon", {}, {}, {}},
                        Exit::usage);
  if (files) return diff_of_files(session, options);
  if (!options.rules_before.empty() || !options.rules_after.empty() || !options.at.empty())
    return session.fail({"--rules-before, --rules-after and --at are for snapshots",
                         {},
                         "a daemon follows what plans declare, at the block its mirror stands at",
                         "name two snapshots"},
                        Exit::usage);
  return mirror_shadow(session, options.instance, options.limit);
}

void add_views(CLI::App& group, Session& session, Verb& verb) {
  const auto options = std::make_shared<ViewOptions>();
  const auto add = [&](const char* name, const char* what, auto run) {
    auto* one = group.add_subcommand(name, what)->fallthrough();
    if (run == mirror_account) one->add_option("account", options->account, "its address")->required();
    one->add_option("snapshot", options->snapshot, "snapshot file")->required();
    one->add_option("--rules", options->rules, "rules file; otherwise as the snapshot has them");
    one->add_option("--at", options->at, "when options are priced; otherwise at the snapshot's block");
    one->callback(
        [&session, &verb, options, run] { verb = [&session, options, run] { return run(session, *options); }; });
    return one;
  };
  add("show", "markets, sums and who is below the margin, of a snapshot", mirror_show);
  add("account", "one account of a snapshot, its positions and where they are liquidated", mirror_account);
  auto* grid = add("stress", "every account of a snapshot under a grid of market moves", mirror_stress);
  grid->add_option("--moves-bps", options->moves_bps, "moves of the marks, all together and each alone")
      ->delimiter(',')
      ->check(CLI::Range(-10'000, 100'000));
  grid->add_option("--limit", options->limit, "accounts to list");
}

void add_greeks(CLI::App& group, Session& session, Verb& verb) {
  const auto options = std::make_shared<GreeksOptions>();
  auto* one =
      group.add_subcommand("greeks", "value and Greeks of accounts per underlying, of a snapshot or the daemon")
          ->fallthrough();
  one->add_option("snapshot", options->snapshot, "snapshot file; otherwise the daemon is asked");
  one->add_option("--instance", options->instance, "protocol:chain, of the daemon");
  one->add_option("--account", options->account, "this one only");
  one->add_option("--at", options->at, "when; otherwise at the snapshot's block");
  one->add_option("--limit", options->limit, "accounts to list")->check(CLI::Range(1, 1'000));
  one->callback(
      [&session, &verb, options] { verb = [&session, options] { return mirror_greeks(session, *options); }; });
}

void add_replay(CLI::App& group, Session& session, Verb& verb) {
  const auto options = std::make_shared<ReplayOptions>();
  auto& [snapshot, rules_before, rules_after, flow, record, seed, steps, accounts, markets, points, weather, keepers] =
      *options;
  auto* one = group.add_subcommand("replay", "a market under two rule sets, through volatile flow or a recorded one")
                  ->fallthrough();
  one->add_option("--snapshot", snapshot, "where to begin; otherwise a made-up market");
  one->add_option("--rules-before", rules_before, "rules file; otherwise as the market has them");
  one->add_option("--rules-after", rules_after, "rules file; otherwise as the market has them");
  one->add_option("--flow", flow, "recorded flow, JSON lines, instead of a seed");
  one->add_option("--record", record, "write the flow there");
  one->add_option("--seed", seed, "of the flow; the same seed is the same flow everywhere");
  one->add_option("--steps", steps, "how long")->check(CLI::Range(1, 10'000'000));
  one->add_option("--accounts", accounts, "of a made-up market")->check(CLI::Range(2, 1'000'000));
  one->add_option("--markets", markets, "of a made-up market")->check(CLI::Range(1, 64));
  one->add_option("--points", points, "of the fund's path to list")->check(CLI::Range(0, 100'000));
  one->add_option("--step-s", weather.step_s, "seconds a step takes");
  one->add_option("--volatility-ppm", weather.volatility_ppm, "deviation of a step in a calm");
  one->add_option("--storm-ppm", weather.storm_ppm, "chance that a storm begins");
  one->add_option("--storm-factor", weather.storm_factor, "of the deviation in a storm");
  one->add_option("--drift-ppm", weather.drift_ppm, "of a step in a storm, one way");
  one->add_option("--jump-chance-ppm", weather.jump_chance_ppm, "of a step");
  one->add_option("--jump-ppm", weather.jump_ppm, "the largest jump");
  one->add_option("--gap-chance-ppm", weather.gap_chance_ppm, "that the oracle falls silent");
  one->add_option("--gap-steps", weather.gap_steps, "for at most so many");
  one->add_option("--orders", weather.orders, "of traders in a step");
  one->add_option("--leverage", weather.leverage, "of a trader's budget, at most");
  one->add_option("--cascade-ppm", keepers.cascade_ppm, "how far a mark moves if liquidations sell all open interest")
      ->check(CLI::Range(0, 1'000'000));
  one->add_option("--liquidations", keepers.most, "that fit into a step");
  one->callback(
      [&session, &verb, options] { verb = [&session, options] { return mirror_replay(session, *options); }; });
}

}  // namespace

void add_mirror(CLI::App& app, Session& session, Verb& verb) {
  auto* group = app.add_subcommand("mirror", "the replica of a market, as files")->require_subcommand(1)->fallthrough();
  const auto options = std::make_shared<DiffOptions>();
  auto* one = group
                  ->add_subcommand(
                      "diff", "what changes for each account between two snapshots or rule sets, or under an open plan")
                  ->fallthrough();
  one->add_option("before", options->before, "snapshot file; otherwise the daemon is asked");
  one->add_option("after", options->after, "snapshot file, or the same again to change the rules only");
  one->add_option("--instance", options->instance,
                  "protocol:chain, of the daemon: what the plans that are open there declare, on the flow of today");
  one->add_option("--rules-before", options->rules_before, "rules file; otherwise as the snapshot has them");
  one->add_option("--rules-after", options->rules_after, "rules file; otherwise as the snapshot has them");
  one->add_option("--at", options->at, "when options are priced; otherwise at each snapshot's block");
  one->add_option("--limit", options->limit, "accounts to list, and fields of rows that differ");
  one->callback([&session, &verb, options] { verb = [&session, options] { return diff(session, *options); }; });
  add_views(*group, session, verb);
  add_greeks(*group, session, verb);
  add_replay(*group, session, verb);
}

}  // namespace lockstep::app
