// A market played under two rule sets side by side: on flow that a seed makes up, or on flow from a file.
#include <fmt/format.h>

#include <array>
#include <fstream>
#include <iomanip>
#include <sstream>

#include "app/cli/mirror_files.hpp"
#include "app/cli/mirror_flow.hpp"
#include "app/cli/mirror_verbs.hpp"
#include "mirror/replay/generator.hpp"
#include "mirror/replay/start.hpp"

namespace lockstep::app {
namespace {

using mirror::Int;
using nlohmann::json;
namespace replay = mirror::replay;

/// Everything of one side but the flow.
struct Played {
  mirror::Rules rules;
  replay::Side side;
};

std::optional<Played> open(Session& session, const replay::Start& start, const std::string& rules_file,
                           const mirror::Rules& as_it_is, const replay::Keepers& keepers, Exit& failed) {
  auto rules = load_rules(session, rules_file, as_it_is, failed);
  if (!rules) return std::nullopt;
  auto venue = replay::open(start, *rules);
  if (venue) return Played{*std::move(rules), replay::Side(*std::move(venue), keepers)};
  const std::string next = rules->scans.empty() ? ""
                                                : "replay tiers that ask for as much, and value the scan itself with "
                                                  "`lockstep mirror diff` and `stress`";
  failed = session.fail({"the market cannot be played under these rules", rules_file, venue.error(), next},
                        Exit::bad_document);
  return std::nullopt;
}

/// Where a replay begins, and the rules it has there.
struct Beginning {
  replay::Start start;
  mirror::Rules rules;
  std::string name;
};

std::optional<Beginning> begin(Session& session, const ReplayOptions& options, Exit& failed) {
  if (options.snapshot.empty()) {
    auto start = replay::made_up(options.accounts, options.markets);
    auto rules = replay::made_up_rules(start);
    return Beginning{std::move(start), std::move(rules),
                     fmt::format("a made-up market of {} accounts", options.accounts)};
  }
  const auto restored = load_snapshot(session, options.snapshot, failed);
  if (!restored) return std::nullopt;
  auto start = replay::start_of(restored->mirror.state());
  if (start && !start->markets.empty() && start->collateral.size() >= 2)
    return Beginning{*std::move(start), mirror::rules_of(restored->mirror.state()),
                     fmt::format("{} block {}", restored->label.instance, restored->label.block_num)};
  failed = session.fail({"snapshot " + options.snapshot + " cannot be played",
                         {},
                         start ? "it has no market, or fewer than two accounts" : start.error(),
                         {}},
                        Exit::bad_document);
  return std::nullopt;
}

/// Gives both sides what there is; the reason if it cannot be.
class Player {
 public:
  Player(Played& before, Played& after) : sides_{&before, &after} {}
  bool play(const replay::Message& message) {
    for (Played* one : sides_)
      if (!one->side.play(message)) return false;
    steps += message.kind == replay::Message::Kind::settle ? 1 : 0;
    return true;
  }
  void expect(const replay::Flow& flow, std::size_t at) const {
    for (const Played* one : sides_) one->side.expect(flow, at);
  }
  std::uint64_t steps = 0;

 private:
  std::array<Played*, 2> sides_;
};

Exit play_file(Session& session, const std::string& file, Player& player) {
  std::ifstream in(file);
  if (!in)
    return session.fail({"flow " + file + " cannot be read", {}, {}, "record one with --record"}, Exit::file_missing);
  std::string line;
  for (std::uint64_t number = 1; std::getline(in, line); ++number) {
    const std::string where = fmt::format("{}:{}", file, number);
    const auto message = read_message(line, where);
    if (!message) return session.fail(message.error(), Exit::bad_document);
    if (!player.play(*message))
      return session.fail({"a line of flow is not of this market", where, "no such market, price or time", {}},
                          Exit::bad_document);
  }
  return Exit::ok;
}

Exit play_seed(Session& session, const ReplayOptions& options, const replay::Setting& setting, Player& player) {
  std::ofstream record;
  if (!options.record.empty()) {
    record.open(options.record);
    if (!record) return session.fail({options.record + " cannot be written", {}, {}, {}}, Exit::cannot_create);
  }
  replay::Generator generator(options.weather, setting, options.seed);
  replay::Flow flow;
  for (std::uint64_t step = 0; step < options.steps; ++step) {
    flow.clear();
    generator.next(flow);
    for (std::size_t i = 0; i < flow.size(); ++i) {
      if (record.is_open()) record << json_of(flow[i]).dump() << "\n";
      player.expect(flow, i);
      if (!player.play(flow[i]))
        return session.fail({"the generator left the market's bounds", {}, {}, "tell whoever wrote it"}, Exit::bug);
    }
  }
  if (record.is_open() && !record.flush())
    return session.fail({options.record + " cannot be written to its end", {}, {}, {}}, Exit::io);
  return Exit::ok;
}

struct Row {
  const char* name;
  std::string before, after;
};

std::vector<Row> rows_of(const Played& before, const Played& after) {
  const replay::Totals &a = before.side.totals(), &b = after.side.totals();
  const auto count = [](const char* name, std::uint64_t x, std::uint64_t y) {
    return Row{name, std::to_string(x), std::to_string(y)};
  };
  const auto amount = [](const char* name, Int x, Int y) { return Row{name, text(x), text(y)}; };
  return {count("orders", a.orders, b.orders),
          count("refused", a.refused, b.refused),
          count("fills", a.fills, b.fills),
          count("liquidations", a.liquidations, b.liquidations),
          count("lots_in_book", a.lots_in_book, b.lots_in_book),
          count("lots_deleveraged", a.lots_deleveraged, b.lots_deleveraged),
          count("accounts_deleveraged", a.deleveraged_accounts, b.deleveraged_accounts),
          amount("liquidation_fees", a.fees, b.fees),
          amount("paid_by_fund", a.from_fund, b.from_fund),
          amount("fund_first", a.fund_first, b.fund_first),
          amount("fund_lowest", a.fund_lowest, b.fund_lowest),
          amount("fund_last", a.fund_last, b.fund_last),
          amount("shortfall_most", a.shortfall_most, b.shortfall_most),
          amount("shortfall_last", a.shortfall_last, b.shortfall_last),
          count("insolvent_most", a.insolvent_most, b.insolvent_most),
          count("insolvent_last", a.insolvent_last, b.insolvent_last),
          count("waiting_most", a.waiting_most, b.waiting_most)};
}

/// The fund could pay everything that nobody else can.
bool solvent(const Played& one) { return one.side.totals().fund_last >= one.side.totals().shortfall_last; }

json point_json(const replay::Point& p) {
  return {{"fund", text(p.fund)},
          {"shortfall", text(p.shortfall)},
          {"liquidations", p.liquidations},
          {"lots_deleveraged", p.deleveraged},
          {"mark", p.mark}};
}

Exit tell(Session& session, const ReplayOptions& options, const std::string& name, const Played& before,
          const Played& after) {
  const auto rows = rows_of(before, after);
  const std::size_t steps = before.side.path().size();
  json totals = json::object(), path = json::array();
  std::ostringstream out;
  out << name << ", " << steps << " steps, "
      << (options.flow.empty() ? fmt::format("seed {}", options.seed) : fmt::format("flow {}", options.flow)) << "\n"
      << std::left << std::setw(24) << "" << std::right << std::setw(22) << before.rules.name << std::setw(22)
      << after.rules.name;
  for (const Row& row : rows) {
    totals[row.name] = {{"before", row.before}, {"after", row.after}};
    out << "\n"
        << std::left << std::setw(24) << row.name << std::right << std::setw(22) << row.before << std::setw(22)
        << row.after;
  }
  out << "\n"
      << std::left << std::setw(24) << "solvent" << std::right << std::setw(22) << (solvent(before) ? "yes" : "NO")
      << std::setw(22) << (solvent(after) ? "yes" : "NO")
      << "\nfund over time (step: mark, before, after, liquidations)";
  for (std::size_t i = 1; i <= options.points && steps > 0; ++i) {
    const std::size_t at = steps * i / options.points;
    if (at == 0) continue;
    const replay::Point &a = before.side.path()[at - 1], &b = after.side.path()[at - 1];
    path.push_back({{"step", a.step}, {"before", point_json(a)}, {"after", point_json(b)}});
    out << "\n"
        << a.step << ": " << a.mark << ", " << text(a.fund) << ", " << text(b.fund) << ", " << a.liquidations << " / "
        << b.liquidations;
  }
  const json document{{"schema", "lockstep.mirror-replay/1"},
                      {"start", name},
                      {"seed", options.flow.empty() ? json(std::to_string(options.seed)) : json(nullptr)},
                      {"steps", steps},
                      {"rules", {{"before", before.rules.name}, {"after", after.rules.name}}},
                      {"solvent", {{"before", solvent(before)}, {"after", solvent(after)}}},
                      {"totals", totals},
                      {"path", path}};
  return session.result(document, out.str());
}

}  // namespace

Exit mirror_replay(Session& session, const ReplayOptions& options) {
  if (const std::string why = replay::check(options.weather); !why.empty())
    return session.fail({"no market is like this", {}, why, {}}, Exit::usage);
  if (!options.flow.empty() && !options.record.empty())
    return session.fail({"--flow and --record at once", {}, {}, "flow from a file is recorded already"}, Exit::usage);
  Exit failed = Exit::ok;
  const auto beginning = begin(session, options, failed);
  if (!beginning) return failed;
  auto before = open(session, beginning->start, options.rules_before, beginning->rules, options.keepers, failed);
  if (!before) return failed;
  auto after = open(session, beginning->start, options.rules_after, beginning->rules, options.keepers, failed);
  if (!after) return failed;
  Player player(*before, *after);
  const Exit played = options.flow.empty() ? play_seed(session, options, replay::setting_of(beginning->start), player)
                                           : play_file(session, options.flow, player);
  if (played != Exit::ok) return played;
  if (before->side.imbalance() != 0 || after->side.imbalance() != 0)
    return session.fail({"value was made or lost", {}, {}, "this is a bug of the venue: keep the command"}, Exit::bug);
  return tell(session, options, beginning->name, *before, *after);
}

}  // namespace lockstep::app
