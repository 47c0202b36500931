// What the changes that open plans declare would make of the daemon's mirror, on the flow of today.
#include <fmt/format.h>

#include <array>

#include "app/cli/http_client.hpp"
#include "app/cli/json_text.hpp"
#include "app/cli/mirror_verbs.hpp"

namespace lockstep::app {
namespace {

using nlohmann::json;

std::string changes(const json& before, const json& after) {
  constexpr std::array all{std::pair{"collateral", "collateral"}, std::pair{"equity", "equity"},
                           std::pair{"initial_margin", "initial"}, std::pair{"maintenance_margin", "maintenance"},
                           std::pair{"closing_fee", "closing fee"}};
  std::string line;
  for (const auto& [key, name] : all) {
    const auto was = text_of(before, key), is = text_of(after, key);
    if (was != is) line += fmt::format("  {} {} → {}", name, was, is);
  }
  return line.empty() ? "  worth and margins unchanged" : line;
}

/// Nothing where nobody traded.
std::string fees(const json& fees) {
  const auto told = text_of(fees, "before"), under = text_of(fees, "after");
  return told == under ? "" : fmt::format("  fees {} → {}", told, under);
}

std::string account_text(const json& one) {
  std::string out =
      fmt::format("\n{}{}{}", text_of(one, "account"), changes(object_of(one, "before"), object_of(one, "after")),
                  fees(object_of(one, "fees")));
  if (text_of(one, "refused") != "0") out += fmt::format("  {} operations refused", text_of(one, "refused"));
  if (text_of(one, "newly_liquidatable") == "true") out += "  NEWLY LIQUIDATABLE";
  for (const auto& reason : list_of(one, "reasons"))
    if (reason.is_string()) out += "\n    " + reason.get<std::string>();
  return out;
}

std::string shadow_text(const json& plan) {
  std::string out =
      fmt::format("\nplan {}, followed from block {} to {}, {} operations", text_of(plan, "plan"),
                  text_of(plan, "since_block_num"), text_of(plan, "block_num"), text_of(plan, "operations"));
  if (const auto error = text_of(plan, "error"); !error.empty())
    return out + "\nWHAT IT DECLARES DOES NOT FIT: " + error;
  out += fmt::format("\n{} of {} accounts change, {} newly liquidatable, {} no longer, {} operations refused",
                     text_of(plan, "changed"), text_of(plan, "accounts"), text_of(plan, "newly_liquidatable"),
                     text_of(plan, "no_longer_liquidatable"), text_of(plan, "refused"));
  const auto& totals = object_of(plan, "totals");
  out += "\nall    " + changes(object_of(totals, "before"), object_of(totals, "after")) + fees(object_of(plan, "fees"));
  const auto& accounts = list_of(plan, "list");
  for (const auto& one : accounts) out += account_text(one);
  const auto changed = text_of(plan, "changed");
  if (changed != std::to_string(accounts.size())) out += "\nand more (--limit)";
  return out;
}

}  // namespace

Exit mirror_shadow(Session& session, const std::string& instance, std::size_t limit) {
  Exit failed = Exit::ok;
  const auto daemon = client(session, false, failed);
  if (!daemon) return failed;
  const auto path = fmt::format("/api/v1/mirror/{}/shadow?limit={}", instance, limit);
  const auto document = fetch(session, daemon->get(path), failed);
  if (!document) return failed;
  std::string out = fmt::format("{} block {}", text_of(*document, "instance"), text_of(*document, "block_num"));
  const auto& plans = list_of(*document, "plans");
  for (const auto& plan : plans) out += shadow_text(plan);
  if (plans.empty()) out += "\nno plan that is open here declares changes of the mirror";
  return session.result(*document, out);
}

}  // namespace lockstep::app
