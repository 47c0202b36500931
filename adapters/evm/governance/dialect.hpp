#pragma once
// One way governance lets an operation ripen. A dialect is one file: what it watches, how an operation's id is
// recomputed from its calls, what a state read says of it and when it may be executed, what a call to the contract
// would run, and how its contract is configured. Events only hint at what to ask for; what is told was read from state
// at a block. Adding one: docs/governance.md.
#include <map>
#include <memory>
#include <optional>
#include <span>

#include "adapters/evm/check.hpp"
#include "adapters/evm/governance/reader.hpp"
#include "adapters/evm/log.hpp"
#include "coordinator/event.hpp"

namespace lockstep::evm::governance {

/// Ordered by how far an operation is on its way; of two facts about one action the further one holds.
enum class Stage : std::uint8_t { unseen, cancelled, expired, proposed, queued, ready, executed };
const char* to_text(Stage stage);
/// What the coordinator is told: an expired operation does as little as a cancelled one.
coordinator::GovernanceStage told_as(Stage stage);

struct Call {
  Address target;
  Uint256 value = 0;
  Bytes data;
  bool operator==(const Call&) const = default;
};

/// The seconds in which an operation may be executed, both included.
struct Window {
  UnixSeconds from = 0;   // 0 = not known yet
  UnixSeconds until = 0;  // 0 = no end
  bool operator==(const Window&) const = default;
};

/// One operation whose id hashes, or whose calls a state read gives, to what it will run.
struct Operation {
  virtual ~Operation() = default;
  std::string name;  // "timelock operation 0x…"
  std::vector<Call> calls;
  bool ran = false;  // what announces it is that it ran: it never waited
};
using OperationPtr = std::shared_ptr<const Operation>;

struct Status {
  Stage stage = Stage::unseen;
  Window window;
  std::string remark;  // what holds it up, or what cannot be known; may be empty
};

/// What a call to a governance contract would lead to.
struct Unwrapped {
  std::vector<Call> calls;
  bool schedules = false;  // it only queues them
};

/// The action we look for: gate.arm(plan, …). `calldata` is the plan's own; another calldata with the same plan hash is
/// reported as such.
struct Wanted {
  Hash32 plan;
  Address gate;
  Bytes calldata;
  std::vector<std::string> planned = {};  // names of operations that are the plan's own though they do not arm
};

/// Where a dialect's contract stands: who is meant to drive it (the configured governor of a timelock), and what it is
/// meant to drive (the timelock of a governor).
struct Place {
  Address address;
  std::optional<Address> driver, drives;
  std::string slot = "timelock";  // or "governor", "upgrader": begins the names of its readiness rows
  std::uint64_t chain_id = 0;
  Address gate;
  std::optional<Address> executor = {};  // the only account that may execute: in direct mode, or in an upgrader
  std::vector<Address> peers = {};       // who may drive it besides the driver
};

/// Readiness rows about the contract itself, and what other rows need of it.
struct Configuration {
  Rows& rows;
  std::string slot;
  std::optional<Uint256> delay_s;  // between queueing and the first second of execution
  std::uint64_t logs_from = 0;     // the first block whose logs were read

  template <class... Args>
  void add(const char* what, Colour colour, fmt::format_string<Args...> text, Args&&... args) {
    rows.add((slot + "-" + what).c_str(), "", colour, "{}", fmt::format(text, std::forward<Args>(args)...));
  }
};

class Dialect {
 public:
  explicit Dialect(Place place) : place_(std::move(place)) {}
  virtual ~Dialect() = default;
  const Address& address() const { return place_.address; }
  const Place& place() const { return place_; }

  virtual void observe(const Log& log) = 0;  // every log of address(), in chain order
  virtual void forget() = 0;                 // everything observed; logs will come again from the first

  /// Transactions whose calldata holds what events leave out (a salt). An answer proves itself: with it the operation
  /// hashes to its id, or it does not.
  virtual std::vector<Hash32> txns_wanted() const { return {}; }
  virtual void learn(const Hash32& /*txn*/, BytesView /*input*/) {}

  /// What is known, oldest first. `wanted`: for contracts that do not publish what they are about to run, what would
  /// run it counts as known.
  virtual std::vector<OperationPtr> operations(const Wanted* wanted) const = 0;
  /// An error if the state could not be read.
  virtual Result<Status> status(const Operation& operation, const Reader& read) const = 0;
  /// Operations that were announced and whose calls cannot be recomputed: nobody knows what they do.
  virtual std::vector<std::string> doubts() const { return {}; }

  /// Of what unplanned() asked before: whether it is over. What is announced again is another object.
  std::map<OperationPtr, bool>& asked() { return asked_; }

  /// Nothing: not a call that leads to another one.
  virtual std::optional<Unwrapped> unwrap(BytesView /*calldata*/) const { return std::nullopt; }

  /// Canonical signatures of events that change who may do what, or how long it takes.
  virtual std::span<const char* const> config_events() const = 0;
  /// An error if the contract could not be read; a contract that is no such one is a red row.
  virtual Result<void> configure(Configuration& out, const Reader& read) const = 0;

 private:
  Place place_;
  std::map<OperationPtr, bool> asked_;
};

using Dialects = std::vector<std::unique_ptr<Dialect>>;

}  // namespace lockstep::evm::governance
