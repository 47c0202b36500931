// GovernorBravo and GovernorAlpha, and forks of them: numbered proposals, whose calls are read from getActions() at the
// block and not taken from the event that announced them.
#include <map>

#include "adapters/evm/governance/governor_state.hpp"
#include "adapters/evm/governance/kinds.hpp"

namespace lockstep::evm::governance {
namespace {

struct BravoProposal final : Operation {
  Uint256 id;
};

class GovernorBravo final : public Dialect {
 public:
  explicit GovernorBravo(Place place) : Dialect(std::move(place)) {}
  void forget() override { proposals_.clear(); }

  void observe(const Log& log) override {
    static const EventShape typed(  // Venus numbers the kind of its proposals as well
        "ProposalCreated(uint256 id,address proposer,address[] targets,uint256[] values,string[] signatures,bytes[] "
        "calldatas,uint256 start,uint256 end,string description,uint8 proposalType)");
    auto v = proposal_created().decode(log);
    if (!v) v = typed.decode(log);
    if (!v) return;
    auto calls = governor_calls((*v)[2], (*v)[3], (*v)[4], (*v)[5]);
    if (!calls) return;
    auto proposal = std::make_shared<BravoProposal>();
    proposal->id = (*v)[0].word;
    proposal->name = "proposal " + to_decimal(proposal->id);
    proposal->calls = *std::move(calls);
    proposals_.push_back(std::move(proposal));
  }

  std::vector<OperationPtr> operations(const Wanted* /*wanted*/) const override {
    return {proposals_.begin(), proposals_.end()};
  }

  Result<Status> status(const Operation& operation, const Reader& read) const override {
    const auto& known = static_cast<const BravoProposal&>(operation);
    const auto answers = read.calls(address(), {calldata("state(uint256)(uint8)", {abi::of(known.id)}),
                                                calldata("proposals(uint256)(uint256)", {abi::of(known.id)}),
                                                calldata("getActions(uint256)", {abi::of(known.id)})});
    if (!answers) return std::unexpected(answers.error());
    static const auto actions = types({"address[]", "uint256[]", "string[]", "bytes[]"});
    const auto& encoded = (*answers)[2];
    const auto lists = encoded ? abi::decode(actions, *encoded) : Result<std::vector<abi::Value>>(fail("no actions"));
    if (!lists) return fail("getActions does not answer", to_hex(address()), lists.error().text());
    const auto& v = *lists;
    if (governor_calls(v[0], v[1], v[2], v[3]) != known.calls)
      return Status{Stage::unseen, {}, "the governor holds other calls under this number"};
    // proposals(): id, proposer, eta, …
    auto status = governor_status(word((*answers)[0]), seconds(word((*answers)[1], 2).value_or(0)), read.now());
    if (!status) return fail("governor state does not decode", to_hex(address()));
    return *std::move(status);
  }

  std::span<const char* const> config_events() const override {
    static constexpr const char* events[] = {"VotingDelaySet(uint256,uint256)",
                                             "VotingPeriodSet(uint256,uint256)",
                                             "ProposalThresholdSet(uint256,uint256)",
                                             "NewImplementation(address,address)",
                                             "NewPendingAdmin(address,address)",
                                             "NewAdmin(address,address)",
                                             "WhitelistGuardianSet(address,address)",
                                             "WhitelistAccountExpirationSet(address,uint256)",
                                             "ProposalGuardianSet(address,uint96,address,uint96)",
                                             "NewGuardian(address,address)"};
    return events;
  }

  Result<void> configure(Configuration& out, const Reader& read) const override {
    const auto answers =
        read.calls(address(), {calldata("votingDelay()(uint256)"), calldata("votingPeriod()(uint256)"),
                               calldata("timelock()(address)"), calldata("admin()(address)"),
                               calldata("whitelistGuardian()(address)"), calldata("guardian()(address)")});
    if (!answers) return std::unexpected(answers.error());
    const auto delay = word((*answers)[0]), period = word((*answers)[1]);
    const auto timelock = address_in((*answers)[2]);
    if (!delay || !period || !timelock) {
      out.add("kind", Colour::red, "{} does not answer as a GovernorAlpha or GovernorBravo", to_hex(address()));
      return {};
    }
    const auto driven = place().drives.value_or(Address{});
    out.add("timelock", green_if(*timelock == driven),
            "voting delay {} blocks, voting period {} blocks; queues in {}, configured {}", to_decimal(*delay),
            to_decimal(*period), to_hex(*timelock), to_hex(driven));
    if (const auto admin = address_in((*answers)[3])) {  // it may replace the implementation; Alpha has none
      const auto codes = read.codes({*admin});
      if (!codes) return std::unexpected(codes.error());
      out.add("admin", *admin == driven ? Colour::green : (codes->front().empty() ? Colour::red : Colour::amber),
              "{} may replace its code{}", to_hex(*admin), *admin == driven ? ": its timelock" : "");
    }
    for (const auto index : {4U, 5U}) {
      if (const auto guardian = address_in((*answers)[index]); guardian && !guardian->is_zero())
        out.add("guardian", Colour::amber, "{} may cancel proposals", to_hex(*guardian));
    }
    return {};
  }

 private:
  std::vector<std::shared_ptr<const BravoProposal>> proposals_;
};

}  // namespace

std::unique_ptr<Dialect> governor_bravo(Place place) { return std::make_unique<GovernorBravo>(std::move(place)); }

}  // namespace lockstep::evm::governance
