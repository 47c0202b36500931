// Value and Greeks of accounts: of a snapshot file, or as the daemon has them. Both are one document, and one table.
#include <fmt/format.h>

#include <array>

#include "api/portfolio_json.hpp"
#include "app/cli/http_client.hpp"
#include "app/cli/json_text.hpp"
#include "app/cli/mirror_files.hpp"
#include "app/cli/mirror_greeks.hpp"
#include "app/cli/mirror_verbs.hpp"

namespace lockstep::app {
namespace {

using nlohmann::json;

std::string line_of(const json& row, const std::string& name) {
  std::string line = fmt::format("\n{}  underlying {}", name, text_of(row, "underlying"));
  for (const char* greek : {"value", "delta", "gamma", "vega", "theta", "rho"})
    line += fmt::format("  {} {}", greek, text_of(row, greek));
  return line;
}

Exit show(Session& session, const json& document) {
  std::string out = fmt::format("{} block {}, at {}", text_of(document, "instance"), text_of(document, "block_num"),
                                text_of(document, "at").empty() ? "an unknown time" : text_of(document, "at"));
  for (const auto& one : list_of(document, "unpriced"))
    out += fmt::format("\nUNPRICED underlying {}: {}", text_of(one, "underlying"), text_of(one, "why"));
  for (const auto& row : list_of(document, "open")) out += line_of(row, "all that is held long");
  for (const auto& row : list_of(document, "accounts")) out += line_of(row, text_of(row, "account"));
  if (list_of(document, "accounts").empty()) out += "\nno account that is asked for holds anything";
  return session.result(document, out);
}

Exit of_file(Session& session, const GreeksOptions& options, const std::optional<Address>& only) {
  Exit failed = Exit::ok;
  const auto restored = load_snapshot(session, options.snapshot, failed);
  if (!restored) return failed;
  const auto at = time_of(session, options.at, restored->label, failed);
  if (!at) return failed;
  const auto portfolio = priced(session, options.snapshot, *restored, *at, failed);
  if (!portfolio) return failed;
  const auto rows = only ? mirror::rows_of(*portfolio, *only) : mirror::rows_behind(*portfolio, {}, options.limit);
  json document = json_of(restored->label, restored->mirror.digest());
  document["schema"] = "lockstep.mirror-greeks/1";
  document.update(greeks_document(*portfolio, rows));
  return show(session, document);
}

Exit of_daemon(Session& session, const GreeksOptions& options) {
  if (!options.at.empty())
    return session.fail(
        {"--at is for snapshots", {}, "a daemon prices at the time of the block it stands at", "name a snapshot"},
        Exit::usage);
  Exit failed = Exit::ok;
  const auto daemon = client(session, false, failed);
  if (!daemon) return failed;
  std::string path = "/api/v1/mirror/" + options.instance + "/greeks?limit=" + std::to_string(options.limit);
  if (!options.account.empty()) path += "&account=" + options.account;
  const auto document = fetch(session, daemon->get(path), failed);
  return document ? show(session, *document) : failed;
}

}  // namespace

std::optional<mirror::Portfolio> priced(Session& session, const std::string& file, const mirror::Restored& restored,
                                        UnixSeconds at, Exit& failed) {
  auto portfolio = mirror::portfolio_of(restored.mirror.state(), at);
  if (portfolio) return *std::move(portfolio);
  failed = session.fail({"snapshot " + file + " cannot be priced", {}, portfolio.error(), {}}, Exit::bad_document);
  return std::nullopt;
}

json greeks_document(const mirror::Portfolio& portfolio, GreekRows accounts) {
  return json(api::portfolio_json(portfolio, accounts));
}

namespace {

std::string change_of(const mirror::greeks::FixedGreeks& a, const mirror::greeks::FixedGreeks& b) {
  using mirror::greeks::FixedGreeks;
  using mirror::greeks::Scales;
  struct Greek {
    const char* name;
    mirror::Int FixedGreeks::*of;
    mirror::Int Scales::*scale;
  };
  constexpr std::array all{
      Greek{"value", &FixedGreeks::value, &Scales::value}, Greek{"delta", &FixedGreeks::delta, &Scales::delta},
      Greek{"gamma", &FixedGreeks::gamma, &Scales::gamma}, Greek{"vega", &FixedGreeks::vega, &Scales::vega},
      Greek{"theta", &FixedGreeks::theta, &Scales::theta}, Greek{"rho", &FixedGreeks::rho, &Scales::rho}};
  std::string line;
  for (const Greek& one : all) {
    if (a.*one.of == b.*one.of) continue;
    const mirror::Int scale = mirror::greek_scales.*one.scale;
    line += fmt::format("  {} {} → {}", one.name, mirror::decimal(a.*one.of, scale), mirror::decimal(b.*one.of, scale));
  }
  return line;
}

}  // namespace

std::string changes(GreekRows before, GreekRows after, const std::string& indent) {
  std::string lines;
  auto left = before.begin();
  auto right = after.begin();
  while (left != before.end() || right != after.end()) {
    const bool only_left = right == after.end() || (left != before.end() && left->underlying < right->underlying);
    const bool only_right = left == before.end() || (right != after.end() && right->underlying < left->underlying);
    const auto was = only_right ? mirror::greeks::FixedGreeks{} : left->sum;
    const auto is = only_left ? mirror::greeks::FixedGreeks{} : right->sum;
    const auto underlying = only_right ? right->underlying : left->underlying;
    if (const auto line = change_of(was, is); !line.empty())
      lines += fmt::format("{}underlying {}{}\n", indent, underlying, line);
    if (!only_right) ++left;
    if (!only_left) ++right;
  }
  return lines;
}

Exit mirror_greeks(Session& session, const GreeksOptions& options) {
  const auto only = fixed_from_hex<Address>(options.account);
  if (!options.account.empty() && !only)
    return session.fail({"\"" + options.account + "\" is no account", {}, {}, "give its address: 0x and 40 digits"},
                        Exit::usage);
  if (options.snapshot.empty() == options.instance.empty())
    return session.fail({"say of what: a snapshot file, or --instance protocol:chain of the daemon", {}, {}, {}},
                        Exit::usage);
  return options.snapshot.empty() ? of_daemon(session, options) : of_file(session, options, only);
}

}  // namespace lockstep::app
