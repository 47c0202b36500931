// What the changes that a plan declares would make of a mirror: counts for pollers, and account by account.
#include "api/json.hpp"
#include "mirror/shadow.hpp"

namespace lockstep::api {
namespace {

using mirror::Int;

std::string text(Int value) { return mirror::to_text(mirror::Value{value}); }

Json worth_json(const mirror::Worth& worth) {
  return {{"collateral", text(worth.collateral)},
          {"equity", text(worth.equity)},
          {"initial_margin", text(worth.initial)},
          {"maintenance_margin", text(worth.maintenance)},
          {"closing_fee", text(worth.closing_fee)}};
}

Json fees_json(const mirror::Spent& spent) { return {{"before", text(spent.told)}, {"after", text(spent.under)}}; }

/// Where it stands; the counts are null while the declared changes do not fit.
Json counts_json(const view::MirrorShadow& shadow) {
  const auto* drift = shadow.drift.get();
  const auto count = [&](std::uint64_t value) { return drift == nullptr ? Json() : number(value); };
  return {{"plan", to_hex(shadow.plan)},
          {"since_block_num", number(shadow.since_num)},
          {"block_num", number(shadow.block_num)},
          {"operations", number(shadow.operations)},
          {"error", text_or_null(shadow.error)},
          {"accounts", count(drift == nullptr ? 0 : drift->worth.accounts_after)},
          {"changed", count(drift == nullptr ? 0 : drift->worth.changed)},
          {"newly_liquidatable", count(drift == nullptr ? 0 : drift->worth.newly_liquidatable)},
          {"no_longer_liquidatable", count(drift == nullptr ? 0 : drift->worth.no_longer_liquidatable)},
          {"refused", count(drift == nullptr ? 0 : drift->total.refused)}};
}

Json account_json(const mirror::AccountChange& change, const mirror::Spent& spent) {
  return {{"account", to_hex(change.account)},
          {"newly_liquidatable", change.newly_liquidatable},
          {"before", worth_json(change.before)},
          {"after", worth_json(change.after)},
          {"fees", fees_json(spent)},
          {"refused", number(spent.refused)},
          {"reasons", change.reasons}};
}

}  // namespace

Json shadow_counts_json(const std::vector<view::MirrorShadow>& shadows) {
  Json all = Json::array();
  for (const auto& shadow : shadows) all.push_back(counts_json(shadow));
  return all;
}

Json shadow_json(const view::MirrorShadow& shadow, std::size_t limit) {
  Json out = counts_json(shadow);
  if (!shadow.drift) return out;
  const auto& [worth, total, spent] = *shadow.drift;
  out["totals"] = {{"before", worth_json(worth.before)}, {"after", worth_json(worth.after)}};
  out["fees"] = fees_json(total);
  out["list"] = Json::array();
  for (std::size_t i = 0; i < worth.accounts.size() && i < limit; ++i)
    out["list"].push_back(account_json(worth.accounts[i], spent[i]));
  return out;
}

}  // namespace lockstep::api
