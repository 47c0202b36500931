// Chainlink's RBACTimelock: like OpenZeppelin's, and not: batches only, the salt in the event, an id that hashes an
// array of structs, and bypassers whose calls never wait.
#include <array>
#include <map>

#include "adapters/evm/gate_abi.hpp"
#include "adapters/evm/governance/kinds.hpp"
#include "adapters/evm/governance/roles.hpp"
#include "crypto/keccak256.hpp"

namespace lockstep::evm::governance {
namespace {

struct Batch final : Operation {
  Hash32 id, predecessor, salt;
  std::map<Uint256, Call> by_index;
  bool hashed = false;
};

abi::Value struct_of(const Call& call) {
  abi::Value value;
  value.elements = {abi::of(call.target), abi::of(call.value), abi::of(BytesView(call.data))};
  return value;
}

std::vector<Call> calls_of_structs(const abi::Value& structs) {
  std::vector<Call> calls;
  for (const auto& v : structs.elements)
    calls.push_back({abi::as_address(v.elements[0]), v.elements[1].word, v.elements[2].bytes});
  return calls;
}

class RbacTimelock final : public Dialect {
 public:
  explicit RbacTimelock(Place place) : Dialect(std::move(place)) {}
  void forget() override {
    batches_.clear();
    order_.clear();
    roles_.forget();
  }

  void observe(const Log& log) override {
    static const EventShape scheduled(
        "CallScheduled(bytes32 indexed id,uint256 indexed index,address target,uint256 value,bytes data,bytes32 "
        "predecessor,bytes32 salt,uint256 delay)");
    roles_.observe(log);
    const auto v = scheduled.decode(log);
    if (!v) return;
    auto& batch = batches_[abi::as_hash((*v)[0])];
    if (batch && batch->by_index.contains((*v)[1].word)) std::erase(order_, std::exchange(batch, nullptr));
    if (!batch) {
      batch = std::make_shared<Batch>();
      batch->id = abi::as_hash((*v)[0]);
      batch->name = "timelock operation " + to_hex(batch->id);
      order_.push_back(batch);
    }
    batch->by_index[(*v)[1].word] = {abi::as_address((*v)[2]), (*v)[3].word, (*v)[4].bytes};
    batch->predecessor = abi::as_hash((*v)[5]);
    batch->salt = abi::as_hash((*v)[6]);
    settle(*batch);
  }

  std::vector<OperationPtr> operations(const Wanted* /*wanted*/) const override {
    std::vector<OperationPtr> known;
    for (const auto& batch : order_) {
      if (batch->hashed) known.push_back(batch);
    }
    return known;
  }

  std::vector<std::string> doubts() const override {
    std::vector<std::string> list;
    for (const auto& batch : order_) {
      if (!batch->hashed) list.push_back(batch->name + " was announced with calls that do not hash to its id");
    }
    return list;
  }

  Result<Status> status(const Operation& operation, const Reader& read) const override {
    const auto& known = static_cast<const Batch&>(operation);
    const auto answers =
        read.calls(address(), {calldata("getTimestamp(bytes32)(uint256)", {abi::of(known.id)}),
                               calldata("getTimestamp(bytes32)(uint256)", {abi::of(known.predecessor)})});
    if (!answers) return std::unexpected(answers.error());
    const auto timestamp = word((*answers)[0]), before = word((*answers)[1]);
    if (!timestamp || !before) return fail("getTimestamp does not answer", to_hex(address()));
    if (*timestamp == 0) return Status{Stage::cancelled, {}, {}};
    if (*timestamp == 1) return Status{Stage::executed, {}, {}};
    Status status{Stage::queued, {seconds(*timestamp), 0}, {}};
    if (!known.predecessor.is_zero() && *before != 1)
      status.remark = "its predecessor " + to_hex(known.predecessor) + " is not executed";
    else if (status.window.from <= read.now())
      status.stage = Stage::ready;
    return status;
  }

  std::optional<Unwrapped> unwrap(BytesView data) const override {
    static const CallShape schedule("scheduleBatch((address,uint256,bytes)[],bytes32,bytes32,uint256)"),
        execute("executeBatch((address,uint256,bytes)[],bytes32,bytes32)"),
        bypass("bypasserExecuteBatch((address,uint256,bytes)[])");
    for (const auto* shape : {&schedule, &execute, &bypass}) {
      if (const auto v = shape->decode(data)) return Unwrapped{calls_of_structs((*v)[0]), shape == &schedule};
    }
    return std::nullopt;
  }

  std::span<const char* const> config_events() const override {
    static constexpr const char* events[] = {role_granted,
                                             role_revoked,
                                             role_admin_changed,
                                             "MinDelayChange(uint256,uint256)",
                                             "FunctionSelectorBlocked(bytes4)",
                                             "FunctionSelectorUnblocked(bytes4)",
                                             "BypasserCallExecuted(uint256,address,uint256,bytes)"};
    return events;
  }

  Result<void> configure(Configuration& out, const Reader& read) const override {
    const auto answers = read.calls(
        address(),
        {calldata("getMinDelay()(uint256)"), calldata("getBlockedFunctionSelectorCount()(uint256)"),
         calldata("hasRole(bytes32,address)(bool)", {abi::of(role_hash("EXECUTOR_ROLE")), abi::of(Address{})})});
    if (!answers) return std::unexpected(answers.error());
    const auto delay = word((*answers)[0]), blocked = word((*answers)[1]);
    if (!delay || !blocked) {
      out.add("min-delay", Colour::red, "{} does not answer as a Chainlink RBACTimelock", to_hex(address()));
      return {};
    }
    out.delay_s = *delay;
    if (auto done = add_blocked_row(out, read, *blocked); !done) return done;
    const std::array roles{role_hash("ADMIN_ROLE"), role_hash("PROPOSER_ROLE"), role_hash("CANCELLER_ROLE"),
                           role_hash("BYPASSER_ROLE"), role_hash("EXECUTOR_ROLE")};
    auto holders = holders_of(address(), roles_, roles, read);
    if (!holders) return std::unexpected(holders.error());
    auto& held = *holders;
    const auto admins = others(held[roles[0]], std::array{address()});
    out.add("admin", any_without_code(admins) ? Colour::red : amber_unless(admins.empty()),
            "who may change its roles and its delay besides itself: {} (as granted since block {})", list_of(admins),
            out.logs_from);
    const auto driver = place().driver.value_or(Address{});
    const auto proposers = others(held[roles[1]], std::array{driver});
    out.add("proposers", proposers.empty() ? Colour::green : (place().driver ? Colour::red : Colour::amber),
            "may propose{}: {}", place().driver ? " besides the governor" : "", list_of(proposers));
    out.add("cancellers", amber_unless(held[roles[2]].empty()), "may cancel arm before it is executed: {}",
            list_of(held[roles[2]]));
    out.add("bypassers", any_without_code(held[roles[3]]) ? Colour::red : amber_unless(held[roles[3]].empty()),
            "may run calls without any delay: {}", list_of(held[roles[3]]));
    out.add("open-executor", green_if(word((*answers)[2]).value_or(0) == 0), "may execute: {}{}",
            list_of(held[roles[4]]), held[roles[4]].empty() ? "" : "; a CallProxy among them opens this to everybody");
    return {};
  }

 private:
  static void settle(Batch& batch) {
    static const auto hashed = types({"(address,uint256,bytes)[]", "bytes32", "bytes32"});
    abi::Value structs;
    Uint256 next = 0;
    batch.calls.clear();
    bool whole = true;
    for (const auto& [index, call] : batch.by_index) {
      whole = whole && index == next++;
      structs.elements.push_back(struct_of(call));
      batch.calls.push_back(call);
    }
    batch.hashed = whole && crypto::keccak256(abi::encode(
                                hashed, {structs, abi::of(batch.predecessor), abi::of(batch.salt)})) == batch.id;
  }

  /// Only scheduling looks at blocked selectors: what is queued already can be executed.
  Result<void> add_blocked_row(Configuration& out, const Reader& read, const Uint256& count) const {
    constexpr unsigned most = 64;
    std::vector<Bytes> asked;
    for (unsigned i = 0; i < most && i < count; ++i)
      asked.push_back(calldata("getBlockedFunctionSelectorAt(uint256)(bytes4)", {abi::of(Uint256(i))}));
    const auto answers = read.calls(address(), asked);
    if (!answers) return std::unexpected(answers.error());
    const auto arm = arm_selector();
    bool blocked = false;
    for (const auto& answer : *answers)
      blocked |= answer && answer->size() >= 4 && std::equal(arm.begin(), arm.end(), answer->begin());
    out.add("blocked-selectors", blocked || count > most ? Colour::red : Colour::green,
            "{} selectors may not be scheduled{}", to_decimal(count), blocked ? ", gate.arm among them" : "");
    return {};
  }

  std::map<Hash32, std::shared_ptr<Batch>> batches_;
  std::vector<std::shared_ptr<Batch>> order_;
  RoleBook roles_;
};

}  // namespace

std::unique_ptr<Dialect> rbac_timelock(Place place) { return std::make_unique<RbacTimelock>(std::move(place)); }

}  // namespace lockstep::evm::governance
