// Wormhole MultiGov's SpokeMessageExecutor: what the hub's dispatcher sent runs through the airlock as soon as anybody
// brings the signed message, without delay or end. Nothing is queued, and the event names a message without its calls:
// they are taken from the calldata of its transaction, and believed if the executor has received what hashes like them.
#include "adapters/evm/governance/governor_state.hpp"
#include "adapters/evm/governance/kinds.hpp"
#include "crypto/keccak256.hpp"

namespace lockstep::evm::governance {
namespace {

constexpr std::size_t max_asked = 32;  // transactions at a time

struct Message final : Operation {
  Uint256 id;
  Uint256 chain;
  Hash32 emitter;
  Hash32 txn, hash;
  bool read = false, looked_up = false;
};

/// A signed message (VAA, version 1): a head of six bytes, signatures of 66, then the body, which alone is hashed.
struct Vaa {
  Hash32 hash;
  Uint256 chain;
  Hash32 emitter;
  Bytes payload;
};

std::optional<Vaa> parse_vaa(BytesView encoded) {
  constexpr std::size_t head = 6, signature = 66;
  constexpr std::size_t chain_at = 8, emitter_at = 10, payload_at = 51;  // of the body
  if (encoded.size() < head || encoded[0] != 1) return std::nullopt;
  const auto body_at = head + signature * encoded[5];
  if (encoded.size() < body_at + payload_at) return std::nullopt;
  const auto body = encoded.subspan(body_at);
  Vaa vaa;
  vaa.hash = crypto::keccak256(crypto::keccak256(body).view());
  vaa.chain = Uint256(body[chain_at]) * 256 + body[chain_at + 1];
  std::ranges::copy(body.subspan(emitter_at, Hash32::size), vaa.emitter.bytes.begin());
  vaa.payload.assign(body.begin() + payload_at, body.end());
  return vaa;
}

struct Order {
  Uint256 id;
  std::vector<Call> calls;
};

std::optional<Order> order_in(const Bytes& payload) {
  static const auto shape = types({"uint256", "uint16", "address[]", "uint256[]", "bytes[]"});
  const auto v = abi::decode(shape, payload);
  if (!v) return std::nullopt;
  auto calls = governor_calls((*v)[2], (*v)[3], (*v)[4]);
  if (!calls) return std::nullopt;
  return Order{(*v)[0].word, *std::move(calls)};
}

std::optional<Vaa> brought_by(BytesView calldata) {
  static const CallShape receive("receiveMessage(bytes)");
  const auto v = receive.decode(calldata);
  return v ? parse_vaa((*v)[0].bytes) : std::nullopt;
}

class WormholeExecutor final : public Dialect {
 public:
  explicit WormholeExecutor(Place place) : Dialect(std::move(place)) {}
  void forget() override { messages_.clear(); }

  void observe(const Log& log) override {
    static const EventShape executed(
        "ProposalExecuted(uint16 emitterChainId,bytes32 emitterAddress,uint256 proposalId)");
    const auto v = executed.decode(log);
    if (!v) return;
    auto message = std::make_shared<Message>();
    message->chain = (*v)[0].word;
    message->emitter = abi::as_hash((*v)[1]);
    message->id = (*v)[2].word;
    message->txn = log.txn;
    message->ran = true;
    message->name = fmt::format("message {} of Wormhole chain {}", to_decimal(message->id), to_decimal(message->chain));
    messages_.push_back(std::move(message));
  }

  std::vector<Hash32> txns_wanted() const override {
    std::vector<Hash32> txns;
    for (const auto& message : messages_) {
      if (!message->looked_up && txns.size() < max_asked) txns.push_back(message->txn);
    }
    return txns;
  }

  void learn(const Hash32& txn, BytesView input) override {
    const auto vaa = brought_by(input);
    auto order = vaa ? order_in(vaa->payload) : std::nullopt;
    for (const auto& message : messages_) {
      if (message->txn != txn || message->looked_up) continue;
      message->looked_up = true;
      if (!order || order->id != message->id || vaa->chain != message->chain || vaa->emitter != message->emitter)
        continue;
      message->hash = vaa->hash;
      message->calls = order->calls;
      message->read = true;
    }
  }

  std::vector<OperationPtr> operations(const Wanted* /*wanted*/) const override {
    std::vector<OperationPtr> known;
    for (const auto& message : messages_) {
      if (message->read) known.push_back(message);
    }
    return known;
  }

  /// What was received has run: a call that reverts takes the record of its message back with it.
  Result<Status> status(const Operation& operation, const Reader& read) const override {
    const auto& known = static_cast<const Message&>(operation);
    const auto answers = read.calls(address(), {calldata("messageReceived(bytes32)(bool)", {abi::of(known.hash)})});
    if (!answers) return std::unexpected(answers.error());
    const auto received = word(answers->front());
    if (!received) return fail("messageReceived does not answer", to_hex(address()));
    if (*received == 0) return Status{Stage::unseen, {}, "the executor received no message that hashes so"};
    return Status{Stage::executed, {}, "the executor has run it; the gate's own state says whether it took effect"};
  }

  std::optional<Unwrapped> unwrap(BytesView data) const override {
    const auto vaa = brought_by(data);
    auto order = vaa ? order_in(vaa->payload) : std::nullopt;
    if (!order) return std::nullopt;
    return Unwrapped{std::move(order->calls), false};
  }

  /// setAirlock emits nothing; readiness asks for it.
  std::span<const char* const> config_events() const override {
    static constexpr const char* events[] = {"HubDispatcherUpdated(bytes32,bytes32)"};
    return events;
  }

  Result<void> configure(Configuration& out, const Reader& read) const override {
    const auto answers = read.calls(address(), {calldata("airlock()(address)"), calldata("wormholeCore()(address)"),
                                                calldata("hubDispatcher()(bytes32)"), calldata("hubChainId()(uint16)"),
                                                calldata("spokeChainId()(uint16)")});
    if (!answers) return std::unexpected(answers.error());
    const auto airlock = address_in((*answers)[0]), core = address_in((*answers)[1]);
    const auto dispatcher = word((*answers)[2]), hub = word((*answers)[3]), spoke = word((*answers)[4]);
    if (!airlock || !core || !dispatcher || !hub || !spoke) {
      out.add("kind", Colour::red, "{} does not answer as a MultiGov SpokeMessageExecutor", to_hex(address()));
      return {};
    }
    const auto executor = read.calls(*airlock, {calldata("MESSAGE_EXECUTOR()(address)")});
    if (!executor) return std::unexpected(executor.error());
    const auto chain = read.calls(*core, {calldata("chainId()(uint16)")});
    if (!chain) return std::unexpected(chain.error());
    const auto driven = place().drives.value_or(Address{});
    const bool obeyed = address_in(executor->front()) == address();
    out.add("airlock", green_if(*airlock == driven && obeyed),
            "acts through {}, which alone may upgrade it and change its dispatcher{}; configured {}", to_hex(*airlock),
            obeyed ? "" : ", but does not take its orders", to_hex(driven));
    const bool verified = *dispatcher != 0 && *hub != 0 && word(chain->front()) == *spoke;
    out.add("source", green_if(verified),
            "takes orders from {} on Wormhole chain {}, for chain {}, if {} finds them signed{}",
            to_hex(to_word(*dispatcher)), to_decimal(*hub), to_decimal(*spoke), to_hex(*core),
            word(chain->front()) == *spoke ? "" : ", which is not that chain's");
    out.add("delay", Colour::amber,
            "what the hub has sent runs as soon as anybody brings it, without end; what is under way is not seen here");
    return {};
  }

 private:
  std::vector<std::shared_ptr<Message>> messages_;
};

}  // namespace

std::unique_ptr<Dialect> wormhole_executor(Place place) { return std::make_unique<WormholeExecutor>(std::move(place)); }

}  // namespace lockstep::evm::governance
