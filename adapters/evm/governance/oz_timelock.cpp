// OpenZeppelin TimelockController, v4.9 to v5.x. Before v4.9 the salt is only in calldata; such operations hash to
// another id and are not believed.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "adapters/evm/abi.hpp"
#include "adapters/evm/governance/dialect.hpp"
#include "base/assert.hpp"
#include "crypto/keccak256.hpp"

namespace lockstep::evm::governance {
namespace {

using coordinator::GovernanceStage;

template <class Parse>
auto parsed(Parse parse, const char* signature) {
  auto result = parse(signature);
  LOCKSTEP_ASSERT(result.has_value());
  return *std::move(result);
}

struct Operation {
  struct Call {
    Address target;
    Uint256 value = 0;
    Bytes data;
  };
  std::map<Uint256, Call> calls;  // by index
  Hash32 predecessor, salt;
};

abi::Type list_of(const char* element) { return parsed(abi::parse_type, (std::string(element) + "[]").c_str()); }
abi::Type type(const char* text) { return parsed(abi::parse_type, text); }

/// hashOperation and hashOperationBatch: a batch of one is not the same operation as a single one.
bool hashes_to(const Operation& operation, const Hash32& id) {
  static const std::vector<abi::Type> single{type("address"), type("uint256"), type("bytes"), type("bytes32"),
                                             type("bytes32")};
  static const std::vector<abi::Type> batch{list_of("address"), list_of("uint256"), list_of("bytes"), type("bytes32"),
                                            type("bytes32")};
  abi::Value targets, values, payloads;
  Uint256 next = 0;
  for (const auto& [index, call] : operation.calls) {
    if (index != next++) return false;
    targets.elements.push_back(abi::of(call.target));
    values.elements.push_back(abi::of(call.value));
    payloads.elements.push_back(abi::of(BytesView(call.data)));
  }
  const auto predecessor = abi::of(operation.predecessor), salt = abi::of(operation.salt);
  if (operation.calls.size() == 1 &&
      crypto::keccak256(abi::encode(
          single, {targets.elements[0], values.elements[0], payloads.elements[0], predecessor, salt})) == id) {
    return true;
  }
  return crypto::keccak256(abi::encode(batch, {targets, values, payloads, predecessor, salt})) == id;
}

class OzTimelock final : public Dialect {
 public:
  explicit OzTimelock(const Address& address) : address_(address) {}
  Address address() const override { return address_; }
  void forget() override { operations_.clear(); }

  void observe(const Log& log) override {
    static const auto scheduled = parsed(abi::parse_event,
                                         "CallScheduled(bytes32 indexed id,uint256 indexed index,address "
                                         "target,uint256 value,bytes data,bytes32 predecessor,uint256 delay)");
    static const auto salted = parsed(abi::parse_event, "CallSalt(bytes32 indexed id,bytes32 salt)");
    static const Hash32 scheduled_topic = scheduled.topic0(), salted_topic = salted.topic0();
    if (log.topic0() == scheduled_topic) {
      const auto values = abi::decode_log(scheduled, log.topics, log.data);
      if (!values) return;
      const auto& v = *values;
      auto& operation = operations_[abi::as_hash(v[0])];
      operation.calls[v[1].word] = {abi::as_address(v[2]), v[3].word, v[4].bytes};
      operation.predecessor = abi::as_hash(v[5]);
    } else if (log.topic0() == salted_topic) {
      const auto values = abi::decode_log(salted, log.topics, log.data);
      if (values) operations_[abi::as_hash((*values)[0])].salt = abi::as_hash((*values)[1]);
    }
  }

  std::vector<RpcCall> reads(const Wanted& wanted, const Hash32& block) const override {
    static const auto get_timestamp = parsed(abi::parse_function, "getTimestamp(bytes32)(uint256)");
    std::vector<RpcCall> calls;
    for (const auto& id : matching(wanted))
      calls.push_back(call_at(address_, abi::encode_call(get_timestamp, {abi::of(id)}), block));
    return calls;
  }

  Result<std::optional<Fact>> judge(const Wanted& wanted, std::span<const RpcAnswer> answers,
                                    UnixSeconds block_time) const override {
    const auto ids = matching(wanted);
    LOCKSTEP_ASSERT(ids.size() == answers.size());
    std::optional<Fact> best;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const auto word = as_bytes(answers[i]);
      if (!word) return std::unexpected(word.error());
      const auto values = abi::decode({type("uint256")}, *word);
      if (!values || (*values)[0].word > std::numeric_limits<UnixSeconds>::max())
        return fail("getTimestamp does not decode", to_hex(address_));
      auto fact = fact_of(wanted, ids[i], abi::as_u64((*values)[0]), block_time);
      if (!best || rank(fact.stage) > rank(best->stage)) best = std::move(fact);
    }
    return best;
  }

 private:
  std::vector<Hash32> matching(const Wanted& wanted) const {
    std::vector<Hash32> ids;
    for (const auto& [id, operation] : operations_) {
      const bool fits = std::ranges::any_of(
          operation.calls, [&](const auto& entry) { return arms(wanted, entry.second.target, entry.second.data); });
      if (fits && hashes_to(operation, id)) ids.push_back(id);
    }
    return ids;
  }

  /// getTimestamp: 0 unset (never scheduled, or cancelled), 1 done, else when it is ready.
  Fact fact_of(const Wanted& wanted, const Hash32& id, UnixSeconds timestamp, UnixSeconds block_time) const {
    const auto& operation = operations_.at(id);
    const bool exact =
        std::ranges::any_of(operation.calls, [&](const auto& entry) { return entry.second.data == wanted.calldata; });
    const std::string detail =
        fmt::format("timelock operation {}{}{}", to_hex(id),
                    operation.calls.size() > 1 ? fmt::format(", a batch of {}", operation.calls.size()) : "",
                    exact ? "" : ", whose calldata is not the plan's own");
    if (timestamp == 0) return {GovernanceStage::cancelled, 0, detail};
    if (timestamp == 1) return {GovernanceStage::executed, 0, detail};
    return {timestamp <= block_time ? GovernanceStage::ready : GovernanceStage::queued, timestamp, detail};
  }

  Address address_;
  std::map<Hash32, Operation> operations_;
};

}  // namespace

std::unique_ptr<Dialect> oz_timelock(const Address& address) { return std::make_unique<OzTimelock>(address); }

}  // namespace lockstep::evm::governance
