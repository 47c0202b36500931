// Compound's BridgeReceivers on other chains (Comet): a proposal that arrives over the chain's own bridge is queued at
// once in the local timelock; from its eta on anybody may execute it, until the timelock's grace ends. Nobody cancels.
// No view gives a proposal's calls: those that wait are what the timelock holds at its eta, those that ran are compared
// with the receiver's storage.
#include "adapters/evm/governance/compound_queue.hpp"
#include "adapters/evm/governance/kinds.hpp"

namespace lockstep::evm::governance {
namespace {

struct BridgeProposal final : Operation {
  Uint256 id;
  QueuedCalls queued;
};

/// BaseBridgeReceiver comes first in every receiver: mapping(uint256 => Proposal) proposals is in slot 3.
StoredWords stored(const BridgeProposal& proposal, const Uint256& eta) {
  const auto base = slot_of_key(proposal.id, 3);
  StoredWords words;
  words.add(base, proposal.id);
  add_stored(words, base + 1, proposal.queued);
  words.add(base + 5, eta);
  return words;
}

class CometBridge final : public Dialect {
 public:
  explicit CometBridge(Place place) : Dialect(std::move(place)) {}
  void forget() override { proposals_.clear(); }

  void observe(const Log& log) override {
    static const EventShape created(
        "ProposalCreated(address indexed rootMessageSender,uint256 id,address[] targets,uint256[] values,string[] "
        "signatures,bytes[] calldatas,uint256 eta)");
    const auto v = created.decode(log);
    auto queued = v ? queued_calls((*v)[2], (*v)[3], (*v)[4], (*v)[5]) : std::nullopt;
    if (!queued) return;
    auto proposal = std::make_shared<BridgeProposal>();
    proposal->id = (*v)[1].word;
    proposal->name = "proposal " + to_decimal(proposal->id);
    proposal->calls = queued->calls;
    proposal->queued = *std::move(queued);
    proposals_.push_back(std::move(proposal));
  }

  std::vector<OperationPtr> operations(const Wanted* /*wanted*/) const override {
    return {proposals_.begin(), proposals_.end()};
  }

  Result<Status> status(const Operation& operation, const Reader& read) const override {
    enum : std::uint8_t { queued, expired, executed };
    const auto& known = static_cast<const BridgeProposal&>(operation);
    const auto answers =
        read.calls(address(), {calldata("state(uint256)(uint8)", {abi::of(known.id)}),
                               calldata("proposals(uint256)(uint256,uint256,bool)", {abi::of(known.id)}),
                               calldata("localTimelock()(address)")});
    if (!answers) return std::unexpected(answers.error());
    const auto state = word((*answers)[0]), eta = word((*answers)[1], 1);
    const auto timelock = address_in((*answers)[2]);
    if (!state) return Status{Stage::unseen, {}, "the receiver knows no proposal of this number"};
    if (!eta || !timelock || *state > executed) return fail("proposal does not decode", to_hex(address()));
    return status_of(known.queued,
                     {.holder = "receiver",
                      .timelock = *timelock,
                      .eta = *eta,
                      .waits = *state != executed,
                      .executed = *state == executed,
                      .not_queued = "the timelock " + to_hex(*timelock) + " does not hold its calls",
                      .stored = stored(known, *eta)},
                     place(), read);
  }

  std::span<const char* const> config_events() const override {
    static constexpr const char* events[] = {"Initialized(address,address)", "NewCrossDomainMessenger(address,address)",
                                             "NewFxChild(address,address)", "NewL2Messenger(address,address)"};
    return events;
  }

  Result<void> configure(Configuration& out, const Reader& read) const override {
    const auto answers = read.calls(address(), {calldata("localTimelock()(address)"),
                                                calldata("govTimelock()(address)"), calldata("initialized()(bool)")});
    if (!answers) return std::unexpected(answers.error());
    const auto timelock = address_in((*answers)[0]), source = address_in((*answers)[1]);
    const auto initialized = word((*answers)[2]);
    if (!timelock || !source || !initialized) {
      out.add("kind", Colour::red, "{} does not answer as a BridgeReceiver of Comet", to_hex(address()));
      return {};
    }
    const auto driven = place().drives.value_or(Address{});
    out.add("timelock", green_if(*timelock == driven), "queues in {}, configured {}", to_hex(*timelock),
            to_hex(driven));
    out.add("source", green_if(*initialized == 1 && !source->is_zero()), "{}",
            *initialized == 1 ? "takes orders from " + to_hex(*source) + " over the chain's own bridge"
                              : "whoever initializes it says from whom it takes orders");
    return {};
  }

 private:
  std::vector<std::shared_ptr<const BridgeProposal>> proposals_;
};

}  // namespace

std::unique_ptr<Dialect> comet_bridge(Place place) { return std::make_unique<CometBridge>(std::move(place)); }

}  // namespace lockstep::evm::governance
