#pragma once
// One way governance lets an operation ripen. Events are hints that tell what to ask for; what is reported was read
// from state at a block, and an operation's id is recomputed from its calls before it is believed.
#include <memory>
#include <optional>
#include <span>

#include "adapters/evm/log.hpp"
#include "adapters/evm/rpc_read.hpp"
#include "coordinator/event.hpp"

namespace lockstep::evm::governance {

struct Fact {
  coordinator::GovernanceStage stage = coordinator::GovernanceStage::unseen;
  UnixSeconds executable_at = 0;  // 0 = not known yet
  std::string detail;
};

/// The action we look for: gate.arm(plan, …). `calldata` is the plan's own; another calldata with the same plan hash is
/// reported as such.
struct Wanted {
  Hash32 plan;
  Address gate;
  Bytes calldata;
};

class Dialect {
 public:
  virtual ~Dialect() = default;
  virtual Address address() const = 0;
  virtual void observe(const Log& log) = 0;  // every log of address(), in chain order
  virtual void forget() = 0;                 // everything observed; logs will come again from the first
  virtual std::vector<RpcCall> reads(const Wanted& wanted, const Hash32& block) const = 0;
  /// `answers` to reads() of the same block. Nothing if no operation of that kind is known.
  virtual Result<std::optional<Fact>> judge(const Wanted& wanted, std::span<const RpcAnswer> answers,
                                            UnixSeconds block_time) const = 0;
};

std::unique_ptr<Dialect> oz_timelock(const Address& address);
std::unique_ptr<Dialect> oz_governor(const Address& address);

/// How far a stage is on its way; of two facts about one action the further one holds.
int rank(coordinator::GovernanceStage stage);
bool arms(const Wanted& wanted, const Address& target, BytesView calldata);

}  // namespace lockstep::evm::governance
