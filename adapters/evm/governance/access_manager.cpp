// OpenZeppelin AccessManager, v5: one call per operation, by the account that scheduled it, executable from its
// timepoint until expiration() later. An id can be scheduled again, so an operation is its id and its nonce.
#include <map>
#include <set>

#include "adapters/evm/gate_abi.hpp"
#include "adapters/evm/governance/kinds.hpp"
#include "adapters/evm/governance/roles.hpp"
#include "crypto/keccak256.hpp"

namespace lockstep::evm::governance {
namespace {

struct ScheduledOperation final : Operation {
  Hash32 id;
  Uint256 nonce;
  UnixSeconds timepoint = 0;
  Stage last = Stage::queued;  // as the last event about it says
};

class AccessManager final : public Dialect {
 public:
  explicit AccessManager(Place place) : Dialect(std::move(place)) {}
  void forget() override {
    known_.clear();
    order_.clear();
    members_.clear();
  }

  void observe(const Log& log) override {
    static const EventShape scheduled(
        "OperationScheduled(bytes32 indexed operationId,uint32 indexed nonce,uint48 schedule,address caller,address "
        "target,bytes data)"),
        executed("OperationExecuted(bytes32 indexed operationId,uint32 indexed nonce)"),
        canceled("OperationCanceled(bytes32 indexed operationId,uint32 indexed nonce)"),
        granted("RoleGranted(uint64 indexed roleId,address indexed account,uint32 delay,uint48 since,bool newMember)");
    if (const auto v = scheduled.decode(log)) schedule(*v);
    if (const auto v = executed.decode(log)) finish(*v, Stage::executed);
    if (const auto v = canceled.decode(log)) finish(*v, Stage::cancelled);
    if (const auto v = granted.decode(log)) members_[abi::as_u64((*v)[0])].insert(abi::as_address((*v)[1]));
  }

  std::vector<OperationPtr> operations(const Wanted* /*wanted*/) const override {
    return {order_.begin(), order_.end()};
  }

  /// getSchedule() gives 0 for what was executed, cancelled or has expired; which of them, events and the clock tell.
  Result<Status> status(const Operation& operation, const Reader& read) const override {
    const auto& known = static_cast<const ScheduledOperation&>(operation);
    const auto answers = read.calls(
        address(), {calldata("getSchedule(bytes32)(uint48)", {abi::of(known.id)}),
                    calldata("getNonce(bytes32)(uint32)", {abi::of(known.id)}), calldata("expiration()(uint32)")});
    if (!answers) return std::unexpected(answers.error());
    const auto timepoint = word((*answers)[0]), nonce = word((*answers)[1]), expiration = word((*answers)[2]);
    if (!timepoint || !nonce || !expiration || *expiration == 0)
      return fail("getSchedule, getNonce or expiration does not answer", to_hex(address()));
    const Window window{known.timepoint, seconds(Uint256(known.timepoint) + *expiration - 1)};
    if (*timepoint != 0 && *nonce == known.nonce)
      return Status{window.from <= read.now() ? Stage::ready : Stage::queued, {seconds(*timepoint), window.until}, {}};
    if (known.last != Stage::queued) return Status{known.last, window, {}};
    return Status{window.until < read.now() ? Stage::expired : Stage::cancelled, window, {}};
  }

  std::optional<Unwrapped> unwrap(BytesView data) const override {
    static const CallShape schedule("schedule(address,bytes,uint48)"), execute("execute(address,bytes)");
    for (const auto* shape : {&schedule, &execute}) {
      if (const auto v = shape->decode(data))
        return Unwrapped{{{abi::as_address((*v)[0]), 0, (*v)[1].bytes}}, shape == &schedule};
    }
    return std::nullopt;
  }

  std::span<const char* const> config_events() const override {
    static constexpr const char* events[] = {"RoleGranted(uint64,address,uint32,uint48,bool)",
                                             "RoleRevoked(uint64,address)",
                                             "RoleAdminChanged(uint64,uint64)",
                                             "RoleGuardianChanged(uint64,uint64)",
                                             "RoleGrantDelayChanged(uint64,uint32,uint48)",
                                             "TargetClosed(address,bool)",
                                             "TargetFunctionRoleUpdated(address,bytes4,uint64)",
                                             "TargetAdminDelayUpdated(address,uint32,uint48)"};
    return events;
  }

  Result<void> configure(Configuration& out, const Reader& read) const override {
    Uint256 selector = 0;
    for (const auto byte : arm_selector()) selector = (selector << 8) | byte;
    const auto gate = abi::of(place().gate), arm = abi::of(Uint256(selector << 224));
    const auto answers =
        read.calls(address(), {calldata("expiration()(uint32)"), calldata("isTargetClosed(address)(bool)", {gate}),
                               calldata("getTargetFunctionRole(address,bytes4)(uint64)", {gate, arm}),
                               calldata("getTargetAdminDelay(address)(uint32)", {gate})});
    if (!answers) return std::unexpected(answers.error());
    const auto expiration = word((*answers)[0]), closed = word((*answers)[1]), role = word((*answers)[2]);
    const auto admin_delay = word((*answers)[3]);
    if (!expiration || !closed || !role || !admin_delay) {
      out.add("kind", Colour::red, "{} does not answer as an OpenZeppelin AccessManager", to_hex(address()));
      return {};
    }
    out.add("grace", green_if(*expiration >= 3600), "what is ripe may be executed for {} s, then it has expired",
            to_decimal(*expiration));
    out.add("target", green_if(*closed == 0), "the gate is {} as a target; its role may be changed with {} s of notice",
            *closed == 0 ? "open" : "closed: nobody can arm", to_decimal(*admin_delay));
    const auto everybody = std::numeric_limits<std::uint64_t>::max();
    out.add("open-executor", green_if(*role != everybody), "gate.arm is of role {}{}", to_decimal(*role),
            *role == everybody ? ", PUBLIC_ROLE: anyone may arm, at once" : "");
    if (auto done = add_members_row(out, read, "admin", 0, "may change every role"); !done) return done;
    if (*role == everybody) return {};
    return add_members_row(out, read, "proposers", seconds(*role), "may arm");
  }

 private:
  void schedule(const std::vector<abi::Value>& v) {
    static const auto hashed = types({"address", "address", "bytes"});
    const auto id = crypto::keccak256(abi::encode(hashed, {v[3], v[4], v[5]}));
    if (id != abi::as_hash(v[0])) return;
    auto operation = std::make_shared<ScheduledOperation>();
    operation->id = id;
    operation->nonce = v[1].word;
    operation->timepoint = seconds(v[2].word);
    operation->name =
        fmt::format("operation {} number {} of {}", to_hex(id), to_decimal(v[1].word), to_hex(abi::as_address(v[3])));
    operation->calls = {{abi::as_address(v[4]), 0, v[5].bytes}};
    known_[{id, v[1].word}] = operation;
    order_.push_back(std::move(operation));
  }

  void finish(const std::vector<abi::Value>& v, Stage stage) {
    const auto it = known_.find({abi::as_hash(v[0]), v[1].word});
    if (it != known_.end()) it->second->last = stage;
  }

  /// An account without code, or one that need not wait, is red for the admin; for arming it is the delay that counts.
  Result<void> add_members_row(Configuration& out, const Reader& read, const char* row, std::uint64_t role,
                               const char* may) const {
    const auto it = members_.find(role);
    const std::vector<Address> candidates =
        it == members_.end() ? std::vector<Address>{} : std::vector<Address>(it->second.begin(), it->second.end());
    std::vector<Bytes> asked;
    for (const auto& account : candidates)
      asked.push_back(calldata("hasRole(uint64,address)", {abi::of(Uint256(role)), abi::of(account)}));
    const auto answers = read.calls(address(), asked);
    if (!answers) return std::unexpected(answers.error());
    const auto codes = read.codes(candidates);
    if (!codes) return std::unexpected(codes.error());
    std::string who;
    Colour colour = Colour::amber;
    std::size_t held = 0;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      const auto member = word((*answers)[i]), delay = word((*answers)[i], 1);
      if (!member || !delay || *member == 0) continue;
      ++held;
      const bool bare = (*codes)[i].empty();
      who += fmt::format("{}{} after {} s{}", who.empty() ? "" : ", ", to_hex(candidates[i]), to_decimal(*delay),
                         bare ? " (no code)" : "");
      if (role == 0 && bare && *delay == 0) colour = Colour::red;
      if (role != 0 && (!out.delay_s || *delay < *out.delay_s)) out.delay_s = *delay;
    }
    if (role != 0 && held == 1) colour = Colour::green;
    if (held == 0) colour = role == 0 ? Colour::green : Colour::red;
    out.add(row, colour, "{}: {} (as granted since block {})", may, held == 0 ? "nobody" : who, out.logs_from);
    return {};
  }

  std::map<std::pair<Hash32, Uint256>, std::shared_ptr<ScheduledOperation>> known_;
  std::vector<std::shared_ptr<ScheduledOperation>> order_;
  std::map<std::uint64_t, std::set<Address>> members_;
};

}  // namespace

std::unique_ptr<Dialect> access_manager(Place place) { return std::make_unique<AccessManager>(std::move(place)); }

}  // namespace lockstep::evm::governance
