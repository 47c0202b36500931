// Arbitrum's UpgradeExecutor: runs what an executor gives it, at once. It queues nothing, so all there is to see is
// that a call ran; when it may is said by the timelock that holds EXECUTOR_ROLE, which the protocol file names as
// governor.
#include <array>

#include "adapters/evm/governance/kinds.hpp"
#include "adapters/evm/governance/roles.hpp"

namespace lockstep::evm::governance {
namespace {

class UpgradeExecutor final : public Dialect {
 public:
  explicit UpgradeExecutor(Place place) : Dialect(std::move(place)) {}
  void forget() override {
    ran_.clear();
    roles_.forget();
  }

  void observe(const Log& log) override {
    static const EventShape called("TargetCallExecuted(address indexed target,uint256 value,bytes data)");
    roles_.observe(log);
    const auto v = called.decode(log);
    if (!v) return;
    auto call = std::make_shared<Operation>();
    call->ran = true;
    call->name = "call executed in transaction " + to_hex(log.txn);
    call->calls = {{abi::as_address((*v)[0]), (*v)[1].word, (*v)[2].bytes}};
    ran_.push_back(std::move(call));
  }

  std::vector<OperationPtr> operations(const Wanted* /*wanted*/) const override { return ran_; }

  Result<Status> status(const Operation& /*operation*/, const Reader& /*read*/) const override {
    return Status{Stage::executed, {}, "as its event says; the gate's own state says whether it took effect"};
  }

  /// execute() is a delegatecall into `upgrade`: what that does cannot be listed, and it is not a call of the gate.
  std::optional<Unwrapped> unwrap(BytesView data) const override {
    static const CallShape call("executeCall(address,bytes)");
    if (const auto v = call.decode(data)) return Unwrapped{{{abi::as_address((*v)[0]), 0, (*v)[1].bytes}}, false};
    return std::nullopt;
  }

  std::span<const char* const> config_events() const override {
    static constexpr const char* events[] = {role_granted, role_revoked, role_admin_changed,
                                             "UpgradeExecuted(address,uint256,bytes)"};
    return events;
  }

  Result<void> configure(Configuration& out, const Reader& read) const override {
    const std::array roles{role_hash("ADMIN_ROLE"), role_hash("EXECUTOR_ROLE")};
    const auto answers =
        read.calls(address(), {calldata("ADMIN_ROLE()(bytes32)"), calldata("EXECUTOR_ROLE()(bytes32)")});
    if (!answers) return std::unexpected(answers.error());
    for (std::size_t i = 0; i < roles.size(); ++i) {
      if (word((*answers)[i]) == from_word(roles[i])) continue;
      out.add("kind", Colour::red, "{} does not answer as an Arbitrum UpgradeExecutor", to_hex(address()));
      return {};
    }
    auto holders = holders_of(address(), roles_, roles, read);
    if (!holders) return std::unexpected(holders.error());
    const auto admins = others((*holders)[roles[0]], std::array{address()});
    out.add("admin", any_without_code(admins) ? Colour::red : amber_unless(admins.empty()),
            "who may change its roles besides itself: {} (as granted since block {})", list_of(admins), out.logs_from);
    const auto driver = place().driver.value_or(Address{});
    const auto executors = others((*holders)[roles[1]], std::array{driver});
    out.add("executors", any_without_code(executors) ? Colour::red : amber_unless(executors.empty()),
            "may run any call, at once{}: {}", place().driver ? ", besides the governor" : "", list_of(executors));
    return {};
  }

 private:
  std::vector<OperationPtr> ran_;
  RoleBook roles_;
};

}  // namespace

std::unique_ptr<Dialect> upgrade_executor(Place place) { return std::make_unique<UpgradeExecutor>(std::move(place)); }

}  // namespace lockstep::evm::governance
