// LayerZero Labs' OmnichainGovernanceExecutor and what was made from it (Angle's ProposalReceiver): what a trusted
// sender on another chain sent runs when it arrives. It queues nothing, so all there is to see is that a message ran;
// one that failed may be run again by anybody.
#include "adapters/evm/governance/governor_state.hpp"
#include "adapters/evm/governance/kinds.hpp"
#include "adapters/evm/governance/layerzero_app.hpp"
#include "crypto/keccak256.hpp"

namespace lockstep::evm::governance {
namespace {

class LayerZeroExecutor final : public Dialect {
 public:
  explicit LayerZeroExecutor(Place place) : Dialect(std::move(place)) {}
  void forget() override {
    ran_.clear();
    sources_.clear();
    failed_.forget();
  }

  void observe(const Log& log) override {
    static const EventShape executed("ProposalExecuted(bytes payload)"),
        failed("ProposalFailed(uint16 chain,bytes path,uint64 nonce,bytes reason)"),
        trusted("SetTrustedRemote(uint16 chain,bytes path)"),
        trusted_address("SetTrustedRemoteAddress(uint16 chain,bytes remote)");
    failed_.observe(log);
    if (const auto v = executed.decode(log)) add((*v)[0].bytes, log.txn);
    if (const auto v = failed.decode(log)) failed_.failed((*v)[0].word, crypto::keccak256((*v)[1].bytes), (*v)[2].word);
    for (const auto* shape : {&trusted, &trusted_address}) {
      if (const auto v = shape->decode(log)) sources_.insert((*v)[0].word);
    }
  }

  std::vector<OperationPtr> operations(const Wanted* /*wanted*/) const override { return ran_; }

  Result<Status> status(const Operation& /*operation*/, const Reader& /*read*/) const override {
    return Status{Stage::executed, {}, "as its event says; the gate's own state says whether it took effect"};
  }

  std::vector<std::string> doubts() const override { return failed_.doubts("anybody"); }

  std::span<const char* const> config_events() const override {
    static constexpr const char* events[] = {lz_remote_set, lz_remote_address_set};
    return events;
  }

  Result<void> configure(Configuration& out, const Reader& read) const override {
    std::vector<Bytes> asked{calldata("owner()(address)"), calldata("lzEndpoint()(address)")};
    for (const auto& source : sources_) asked.push_back(lz_remote_calldata(source));
    const auto answers = read.calls(address(), asked);
    if (!answers) return std::unexpected(answers.error());
    const auto owner = address_in((*answers)[0]), endpoint = address_in((*answers)[1]);
    if (!owner || !endpoint) {
      out.add("kind", Colour::red, "{} does not answer as a LayerZero OmnichainGovernanceExecutor", to_hex(address()));
      return {};
    }
    const auto codes = read.codes({*owner, *endpoint});
    if (!codes) return std::unexpected(codes.error());
    std::string senders;
    std::size_t index = 2, trusted = 0;
    for (const auto& source : sources_) {
      const auto sender = lz_remote_in((*answers)[index++], address());
      if (!sender) continue;
      senders +=
          fmt::format("{}{} on LayerZero chain {}", trusted++ == 0 ? "" : ", ", to_hex(*sender), to_decimal(source));
    }
    const bool delivered = trusted > 0 && !(*codes)[1].empty();
    out.add("source", delivered ? amber_unless(trusted == 1) : Colour::red,
            "runs at once what arrives by {} from {} (as set since block {})", to_hex(*endpoint),
            senders.empty() ? "nobody" : senders, out.logs_from);
    const bool own = *owner == address() || *owner == place().drives;
    out.add("admin", (*codes)[0].empty() && !owner->is_zero() ? Colour::red : amber_unless(own || owner->is_zero()),
            "{} may change who sends, and how messages are verified{}", to_hex(*owner),
            *owner == address() ? ": itself" : "");
    return {};
  }

 private:
  void add(const Bytes& payload, const Hash32& txn) {
    static const auto shape = types({"address[]", "uint256[]", "string[]", "bytes[]"});
    const auto lists = abi::decode(shape, payload);
    if (!lists) return;
    auto calls = governor_calls((*lists)[0], (*lists)[1], (*lists)[2], (*lists)[3]);
    if (!calls) return;
    auto message = std::make_shared<Operation>();
    message->ran = true;
    message->name = "message executed in transaction " + to_hex(txn);
    message->calls = *std::move(calls);
    ran_.push_back(std::move(message));
  }

  std::vector<OperationPtr> ran_;
  std::set<Uint256> sources_;  // chains that ever had a trusted sender
  FailedMessages failed_;
};

}  // namespace

std::unique_ptr<Dialect> layerzero_executor(Place place) {
  return std::make_unique<LayerZeroExecutor>(std::move(place));
}

}  // namespace lockstep::evm::governance
