#include "adapters/evm/governance/watch.hpp"

#include <algorithm>
#include <ranges>

#include "adapters/evm/gate_abi.hpp"
#include "crypto/keccak256.hpp"

namespace lockstep::evm::governance {
namespace {

constexpr unsigned max_depth = 4;  // a Safe runs a module that schedules in a timelock that calls the gate

Found reach(const Wanted& wanted, const Call& call, const Dialects& dialects, unsigned depth) {
  if (call.target == wanted.gate && armed_plan(call.data) == wanted.plan)
    return {Reach::runs, call.data == wanted.calldata};
  if (depth == 0) return {};
  Found best;
  for (const auto& dialect : dialects) {
    if (dialect->address() != call.target) continue;
    const auto inner = dialect->unwrap(call.data);
    if (!inner) continue;
    for (const auto& next : inner->calls) {
      auto found = reach(wanted, next, dialects, depth - 1);
      if (found.reach == Reach::runs && inner->schedules) found.reach = Reach::queues;
      if (found.reach > best.reach) best = found;
    }
  }
  return best;
}

Fact fact_of(const Operation& operation, const Status& status, const Found& found) {
  Fact fact{status.stage, status.window, operation.name};
  if (operation.calls.size() > 1) fact.detail += fmt::format(", a batch of {}", operation.calls.size());
  if (!found.exact) fact.detail += ", whose calldata is not the plan's own";
  if (found.reach == Reach::queues) {  // what it queues is told by the dialect of that queue
    fact.detail += fmt::format(", which puts arm into a queue when it runs, is {}", to_text(status.stage));
    if (status.stage > Stage::proposed) fact.stage = Stage::proposed;
    fact.window = {};
  }
  if (fact.stage == Stage::expired && fact.window.until != 0)
    fact.detail += fmt::format(", could be executed until {}", to_rfc3339(fact.window.until));
  if (!status.remark.empty()) fact.detail += ": " + status.remark;
  return fact;
}

/// For good. What has expired may come back where the time is longer later on.
bool is_over(Stage stage) { return stage == Stage::executed || stage == Stage::cancelled || stage == Stage::unseen; }

bool is_foreign(const Wanted& wanted, const Operation& operation, const Dialects& dialects) {
  return find(wanted, operation.calls, dialects).reach == Reach::none &&
         std::ranges::find(wanted.planned, operation.name) == wanted.planned.end();
}

/// `but_arming`: the gate whose arming does not count.
bool touches(const Operation& operation, const std::vector<Address>& watched, const Address* but_arming) {
  return std::ranges::any_of(operation.calls, [&](const Call& call) {
    if (but_arming != nullptr && call.target == *but_arming && armed_plan(call.data)) return false;
    return std::ranges::find(watched, call.target) != watched.end();
  });
}

std::string line_of(const Operation& operation, const Status& status) {
  std::string targets;
  for (const auto& call : operation.calls) targets += (targets.empty() ? "" : ", ") + to_hex(call.target);
  return fmt::format("{} is {} and calls {}", operation.name, to_text(status.stage), targets);
}

}  // namespace

const char* to_text(Stage stage) {
  constexpr const char* names[] = {"unseen", "cancelled", "expired", "proposed", "queued", "ready", "executed"};
  return names[static_cast<std::size_t>(stage)];
}

coordinator::GovernanceStage told_as(Stage stage) {
  using coordinator::GovernanceStage;
  switch (stage) {
    case Stage::unseen:
      return GovernanceStage::unseen;
    case Stage::cancelled:
    case Stage::expired:
      return GovernanceStage::cancelled;
    case Stage::proposed:
      return GovernanceStage::proposed;
    case Stage::queued:
      return GovernanceStage::queued;
    case Stage::ready:
      return GovernanceStage::ready;
    case Stage::executed:
      return GovernanceStage::executed;
  }
  return GovernanceStage::unseen;
}

Found find(const Wanted& wanted, std::span<const Call> calls, const Dialects& dialects) {
  Found best;
  for (const auto& call : calls) {
    const auto found = reach(wanted, call, dialects, max_depth);
    if (found.reach > best.reach || (found.reach == best.reach && found.exact)) best = found;
  }
  return best;
}

Result<std::optional<Fact>> fact_about(const Wanted& wanted, const Dialects& dialects, const Reader& read) {
  std::optional<Fact> best;
  for (const auto& dialect : dialects) {
    for (const auto& operation : dialect->operations(&wanted)) {
      const auto found = find(wanted, operation->calls, dialects);
      if (found.reach == Reach::none) continue;
      const auto status = dialect->status(*operation, read);
      if (!status) return std::unexpected(status.error());
      if (status->stage == Stage::unseen) continue;
      auto fact = fact_of(*operation, *status, found);
      if (!best || fact.stage > best->stage) best = std::move(fact);
    }
  }
  return best;
}

Result<Pending> unplanned(const Wanted& wanted, const Dialects& dialects, const std::vector<Address>& watched,
                          const Reader& read, UnixSeconds until, std::size_t limit) {
  Pending pending;
  for (const auto& dialect : dialects) {
    std::map<OperationPtr, bool> asked;
    std::vector<std::string> lines;
    auto room = limit;
    const auto operations = dialect->operations(nullptr);
    for (const auto& operation : std::views::reverse(operations)) {
      const auto before = dialect->asked().find(operation);
      const bool known = before != dialect->asked().end();
      if (known && before->second) {
        asked.emplace(operation, true);
        continue;
      }
      if (operation->ran || !is_foreign(wanted, *operation, dialects)) continue;
      if (!known && room == 0) {
        pending.unread++;
        continue;
      }
      if (!known) --room;
      const auto status = dialect->status(*operation, read);
      if (!status) return std::unexpected(status.error());
      asked.emplace(operation, is_over(status->stage));
      if (status->stage != Stage::queued && status->stage != Stage::ready) continue;
      const bool soon = status->stage == Stage::ready || (status->window.from != 0 && status->window.from <= until);
      lines.push_back(line_of(*operation, *status));
      pending.touches |= touches(*operation, watched, nullptr);
      pending.ripe |= soon && !dialect->place().executor && touches(*operation, watched, &wanted.gate);
    }
    std::ranges::move(std::views::reverse(lines), std::back_inserter(pending.lines));
    dialect->asked() = std::move(asked);
    for (const auto& doubt : dialect->doubts()) {
      pending.lines.push_back(doubt);
      pending.touches = true;  // it may
    }
  }
  return pending;
}

Colour colour_of(const Pending& pending) {
  return pending.ripe ? Colour::red : amber_unless(pending.lines.empty() && pending.unread == 0);
}

std::optional<std::string> config_event(const Log& log, const Dialect& dialect) {
  if (log.address != dialect.address()) return std::nullopt;
  for (const std::string_view signature : dialect.config_events()) {
    if (crypto::keccak256(signature) == log.topic0()) return std::string(signature.substr(0, signature.find('(')));
  }
  return std::nullopt;
}

}  // namespace lockstep::evm::governance
