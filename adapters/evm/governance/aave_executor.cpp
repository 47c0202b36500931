// Aave Governance v3's Executor: what its owner, a PayloadsController, gives it runs at once. It is who calls the gate.
#include "adapters/evm/governance/governor_state.hpp"
#include "adapters/evm/governance/kinds.hpp"

namespace lockstep::evm::governance {
namespace {

class AaveExecutor final : public Dialect {
 public:
  explicit AaveExecutor(Place place) : Dialect(std::move(place)) {}
  void forget() override { ran_.clear(); }

  void observe(const Log& log) override {
    static const EventShape executed(
        "ExecutedAction(address indexed target,uint256 value,string signature,bytes data,uint256 executionTime,bool "
        "withDelegatecall,bytes resultData)");
    const auto v = executed.decode(log);
    if (!v || (*v)[5].word != 0) return;
    auto call = std::make_shared<Operation>();
    call->ran = true;
    call->name = "call executed in transaction " + to_hex(log.txn);
    call->calls = {{abi::as_address((*v)[0]), (*v)[1].word, with_selector((*v)[2].bytes, (*v)[3].bytes)}};
    ran_.push_back(std::move(call));
  }

  std::vector<OperationPtr> operations(const Wanted* /*wanted*/) const override { return ran_; }

  Result<Status> status(const Operation& /*operation*/, const Reader& /*read*/) const override {
    return Status{Stage::executed, {}, "as its event says; the gate's own state says whether it took effect"};
  }

  std::optional<Unwrapped> unwrap(BytesView data) const override {
    static const CallShape execute("executeTransaction(address,uint256,string,bytes,bool)");
    const auto v = execute.decode(data);
    if (!v || (*v)[4].word != 0) return std::nullopt;
    return Unwrapped{{{abi::as_address((*v)[0]), (*v)[1].word, with_selector((*v)[2].bytes, (*v)[3].bytes)}}, false};
  }

  std::span<const char* const> config_events() const override { return {}; }  // its owner's change is everybody's event

  Result<void> configure(Configuration& out, const Reader& read) const override {
    const auto answers = read.calls(address(), {calldata("owner()(address)")});
    if (!answers) return std::unexpected(answers.error());
    const auto owner = address_in(answers->front());
    if (!owner) {
      out.add("kind", Colour::red, "{} does not answer as an Aave Executor", to_hex(address()));
      return {};
    }
    const auto codes = read.codes({*owner});
    if (!codes) return std::unexpected(codes.error());
    const bool driven = place().driver == *owner;
    out.add("admin", codes->front().empty() || (place().driver && !driven) ? Colour::red : amber_unless(driven),
            "{} alone makes it act{}", to_hex(*owner),
            driven ? ": the governor"
                   : (place().driver ? "; the governor is " + to_hex(*place().driver)
                                     : "; name it as governor, so that it is watched as well"));
    return {};
  }

 private:
  std::vector<OperationPtr> ran_;
};

}  // namespace

std::unique_ptr<Dialect> aave_executor(Place place) { return std::make_unique<AaveExecutor>(std::move(place)); }

}  // namespace lockstep::evm::governance
