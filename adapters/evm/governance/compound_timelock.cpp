// Compound's Timelock and its forks: one transaction per hash, executable from its eta until GRACE_PERIOD() later.
#include <map>

#include "adapters/evm/governance/governor_state.hpp"
#include "adapters/evm/governance/kinds.hpp"
#include "crypto/keccak256.hpp"

namespace lockstep::evm::governance {
namespace {

struct Queued final : Operation {
  Hash32 hash;
  UnixSeconds eta = 0;
  Stage last = Stage::queued;  // as the last event about it says
};

class CompoundTimelock final : public Dialect {
 public:
  explicit CompoundTimelock(Place place) : Dialect(std::move(place)) {}
  void forget() override {
    queued_.clear();
    order_.clear();
  }

  void observe(const Log& log) override {
    static const EventShape queue(
        "QueueTransaction(bytes32 indexed txHash,address indexed target,uint256 value,string signature,bytes "
        "data,uint256 eta)"),
        execute(
            "ExecuteTransaction(bytes32 indexed txHash,address indexed target,uint256 value,string signature,bytes "
            "data,uint256 eta)"),
        cancel(
            "CancelTransaction(bytes32 indexed txHash,address indexed target,uint256 value,string signature,bytes "
            "data,uint256 eta)");
    if (const auto v = queue.decode(log)) note(*v, Stage::queued);
    if (const auto v = execute.decode(log)) note(*v, Stage::executed);
    if (const auto v = cancel.decode(log)) note(*v, Stage::cancelled);
  }

  std::vector<OperationPtr> operations(const Wanted* /*wanted*/) const override {
    return {order_.begin(), order_.end()};
  }

  /// queuedTransactions() is false once it was executed and once it was cancelled; which of the two only the event
  /// tells.
  Result<Status> status(const Operation& operation, const Reader& read) const override {
    const auto& known = static_cast<const Queued&>(operation);
    const auto answers = read.calls(address(), {calldata("queuedTransactions(bytes32)(bool)", {abi::of(known.hash)}),
                                                calldata("GRACE_PERIOD()(uint256)")});
    if (!answers) return std::unexpected(answers.error());
    const auto queued = word((*answers)[0]), grace = word((*answers)[1]);
    if (!queued || !grace) return fail("queuedTransactions or GRACE_PERIOD does not answer", to_hex(address()));
    const Window window{known.eta, seconds(Uint256(known.eta) + *grace)};
    if (*queued == 0) {
      if (known.last == Stage::executed) return Status{Stage::executed, window, {}};
      return Status{Stage::cancelled, window, {}};
    }
    if (read.now() < window.from) return Status{Stage::queued, window, {}};
    return Status{read.now() <= window.until ? Stage::ready : Stage::expired, window, {}};
  }

  std::optional<Unwrapped> unwrap(BytesView data) const override {
    static const CallShape queue("queueTransaction(address,uint256,string,bytes,uint256)"),
        execute("executeTransaction(address,uint256,string,bytes,uint256)");
    for (const auto* shape : {&queue, &execute}) {
      if (const auto v = shape->decode(data))
        return Unwrapped{{{abi::as_address((*v)[0]), (*v)[1].word, with_selector((*v)[2].bytes, (*v)[3].bytes)}},
                         shape == &queue};
    }
    return std::nullopt;
  }

  std::span<const char* const> config_events() const override {
    static constexpr const char* events[] = {"NewAdmin(address)", "NewPendingAdmin(address)", "NewDelay(uint256)",
                                             "NewAdmin(address,address)", "NewDelay(uint256,uint256)"};
    return events;
  }

  Result<void> configure(Configuration& out, const Reader& read) const override {
    const auto answers = read.calls(address(), {calldata("delay()(uint256)"), calldata("GRACE_PERIOD()(uint256)"),
                                                calldata("admin()(address)"), calldata("pendingAdmin()(address)")});
    if (!answers) return std::unexpected(answers.error());
    const auto delay = word((*answers)[0]), grace = word((*answers)[1]);
    const auto admin = address_in((*answers)[2]), pending = address_in((*answers)[3]);
    if (!delay || !grace || !admin || !pending) {
      out.add("min-delay", Colour::red, "{} does not answer as a Compound Timelock", to_hex(address()));
      return {};
    }
    out.delay_s = *delay;
    out.add("grace", green_if(*grace >= 3600), "what is ripe may be executed for {} s, then it is stale",
            to_decimal(*grace));
    const auto codes = read.codes({*admin});
    if (!codes) return std::unexpected(codes.error());
    const bool has_code = !codes->front().empty();
    const bool driven = place().driver == *admin;
    out.add("admin", !has_code || (place().driver && !driven) ? Colour::red : amber_unless(driven),
            "{} queues, executes and cancels alone{}{}", to_hex(*admin), has_code ? "" : "; it has no code",
            driven ? ": the governor"
                   : (place().driver ? "; the governor is " + to_hex(*place().driver)
                                     : "; name it as governor, so that it is watched as well"));
    out.add(
        "pending-admin", amber_unless(pending->is_zero()), "{}",
        pending->is_zero() ? "no other admin is under way" : to_hex(*pending) + " may become its admin at any time");
    return {};
  }

 private:
  /// An event's hash is believed only if its fields hash to it.
  void note(const std::vector<abi::Value>& v, Stage stage) {
    static const auto hashed = types({"address", "uint256", "string", "bytes", "uint256"});
    const auto hash = crypto::keccak256(abi::encode(hashed, {v[1], v[2], v[3], v[4], v[5]}));
    if (hash != abi::as_hash(v[0])) return;
    auto& known = queued_[hash];
    if (known && stage == Stage::queued) std::erase(order_, std::exchange(known, nullptr));
    if (!known) {
      known = std::make_shared<Queued>();
      known->hash = hash;
      known->eta = seconds(v[5].word);
      known->name = "timelock transaction " + to_hex(hash);
      known->calls = {{abi::as_address(v[1]), v[2].word, with_selector(v[3].bytes, v[4].bytes)}};
      order_.push_back(known);
    }
    known->last = stage;
  }

  std::map<Hash32, std::shared_ptr<Queued>> queued_;
  std::vector<std::shared_ptr<Queued>> order_;
};

}  // namespace

std::unique_ptr<Dialect> compound_timelock(Place place) { return std::make_unique<CompoundTimelock>(std::move(place)); }

}  // namespace lockstep::evm::governance
