#include <algorithm>

#include "adapters/evm/abi.hpp"
#include "adapters/evm/readiness.hpp"
#include "crypto/keccak256.hpp"

namespace lockstep::evm {
namespace {

using coordinator::GovernanceStage;

Bytes has_role(const Hash32& role, const Address& account) {
  static const auto function = abi::parse_function("hasRole(bytes32,address)(bool)").value();
  return abi::encode_call(function, {abi::of(role), abi::of(account)});
}

Result<Uint256> number(const RpcAnswer& answer, const char* what) {
  const auto bytes = as_bytes(answer);
  if (!bytes) return fail(std::string(what) + " not readable", {}, bytes.error().text());
  const auto word = word_of(*bytes, 0);
  if (!word) return fail(std::string(what) + " gives no word");
  return from_word(*word);
}

void add_delay_row(Rows& rows, const ReadinessContext& context, const coordinator::GateView& gate,
                   const Uint256& delay) {
  const auto& plan = context.plan;
  const auto arm_by = plan.plan.window.arm_by;
  if (armed_with(gate, plan)) {
    rows.add("timelock-min-delay", "", Colour::green, "{} s; the plan is armed", to_decimal(delay));
    return;
  }
  const auto told = plan.governance_told.value_or(std::pair(GovernanceStage::unseen, UnixSeconds{0}));
  if (told.first == GovernanceStage::queued || told.first == GovernanceStage::ready) {
    rows.add("timelock-min-delay", "", green_if(told.second < arm_by),
             "{} s; arm is queued and may be executed at {}, it must be by {}", to_decimal(delay),
             to_rfc3339(told.second), to_rfc3339(arm_by));
    return;
  }
  rows.add("timelock-min-delay", "", green_if(gate.block.time + delay < arm_by),
           "{} s; queued now, arm could be executed at {}, it must be by {}", to_decimal(delay),
           to_decimal(gate.block.time + delay), to_rfc3339(arm_by));
}

}  // namespace

std::vector<RpcCall> governance_calls(const ReadinessContext& context, const Hash32& block) {
  static const auto min_delay = abi::parse_function("getMinDelay()(uint256)").value().selector();
  static const auto executor = crypto::keccak256(std::string_view("EXECUTOR_ROLE"));
  const auto& timelock = context.instance.timelock.address;
  std::vector<RpcCall> calls{call_at(timelock, Bytes(min_delay.begin(), min_delay.end()), block),
                             call_at(timelock, has_role(executor, Address{}), block)};
  for (const auto& account : context.admins) {
    calls.push_back(call_at(timelock, has_role(Hash32{}, account), block));
    calls.push_back(code_at(account, block));
  }
  return calls;
}

Result<void> add_governance_rows(Rows& rows, const ReadinessContext& context, const coordinator::GateView& gate,
                                 std::span<const RpcAnswer> answers) {
  if (auto done = all_answered(answers, "the timelock is not readable"); !done) return done;
  const auto delay = number(answers[0], "timelock.getMinDelay()");
  const auto open = number(answers[1], "timelock.hasRole()");
  if (!delay || !open) {
    rows.add("timelock-min-delay", "", Colour::red, "{} does not answer as an OpenZeppelin TimelockController",
             to_hex(context.instance.timelock.address));
    return {};
  }
  add_delay_row(rows, context, gate, *delay);
  rows.add("timelock-open-executor", "", amber_unless(*open == 0), "{}",
           *open == 0 ? "only holders of EXECUTOR_ROLE can execute"
                      : "anyone can execute what is ripe; the gate owns the upgrade, so this only decides who may arm");
  std::string people;
  std::size_t at = 2;
  for (const auto& account : context.admins) {
    const auto held = number(answers[at], "timelock.hasRole()");
    const auto code = as_bytes(answers[at + 1]);
    if (!held) return std::unexpected(held.error());
    if (!code) return std::unexpected(code.error());
    if (*held != 0 && code->empty()) people += (people.empty() ? "" : ", ") + to_hex(account);
    at += 2;
  }
  rows.add("timelock-admin", "", amber_unless(people.empty()), "{} (as granted since block {})",
           people.empty() ? "no account without code holds DEFAULT_ADMIN_ROLE"
                          : "accounts without code hold DEFAULT_ADMIN_ROLE: " + people,
           context.logs_from);
  return {};
}

}  // namespace lockstep::evm
