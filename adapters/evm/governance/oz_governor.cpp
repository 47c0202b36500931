// OpenZeppelin Governor, v4.3 to v5.x: ids are hashes of the proposal, or numbers that the governor itself gives for
// the hash (GovernorSequentialProposalId). GovernorCompatibilityBravo's signatures are part of the hashed calldata.
#include <map>

#include "adapters/evm/governance/governor_state.hpp"
#include "adapters/evm/governance/kinds.hpp"
#include "adapters/evm/governance/roles.hpp"
#include "crypto/keccak256.hpp"

namespace lockstep::evm::governance {
namespace {

struct OzProposal final : Operation {
  Uint256 id;
  Bytes arguments;  // of hashProposal and getProposalId
  bool hashed = false;
};

class OzGovernor final : public Dialect {
 public:
  explicit OzGovernor(Place place) : Dialect(std::move(place)) {}
  void forget() override { proposals_.clear(); }

  void observe(const Log& log) override {
    const auto v = proposal_created().decode(log);
    if (!v) return;
    auto calls = governor_calls((*v)[2], (*v)[3], (*v)[4], (*v)[5]);
    if (!calls) return;
    auto proposal = std::make_shared<OzProposal>();
    proposal->id = (*v)[0].word;
    proposal->name = "proposal " + to_decimal(proposal->id);
    proposal->calls = *std::move(calls);
    abi::Value calldatas;
    for (const auto& call : proposal->calls) calldatas.elements.push_back(abi::of(BytesView(call.data)));
    static const auto hashed = types({"address[]", "uint256[]", "bytes[]", "bytes32"});
    proposal->arguments =
        abi::encode(hashed, {(*v)[2], (*v)[3], calldatas, abi::of(crypto::keccak256(BytesView((*v)[8].bytes)))});
    proposal->hashed = from_word(crypto::keccak256(proposal->arguments)) == proposal->id;
    proposals_.push_back(std::move(proposal));
  }

  std::vector<OperationPtr> operations(const Wanted* /*wanted*/) const override {
    return {proposals_.begin(), proposals_.end()};
  }

  Result<Status> status(const Operation& operation, const Reader& read) const override {
    static const auto id_of = abi::parse_function("getProposalId(address[],uint256[],bytes[],bytes32)").value();
    const auto& known = static_cast<const OzProposal&>(operation);
    std::vector<Bytes> asked{calldata("state(uint256)(uint8)", {abi::of(known.id)}),
                             calldata("proposalEta(uint256)(uint256)", {abi::of(known.id)})};
    if (!known.hashed) {
      const auto selector = id_of.selector();
      asked.emplace_back(selector.begin(), selector.end());
      append(asked.back(), known.arguments);
    }
    const auto answers = read.calls(address(), asked);
    if (!answers) return std::unexpected(answers.error());
    if (!known.hashed && word((*answers)[2]) != known.id)
      return Status{Stage::unseen, {}, "the governor gives its calls another id"};
    // A governor without a timelock has no eta; that is no error.
    auto status = governor_status(word((*answers)[0]), seconds(word((*answers)[1]).value_or(0)), read.now());
    if (!status) return fail("governor state does not decode", to_hex(address()));
    return *std::move(status);
  }

  std::optional<Unwrapped> unwrap(BytesView data) const override {
    static const CallShape relay("relay(address,uint256,bytes)"),
        execute("execute(address[],uint256[],bytes[],bytes32)"), queue("queue(address[],uint256[],bytes[],bytes32)");
    if (const auto v = relay.decode(data))
      return Unwrapped{{{abi::as_address((*v)[0]), (*v)[1].word, (*v)[2].bytes}}, false};
    for (const auto* shape : {&execute, &queue}) {
      const auto v = shape->decode(data);
      if (!v) continue;
      auto calls = governor_calls((*v)[0], (*v)[1], (*v)[2]);
      if (calls) return Unwrapped{*std::move(calls), shape == &queue};
    }
    return std::nullopt;
  }

  std::span<const char* const> config_events() const override {
    static constexpr const char* events[] = {
        "VotingDelaySet(uint256,uint256)",       "VotingPeriodSet(uint256,uint256)",
        "ProposalThresholdSet(uint256,uint256)", "QuorumNumeratorUpdated(uint256,uint256)",
        "TimelockChange(address,address)",       "LateQuorumVoteExtensionSet(uint64,uint64)",
        "ProposalGuardianSet(address,address)",  "VetoerSet(address,address)"};
    return events;
  }

  Result<void> configure(Configuration& out, const Reader& read) const override {
    const auto answers =
        read.calls(address(), {calldata("votingDelay()(uint256)"), calldata("votingPeriod()(uint256)"),
                               calldata("timelock()(address)"), calldata("proposalGuardian()(address)")});
    if (!answers) return std::unexpected(answers.error());
    const auto delay = word((*answers)[0]), period = word((*answers)[1]);
    if (!delay || !period) {
      out.add("kind", Colour::red, "{} does not answer as an OpenZeppelin Governor", to_hex(address()));
      return {};
    }
    const auto timelock = address_in((*answers)[2]);
    const auto driven = place().drives.value_or(Address{});
    out.add("timelock", green_if(timelock == driven),
            "voting delay {}, voting period {} (of its own clock); queues in {}, configured {}", to_decimal(*delay),
            to_decimal(*period), timelock ? to_hex(*timelock) : "no timelock", to_hex(driven));
    if (const auto guardian = address_in((*answers)[3]); guardian && !guardian->is_zero())
      out.add("guardian", Colour::amber, "{} may cancel any proposal", to_hex(*guardian));
    return {};
  }

 private:
  std::vector<std::shared_ptr<const OzProposal>> proposals_;
};

}  // namespace

std::unique_ptr<Dialect> oz_governor(Place place) { return std::make_unique<OzGovernor>(std::move(place)); }

}  // namespace lockstep::evm::governance
