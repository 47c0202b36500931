// The text of a first plan.
#include <fmt/format.h>

#include <algorithm>

#include "app/cli/plan_new.hpp"
#include "base/uint256.hpp"

namespace lockstep::app {
namespace {

/// The version that all run, if it is one and the same.
std::string common_version(const std::vector<InstanceFacts>& facts) {
  const auto& first = facts.front().version;
  const bool same = std::ranges::all_of(facts, [&](const auto& one) { return one.version == first; });
  return same ? first : "";
}

std::string one_more(const std::string& version) {
  const auto number = parse_uint256(version);
  return number ? to_decimal(*number + 1) : "";
}

constexpr const char* policy = R"toml(
[policy]
newly_liquidatable_max = 0
halted_allow = ["ORACLE"]
oracle_age_max = "60s"
oracle = []                    # [{ contract = "feed", call = "updatedAt()(uint64)" }]; empty: prices of any age
resume = [
  { after = "0s", allow = ["ORACLE", "CANCEL", "DEPOSIT"] },
  { after = "60s", allow = ["REDUCE"] },
  { after = "120s", allow = ["ALL"] },
]
)toml";

std::string window(UnixSeconds halt_at) {
  return fmt::format(R"toml(
[window]
halt_at = {}
arm_by = "10m"                                     # before halt_at: armed everywhere, at finality, by then
switch_by = "30m"                                  # after halt_at, on each chain's own clock
decide_by = "45m"                                  # after halt_at, on the home chain's clock
soak = "2h"
)toml",
                     to_rfc3339(halt_at));
}

std::string upgrade(const NewPlan& wanted, const std::string& from, const std::string& to) {
  const auto reads = [](const std::string& version) {
    return version.empty() ? std::string("[]")
                           : fmt::format("[{{ call = \"version()(uint256)\", equals = {} }}]", version);
  };
  const bool migrates = wanted.init != "0x";
  return fmt::format(R"toml(
[[upgrade]]
chains = ["*"]
contract = "{}"
switch   = {{ call = "upgradeToAndCall(address,bytes)", args = ["${{impl}}", "${{init}}"] }}
rollback = {{ call = "upgradeToAndCall(address,bytes)", args = ["${{old_impl}}", "0x"] }}

[upgrade.expect]
implementation = "${{impl}}"
codehash = "${{impl_codehash}}"
old_implementation = "${{old_impl}}"
old_codehash = "${{old_codehash}}"
reads = {}
old_reads = {}
writes = ["erc1967.implementation"{}]              # every slot that the switch changes
)toml",
                     wanted.contract, reads(to), reads(from),
                     migrates && !to.empty() ? ", \"initializable.version=" + to + "\"" : "");
}

std::string variables(const NewPlan& wanted, const std::vector<InstanceFacts>& facts) {
  auto text = fmt::format("\n[vars]\ninit = \"{}\"\n", wanted.init);
  for (const auto& one : facts) {
    text += fmt::format("\n[vars.{}]\nold_impl = \"{}\"\nold_codehash = \"{}\"\n", one.chain,
                        to_hex(one.old_implementation), to_hex(one.old_codehash));
    if (one.implementation)
      text += fmt::format("impl = \"{}\"\nimpl_codehash = \"{}\"\n", to_hex(*one.implementation), to_hex(one.codehash));
  }
  return text;
}

std::vector<std::string> left_open(const NewPlan& wanted, const std::vector<InstanceFacts>& facts,
                                   const std::string& from, const std::string& to) {
  std::vector<std::string> left;
  for (const auto& one : facts) {
    if (!one.implementation)
      left.push_back(fmt::format("vars.{}: impl and impl_codehash, the new implementation there (--impl {}=0x…)",
                                 one.chain, one.chain));
  }
  if (from.empty() || to.empty())
    left.emplace_back(
        "from_version and to_version, with reads and old_reads that tell them apart: the chains do not "
        "answer version()(uint256) with one number");
  if (wanted.init != "0x")
    left.emplace_back(
        "upgrade.expect.writes: what the migration in vars.init writes besides, as plan simulate names it; "
        "upgrade.rollback, if "
        "going back must undo it; upgrade.delta, if it changes a parameter on purpose");
  left.emplace_back("policy.oracle: how fresh prices are told, if the protocol has prices");
  return left;
}

}  // namespace

Draft draft_plan(const NewPlan& wanted, const settings::Protocol& protocol, UnixSeconds halt_at,
                 const std::vector<InstanceFacts>& facts) {
  const auto from = common_version(facts);
  const auto to = wanted.to_version.empty() ? one_more(from) : wanted.to_version;
  auto head = fmt::format(
      "# Written by lockstep plan new from what the chains answered. Next: lockstep plan lint, plan simulate.\n"
      "version = 1\nprotocol = \"{}\"\nepoch = {}\nname = \"{}\"\n",
      protocol.name, facts.front().epoch + 1,
      wanted.name.empty() ? "upgrade-" + std::to_string(facts.front().epoch + 1) : wanted.name);
  if (!from.empty()) head += fmt::format("from_version = \"{}\"\n", from);
  if (!to.empty()) head += fmt::format("to_version = \"{}\"\n", to);
  return {head + window(halt_at) + policy + upgrade(wanted, from, to) + variables(wanted, facts),
          left_open(wanted, facts, from, to)};
}

}  // namespace lockstep::app
