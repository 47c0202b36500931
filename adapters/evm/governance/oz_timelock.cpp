// OpenZeppelin TimelockController, v4.0 to v5.x. Before v4.9 the salt is only in the calldata of the transaction that
// scheduled; it is looked for there. No operation ever expires.
#include <algorithm>
#include <map>

#include "adapters/evm/governance/kinds.hpp"
#include "adapters/evm/governance/roles.hpp"
#include "crypto/keccak256.hpp"

namespace lockstep::evm::governance {
namespace {

constexpr std::size_t max_unsalted = 32;      // transactions asked for at a time
constexpr std::size_t max_salt_words = 8192;  // of one transaction's calldata

struct TimelockOperation final : Operation {
  Hash32 id, predecessor, salt, txn;
  std::map<Uint256, Call> by_index;
  bool hashed = false, looked_up = false;
};

abi::Value list(std::vector<abi::Value> elements) {
  abi::Value value;
  value.elements = std::move(elements);
  return value;
}

/// hashOperation and hashOperationBatch for one salt after another: only the last word of what is hashed differs.
class IdHash {
 public:
  explicit IdHash(const TimelockOperation& operation) {
    std::vector<abi::Value> targets, values, payloads;
    Uint256 next = 0;
    for (const auto& [index, call] : operation.by_index) {
      if (index != next++) return;
      targets.push_back(abi::of(call.target));
      values.push_back(abi::of(call.value));
      payloads.push_back(abi::of(BytesView(call.data)));
    }
    const auto predecessor = abi::of(operation.predecessor), none = abi::of(Hash32{});
    if (targets.size() == 1) {
      static const auto single = types({"address", "uint256", "bytes", "bytes32", "bytes32"});
      single_ = abi::encode(single, {targets[0], values[0], payloads[0], predecessor, none});
    }
    static const auto batch = types({"address[]", "uint256[]", "bytes[]", "bytes32", "bytes32"});
    batch_ = abi::encode(batch, {list(targets), list(values), list(payloads), predecessor, none});
  }
  /// A batch of one is not the same operation as a single one.
  bool fits(const Hash32& id, BytesView salt) {
    const auto with = [&](Bytes& encoded) {
      if (encoded.empty()) return false;
      std::ranges::copy(salt, encoded.begin() + std::ptrdiff_t{4} * 32);
      return crypto::keccak256(encoded) == id;
    };
    return with(single_) || with(batch_);
  }

 private:
  Bytes single_, batch_;
};

class OzTimelock final : public Dialect {
 public:
  explicit OzTimelock(Place place) : Dialect(std::move(place)) {}

  void forget() override {
    operations_.clear();
    order_.clear();
    roles_.forget();
  }

  void observe(const Log& log) override {
    static const EventShape scheduled(
        "CallScheduled(bytes32 indexed id,uint256 indexed index,address target,uint256 value,bytes data,bytes32 "
        "predecessor,uint256 delay)");
    static const EventShape salted("CallSalt(bytes32 indexed id,bytes32 salt)");
    roles_.observe(log);
    if (const auto v = scheduled.decode(log)) {
      auto& operation = scheduled_entry(abi::as_hash((*v)[0]), (*v)[1].word);
      const Call call{abi::as_address((*v)[2]), (*v)[3].word, (*v)[4].bytes};
      operation.by_index[(*v)[1].word] = call;
      operation.predecessor = abi::as_hash((*v)[5]);
      operation.txn = log.txn;
      settle(operation);
    } else if (const auto s = salted.decode(log)) {
      auto& operation = entry(abi::as_hash((*s)[0]));
      operation.salt = abi::as_hash((*s)[1]);
      settle(operation);
    }
  }

  std::vector<Hash32> txns_wanted() const override {
    std::vector<Hash32> txns;
    for (const auto& operation : order_) {
      if (!operation->hashed && !operation->looked_up && txns.size() < max_unsalted) txns.push_back(operation->txn);
    }
    return txns;
  }

  void learn(const Hash32& txn, BytesView input) override {
    for (const auto& operation : order_) {
      if (operation->hashed || operation->txn != txn) continue;
      operation->looked_up = true;
      IdHash hash(*operation);
      // Words of an encoding lie at multiples of 32 behind a selector; a call inside bytes is shifted by four again.
      for (const std::size_t phase : {4U, 8U, 12U, 0U}) {
        for (std::size_t at = phase, seen = 0; at + 32 <= input.size() && seen < max_salt_words; at += 32, ++seen) {
          if (!hash.fits(operation->id, input.subspan(at, 32))) continue;
          std::ranges::copy(input.subspan(at, 32), operation->salt.bytes.begin());
          settle(*operation);
          return;
        }
      }
    }
  }

  std::vector<OperationPtr> operations(const Wanted* /*wanted*/) const override {
    std::vector<OperationPtr> known;
    for (const auto& operation : order_) {
      if (operation->hashed) known.push_back(operation);
    }
    return known;
  }

  std::vector<std::string> doubts() const override {
    std::vector<std::string> list;
    for (const auto& operation : order_) {
      if (operation->hashed) continue;
      list.push_back("timelock operation " + to_hex(operation->id) +
                     " was announced with calls that do not hash to its id, or its salt was not found");
    }
    return list;
  }

  /// getTimestamp: 0 unset (never scheduled, or cancelled), 1 done, else when it is ready. A predecessor that is not
  /// done blocks it all the same.
  Result<Status> status(const Operation& operation, const Reader& read) const override {
    const auto& known = static_cast<const TimelockOperation&>(operation);
    std::vector<Bytes> asked{calldata("getTimestamp(bytes32)(uint256)", {abi::of(known.id)})};
    const bool chained = !known.predecessor.is_zero();
    if (chained) asked.push_back(calldata("getTimestamp(bytes32)(uint256)", {abi::of(known.predecessor)}));
    const auto answers = read.calls(address(), asked);
    if (!answers) return std::unexpected(answers.error());
    const auto timestamp = word((*answers)[0]);
    const auto before = chained ? word((*answers)[1]) : std::optional<Uint256>(1);
    if (!timestamp || !before) return fail("getTimestamp does not answer", to_hex(address()));
    if (*timestamp == 0) return Status{Stage::cancelled, {}, {}};
    if (*timestamp == 1) return Status{Stage::executed, {}, {}};
    Status status{Stage::queued, {seconds(*timestamp), 0}, {}};
    if (*before != 1)
      status.remark = "its predecessor " + to_hex(known.predecessor) + " is not executed";
    else if (status.window.from <= read.now())
      status.stage = Stage::ready;
    return status;
  }

  std::optional<Unwrapped> unwrap(BytesView data) const override {
    static const CallShape schedule("schedule(address,uint256,bytes,bytes32,bytes32,uint256)"),
        schedule_batch("scheduleBatch(address[],uint256[],bytes[],bytes32,bytes32,uint256)"),
        execute("execute(address,uint256,bytes,bytes32,bytes32)"),
        execute_batch("executeBatch(address[],uint256[],bytes[],bytes32,bytes32)");
    for (const auto* shape : {&schedule, &execute}) {
      if (const auto v = shape->decode(data))
        return Unwrapped{{{abi::as_address((*v)[0]), (*v)[1].word, (*v)[2].bytes}}, shape == &schedule};
    }
    for (const auto* shape : {&schedule_batch, &execute_batch}) {
      const auto v = shape->decode(data);
      if (!v) continue;
      const auto &targets = (*v)[0].elements, &values = (*v)[1].elements, &payloads = (*v)[2].elements;
      if (targets.size() != values.size() || targets.size() != payloads.size()) return std::nullopt;
      Unwrapped inner{{}, shape == &schedule_batch};
      for (std::size_t i = 0; i < targets.size(); ++i)
        inner.calls.push_back({abi::as_address(targets[i]), values[i].word, payloads[i].bytes});
      return inner;
    }
    return std::nullopt;
  }

  std::span<const char* const> config_events() const override {
    static constexpr const char* events[] = {role_granted, role_revoked, role_admin_changed,
                                             "MinDelayChange(uint256,uint256)"};
    return events;
  }

  Result<void> configure(Configuration& out, const Reader& read) const override {
    static const auto executor = role_hash("EXECUTOR_ROLE"), proposer = role_hash("PROPOSER_ROLE"),
                      canceller = role_hash("CANCELLER_ROLE"), admin = role_hash(""),
                      old_admin = role_hash("TIMELOCK_ADMIN_ROLE");
    const auto basic =
        read.calls(address(), {calldata("getMinDelay()(uint256)"),
                               calldata("hasRole(bytes32,address)(bool)", {abi::of(executor), abi::of(Address{})})});
    if (!basic) return std::unexpected(basic.error());
    const auto delay = word((*basic)[0]), open = word((*basic)[1]);
    if (!delay || !open) {
      out.add("min-delay", Colour::red, "{} does not answer as an OpenZeppelin TimelockController", to_hex(address()));
      return {};
    }
    out.delay_s = *delay;
    out.add("open-executor", green_if(*open == 0), "{}",
            *open == 0 ? "only holders of EXECUTOR_ROLE can execute"
                       : "EXECUTOR_ROLE is granted to everybody: anyone can execute what is ripe, at a time of theirs");
    const std::vector<Hash32> roles{admin, old_admin, proposer, canceller, executor};
    auto holders = holders_of(address(), roles_, roles, read);
    if (!holders) return std::unexpected(holders.error());
    add_admin_row(out, *holders, {admin, old_admin});
    add_driver_rows(out, *holders, proposer, canceller);
    const auto executors = holders->find(executor);
    std::optional<Address> somebody;
    if (executors != holders->end()) somebody = executors->second.front().account;
    if (*open != 0) somebody = Address{};
    add_executor_row(out, *holders, executor, {admin, old_admin});
    return add_reentry_row(out, somebody, read);
  }

 private:
  /// Scheduled once more after it was cancelled.
  TimelockOperation& scheduled_entry(const Hash32& id, const Uint256& index) {
    auto& operation = entry(id);
    if (!operation.by_index.contains(index)) return operation;
    std::erase(order_, operations_.extract(id).mapped());
    return entry(id);
  }

  TimelockOperation& entry(const Hash32& id) {
    auto& operation = operations_[id];
    if (!operation) {
      operation = std::make_shared<TimelockOperation>();
      operation->id = id;
      operation->name = "timelock operation " + to_hex(id);
      order_.push_back(operation);
    }
    return *operation;
  }

  static void settle(TimelockOperation& operation) {
    operation.hashed = IdHash(operation).fits(operation.id, operation.salt.view());
    operation.calls.clear();
    for (const auto& [index, call] : operation.by_index) operation.calls.push_back(call);
  }

  void add_admin_row(Configuration& out, const Holders& holders, std::initializer_list<Hash32> roles) const {
    std::vector<Holder> admins;
    for (const auto& role : roles) {
      if (const auto it = holders.find(role); it != holders.end())
        admins.insert(admins.end(), it->second.begin(), it->second.end());
    }
    const auto people = others(admins, std::array{address()});
    out.add("admin", any_without_code(people) ? Colour::red : amber_unless(people.empty()),
            "who may change its roles besides itself: {} (as granted since block {})", list_of(people), out.logs_from);
  }

  void add_driver_rows(Configuration& out, const Holders& holders, const Hash32& proposer,
                       const Hash32& canceller) const {
    const auto of = [&](const Hash32& role) {
      const auto it = holders.find(role);
      return it == holders.end() ? std::vector<Holder>{} : it->second;
    };
    const auto driver = place().driver.value_or(Address{});
    auto expected = place().peers;
    expected.push_back(driver);
    const auto proposers = others(of(proposer), expected), cancellers = others(of(canceller), expected);
    if (!place().driver) {
      out.add("proposers", amber_unless(proposers.empty()),
              "may propose: {}; name what drives it as governor, so that it is watched as well", list_of(proposers));
    } else {
      out.add("proposers", green_if(proposers.empty()), "may propose besides the governor {}: {}", to_hex(driver),
              list_of(proposers));
    }
    out.add("cancellers", amber_unless(cancellers.empty()), "may cancel {} before it is executed{}: {}",
            place().slot == "upgrader" ? "the switch or its inverse" : "arm",
            place().driver ? ", besides the governor" : "", list_of(cancellers));
  }

  /// Where one account alone may execute: anybody else who may can switch one chain alone, or switch it back under open
  /// trading. A list of holders is only whole if it begins with the contract, whose constructor makes it its own admin.
  void add_executor_row(Configuration& out, const Holders& holders, const Hash32& executor,
                        std::initializer_list<Hash32> admins) const {
    if (!place().executor) return;
    const auto it = holders.find(executor);
    const auto all = it == holders.end() ? std::vector<Holder>{} : it->second;
    const bool only = all.size() == 1 && all.front().account == *place().executor;
    const bool whole =
        std::ranges::any_of(admins, [&](const Hash32& role) { return roles_.candidates(role).contains(address()); });
    out.add("executors", green_if(only && whole),
            "EXECUTOR_ROLE is held by {} (as granted since block {}); it must be {} and nobody else{}", list_of(all),
            out.logs_from, to_hex(*place().executor),
            whole ? ""
                  : "; the contract is older than that block, so others may hold it too. Next: set logs_from of "
                    "the chain to where it was deployed");
  }

  /// Since 4.3.1 (CVE-2021-39168) an operation that is not ready is refused before its calls run; before, only after
  /// them, so that its calls could change that. Seen by asking what would become of an operation that nobody scheduled,
  /// whose only call fails.
  Result<void> add_reentry_row(Configuration& out, const std::optional<Address>& executor, const Reader& read) const {
    if (!executor) {
      out.add("version", Colour::amber, "no executor is known (roles were read since block {}), so it cannot be asked",
              out.logs_from);
      return {};
    }
    const Bytes no_such_function{0xff, 0xff, 0xff, 0xff};
    const auto refusal = read.refusal(
        *executor, address(),
        calldata("execute(address,uint256,bytes,bytes32,bytes32)",
                 {abi::of(address()), abi::of(Uint256(0)), abi::of(BytesView(no_such_function)), abi::of(Hash32{}),
                  abi::of(crypto::keccak256(std::string_view("lockstep: nobody scheduled this")))}));
    if (!refusal) return std::unexpected(refusal.error());
    const bool before = refusal->find("not ready") != std::string::npos ||
                        refusal->find("TimelockUnexpectedOperationState") != std::string::npos;
    out.add("version", green_if(before), "{}: {}",
            before ? "refuses an operation that is not ready before it runs its calls"
                   : "runs the calls of an operation before it asks whether it is ready, as before 4.3.1 "
                     "(CVE-2021-39168): whoever may execute can become its admin",
            *refusal);
    return {};
  }

  std::map<Hash32, std::shared_ptr<TimelockOperation>> operations_;
  std::vector<std::shared_ptr<TimelockOperation>> order_;
  RoleBook roles_;
};

}  // namespace

std::unique_ptr<Dialect> oz_timelock(Place place) { return std::make_unique<OzTimelock>(std::move(place)); }

}  // namespace lockstep::evm::governance
