// OpenZeppelin Governor, v4 and v5, with ids that are hashes of the proposal.
#include <fmt/format.h>

#include <map>

#include "adapters/evm/abi.hpp"
#include "adapters/evm/governance/dialect.hpp"
#include "base/assert.hpp"
#include "crypto/keccak256.hpp"

namespace lockstep::evm::governance {
namespace {

using coordinator::GovernanceStage;

struct Proposal {
  std::vector<std::pair<Address, Bytes>> calls;
};

/// IGovernor.ProposalState.
enum class State : std::uint8_t { pending, active, canceled, defeated, succeeded, queued, expired, executed };
constexpr const char* state_names[] = {"pending",   "active", "canceled", "defeated",
                                       "succeeded", "queued", "expired",  "executed"};

GovernanceStage stage_of(State state) {
  switch (state) {
    case State::pending:
    case State::active:
    case State::succeeded:
      return GovernanceStage::proposed;
    case State::queued:
      return GovernanceStage::queued;
    case State::executed:
      return GovernanceStage::executed;
    case State::canceled:
    case State::defeated:
    case State::expired:
      return GovernanceStage::cancelled;
  }
  return GovernanceStage::unseen;
}

const abi::Event& created_event() {
  static const auto event = abi::parse_event(
                                "ProposalCreated(uint256 proposalId,address proposer,address[] targets,uint256[] "
                                "values,string[] signatures,bytes[] calldatas,"
                                "uint256 voteStart,uint256 voteEnd,string description)")
                                .value();
  return event;
}

/// keccak256(abi.encode(targets, values, calldatas, keccak256(bytes(description))))
Uint256 proposal_id(const std::vector<abi::Value>& v) {
  static const std::vector<abi::Type> types{abi::parse_type("address[]").value(), abi::parse_type("uint256[]").value(),
                                            abi::parse_type("bytes[]").value(), abi::parse_type("bytes32").value()};
  return from_word(crypto::keccak256(abi::encode(types, {v[2], v[3], v[5], abi::of(crypto::keccak256(v[8].bytes))})));
}

class OzGovernor final : public Dialect {
 public:
  explicit OzGovernor(const Address& address) : address_(address) {}
  Address address() const override { return address_; }
  void forget() override { proposals_.clear(); }

  void observe(const Log& log) override {
    static const Hash32 created_topic = created_event().topic0();
    if (log.topic0() != created_topic) return;
    const auto values = abi::decode_log(created_event(), log.topics, log.data);
    if (!values) return;
    const auto& v = *values;
    if (proposal_id(v) != v[0].word || v[2].elements.size() != v[5].elements.size()) return;
    Proposal proposal;
    for (std::size_t i = 0; i < v[2].elements.size(); ++i) {
      proposal.calls.emplace_back(abi::as_address(v[2].elements[i]), v[5].elements[i].bytes);
    }
    proposals_[v[0].word] = std::move(proposal);
  }

  std::vector<RpcCall> reads(const Wanted& wanted, const Hash32& block) const override {
    static const auto state = abi::parse_function("state(uint256)(uint8)").value();
    static const auto eta = abi::parse_function("proposalEta(uint256)(uint256)").value();
    std::vector<RpcCall> calls;
    for (const auto& id : matching(wanted)) {
      calls.push_back(call_at(address_, abi::encode_call(state, {abi::of(id)}), block));
      calls.push_back(call_at(address_, abi::encode_call(eta, {abi::of(id)}), block));
    }
    return calls;
  }

  Result<std::optional<Fact>> judge(const Wanted& wanted, std::span<const RpcAnswer> answers,
                                    UnixSeconds block_time) const override {
    static const std::vector<abi::Type> word{abi::parse_type("uint256").value()};
    const auto ids = matching(wanted);
    LOCKSTEP_ASSERT(ids.size() * 2 == answers.size());
    std::optional<Fact> best;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const auto state_bytes = as_bytes(answers[2 * i]);
      if (!state_bytes) return std::unexpected(state_bytes.error());
      const auto state = abi::decode(word, *state_bytes);
      if (!state || (*state)[0].word > 7) return fail("governor state does not decode", to_hex(address_));
      Fact fact;
      const auto value = static_cast<State>(abi::as_u64((*state)[0]));
      fact.stage = stage_of(value);
      fact.detail = fmt::format("proposal {} is {}", to_decimal(ids[i]), state_names[static_cast<std::size_t>(value)]);
      // A governor without a timelock has no eta; that is no error.
      if (const auto bytes = as_bytes(answers[2 * i + 1]); bytes) {
        const auto eta = abi::decode(word, *bytes);
        if (eta && (*eta)[0].word <= std::numeric_limits<UnixSeconds>::max())
          fact.executable_at = abi::as_u64((*eta)[0]);
      }
      if (value == State::queued && fact.executable_at != 0 && fact.executable_at <= block_time)
        fact.stage = GovernanceStage::ready;
      if (!best || rank(fact.stage) > rank(best->stage)) best = std::move(fact);
    }
    return best;
  }

 private:
  std::vector<Uint256> matching(const Wanted& wanted) const {
    std::vector<Uint256> ids;
    for (const auto& [id, proposal] : proposals_) {
      for (const auto& [target, calldata] : proposal.calls) {
        if (!arms(wanted, target, calldata)) continue;
        ids.push_back(id);
        break;
      }
    }
    return ids;
  }

  Address address_;
  std::map<Uint256, Proposal> proposals_;
};

}  // namespace

std::unique_ptr<Dialect> oz_governor(const Address& address) { return std::make_unique<OzGovernor>(address); }

}  // namespace lockstep::evm::governance
