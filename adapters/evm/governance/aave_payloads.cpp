// Aave Governance v3 on one chain: a PayloadsController queues payloads that a proposal elsewhere approved, and runs
// each through the executor of its access level (aave_executor.cpp). Executable more than `delay` after it was queued,
// and until less than `gracePeriod` later.
#include "adapters/evm/governance/governor_state.hpp"
#include "adapters/evm/governance/kinds.hpp"

namespace lockstep::evm::governance {
namespace {

constexpr const char* action_list = "(address,bool,uint8,uint256,string,bytes)[]";

struct Payload final : Operation {
  Uint256 id;
  abi::Value actions;
};

/// A delegatecall runs code of the target's own; what it calls cannot be listed.
std::vector<Call> calls_of_actions(const abi::Value& actions) {
  std::vector<Call> calls;
  for (const auto& action : actions.elements) {
    const auto& f = action.elements;
    if (f[1].word == 0) calls.push_back({abi::as_address(f[0]), f[3].word, with_selector(f[4].bytes, f[5].bytes)});
  }
  return calls;
}

class AavePayloads final : public Dialect {
 public:
  explicit AavePayloads(Place place) : Dialect(std::move(place)) {}
  void forget() override { payloads_.clear(); }

  void observe(const Log& log) override {
    static const EventShape created(
        "PayloadCreated(uint40 indexed payloadId,address indexed creator,(address,bool,uint8,uint256,string,bytes)[] "
        "actions,uint8 indexed maximumAccessLevelRequired)");
    const auto v = created.decode(log);
    if (!v) return;
    auto payload = std::make_shared<Payload>();
    payload->id = (*v)[0].word;
    payload->name = "payload " + to_decimal(payload->id);
    payload->actions = (*v)[2];
    payload->calls = calls_of_actions(payload->actions);
    payloads_.push_back(std::move(payload));
  }

  std::vector<OperationPtr> operations(const Wanted* /*wanted*/) const override {
    return {payloads_.begin(), payloads_.end()};
  }

  /// getPayloadById gives the actions themselves and the state with expiry applied.
  Result<Status> status(const Operation& operation, const Reader& read) const override {
    enum : std::uint8_t { none, created, queued, executed, cancelled, expired };
    static const auto shape = types(
        {(std::string("(address,uint8,uint8,uint40,uint40,uint40,uint40,uint40,uint40,uint40,") + action_list + ")")
             .c_str()});
    const auto& known = static_cast<const Payload&>(operation);
    const auto answers = read.calls(address(), {calldata("getPayloadById(uint40)", {abi::of(known.id)})});
    if (!answers) return std::unexpected(answers.error());
    const auto decoded =
        answers->front() ? abi::decode(shape, *answers->front()) : Result<std::vector<abi::Value>>(fail("reverted"));
    if (!decoded) return fail("getPayloadById does not answer", to_hex(address()), decoded.error().text());
    const auto& f = (*decoded)[0].elements;
    if (f[10] != known.actions)
      return Status{Stage::unseen, {}, "the controller holds other actions under this number"};
    const auto from = f[4].word + f[8].word + 1;
    Status status{Stage::unseen, {seconds(from), seconds(from + f[9].word - 2)}, {}};
    if (f[4].word == 0) status.window = {};
    switch (static_cast<std::uint8_t>(f[2].word & 0xff)) {
      case created:
        status.stage = Stage::proposed;
        status.remark = "it is created, and expires unless it is queued before " + to_rfc3339(seconds(f[7].word));
        break;
      case queued:
        status.stage = status.window.from <= read.now() ? Stage::ready : Stage::queued;
        break;
      case executed:
        status.stage = Stage::executed;
        break;
      case cancelled:
        status.stage = Stage::cancelled;
        break;
      case expired:
        status.stage = Stage::expired;
        break;
      default:
        break;
    }
    return status;
  }

  std::span<const char* const> config_events() const override {
    static constexpr const char* events[] = {"ExecutorSet(uint8,address,uint40)", "GuardianUpdated(address,address)"};
    return events;
  }

  Result<void> configure(Configuration& out, const Reader& read) const override {
    const auto level = [](std::uint64_t value) {
      return calldata("getExecutorSettingsByAccessControl(uint8)", {abi::of(Uint256(value))});
    };
    const auto answers = read.calls(
        address(), {calldata("GRACE_PERIOD()"), level(1), level(2), calldata("guardian()"), calldata("owner()")});
    if (!answers) return std::unexpected(answers.error());
    const auto grace = word((*answers)[0]);
    const auto guardian = address_in((*answers)[3]), owner = address_in((*answers)[4]);
    if (!grace || !guardian || !owner || !(*answers)[1] || !(*answers)[2]) {
      out.add("kind", Colour::red, "{} does not answer as an Aave PayloadsController", to_hex(address()));
      return {};
    }
    const auto driven = place().drives.value_or(Address{});
    std::string text;
    bool drives = false;
    for (const auto index : {1U, 2U}) {
      const auto executor = address_in((*answers)[index]);
      const auto delay = word((*answers)[index], 1);
      if (!executor || !delay || executor->is_zero()) continue;
      text += fmt::format("{}level {}: {} after {} s", text.empty() ? "" : ", ", index, to_hex(*executor),
                          to_decimal(*delay));
      if (*executor != driven) continue;
      drives = true;
      out.delay_s = *delay;
    }
    out.add("executors", green_if(drives), "{}; configured {}", text.empty() ? "none" : text, to_hex(driven));
    out.add("grace", green_if(*grace >= 3600), "what is ripe may be executed for {} s, then it has expired",
            to_decimal(*grace));
    out.add("guardian", amber_unless(guardian->is_zero()), "{} may cancel payloads", to_hex(*guardian));
    const auto codes = read.codes({*owner});
    if (!codes) return std::unexpected(codes.error());
    out.add("admin", codes->front().empty() && !owner->is_zero() ? Colour::red : amber_unless(*owner == driven),
            "{} may change its executors and their delays", to_hex(*owner));
    return {};
  }

 private:
  std::vector<std::shared_ptr<const Payload>> payloads_;
};

}  // namespace

std::unique_ptr<Dialect> aave_payloads(Place place) { return std::make_unique<AavePayloads>(std::move(place)); }

}  // namespace lockstep::evm::governance
