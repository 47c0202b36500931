// Axelar's InterchainGovernance: one call per proposal, scheduled by a message from the governance chain, executable by
// anybody from its eta on, without end. AxelarServiceGovernance's operator proposals wait for nothing and are reported.
#include <map>

#include "adapters/evm/governance/kinds.hpp"
#include "crypto/keccak256.hpp"

namespace lockstep::evm::governance {
namespace {

struct ScheduledProposal final : Operation {
  Hash32 hash;
  Stage last = Stage::queued;
};

class AxelarGovernance final : public Dialect {
 public:
  explicit AxelarGovernance(Place place) : Dialect(std::move(place)) {}
  void forget() override {
    known_.clear();
    order_.clear();
  }

  void observe(const Log& log) override {
    static const EventShape scheduled(
        "ProposalScheduled(bytes32 indexed proposalHash,address indexed target,bytes callData,uint256 value,uint256 "
        "indexed eta)"),
        cancelled(
            "ProposalCancelled(bytes32 indexed proposalHash,address indexed target,bytes callData,uint256 "
            "value,uint256 indexed eta)"),
        executed(
            "ProposalExecuted(bytes32 indexed proposalHash,address indexed target,bytes callData,uint256 "
            "value,uint256 indexed timestamp)");
    if (const auto v = scheduled.decode(log)) note(*v, Stage::queued);
    if (const auto v = cancelled.decode(log)) note(*v, Stage::cancelled);
    if (const auto v = executed.decode(log)) note(*v, Stage::executed);
  }

  std::vector<OperationPtr> operations(const Wanted* /*wanted*/) const override {
    return {order_.begin(), order_.end()};
  }

  /// The eta is 0 once it was executed and once it was cancelled; which of the two only the event tells.
  Result<Status> status(const Operation& operation, const Reader& read) const override {
    const auto& known = static_cast<const ScheduledProposal&>(operation);
    const auto answers = read.calls(address(), {calldata("getTimeLock(bytes32)(uint256)", {abi::of(known.hash)})});
    if (!answers) return std::unexpected(answers.error());
    const auto eta = word(answers->front());
    if (!eta) return fail("getTimeLock does not answer", to_hex(address()));
    if (*eta == 0) return Status{known.last == Stage::executed ? Stage::executed : Stage::cancelled, {}, {}};
    const Window window{seconds(*eta), 0};
    return Status{window.from <= read.now() ? Stage::ready : Stage::queued, window, {}};
  }

  std::optional<Unwrapped> unwrap(BytesView data) const override {
    static const CallShape execute("executeProposal(address,bytes,uint256)");
    if (const auto v = execute.decode(data))
      return Unwrapped{{{abi::as_address((*v)[0]), (*v)[2].word, (*v)[1].bytes}}, false};
    return std::nullopt;
  }

  std::span<const char* const> config_events() const override {
    static constexpr const char* events[] = {"OperatorProposalApproved(bytes32,address,bytes,uint256)",
                                             "OperatorProposalExecuted(bytes32,address,bytes,uint256)",
                                             "OperatorshipTransferred(address,address)"};
    return events;
  }

  Result<void> configure(Configuration& out, const Reader& read) const override {
    const auto answers =
        read.calls(address(), {calldata("minimumTimeLockDelay()(uint256)"), calldata("governanceChain()(string)"),
                               calldata("operator()(address)")});
    if (!answers) return std::unexpected(answers.error());
    const auto delay = word((*answers)[0]);
    static const auto text = types({"string"});
    const auto chain = (*answers)[1] ? abi::decode(text, *(*answers)[1]) : Result<std::vector<abi::Value>>(fail(""));
    if (!delay || !chain) {
      out.add("min-delay", Colour::red, "{} does not answer as an Axelar InterchainGovernance", to_hex(address()));
      return {};
    }
    out.delay_s = *delay;
    out.add("source", Colour::green, "takes orders from chain \"{}\"",
            std::string((*chain)[0].bytes.begin(), (*chain)[0].bytes.end()));
    if (const auto agent = address_in((*answers)[2]); agent && !agent->is_zero())
      out.add("bypassers", Colour::amber, "{} may run what governance approved for it without any delay",
              to_hex(*agent));
    return {};
  }

 private:
  void note(const std::vector<abi::Value>& v, Stage stage) {
    static const auto hashed = types({"address", "bytes", "uint256"});
    const auto hash = crypto::keccak256(abi::encode(hashed, {v[1], v[2], v[3]}));
    if (hash != abi::as_hash(v[0])) return;
    auto& known = known_[hash];
    if (known && stage == Stage::queued) std::erase(order_, std::exchange(known, nullptr));
    if (!known) {
      known = std::make_shared<ScheduledProposal>();
      known->hash = hash;
      known->name = "proposal " + to_hex(hash);
      known->calls = {{abi::as_address(v[1]), v[3].word, v[2].bytes}};
      order_.push_back(known);
    }
    known->last = stage;
  }

  std::map<Hash32, std::shared_ptr<ScheduledProposal>> known_;
  std::vector<std::shared_ptr<ScheduledProposal>> order_;
};

}  // namespace

std::unique_ptr<Dialect> axelar_governance(Place place) { return std::make_unique<AxelarGovernance>(std::move(place)); }

}  // namespace lockstep::evm::governance
