#include "adapters/evm/governance/dialect.hpp"

#include "adapters/evm/gate_abi.hpp"

namespace lockstep::evm::governance {

int rank(coordinator::GovernanceStage stage) {
  using enum coordinator::GovernanceStage;
  switch (stage) {
    case unseen:
      return 0;
    case cancelled:
      return 1;
    case proposed:
      return 2;
    case queued:
      return 3;
    case ready:
      return 4;
    case executed:
      return 5;
  }
  return 0;
}

bool arms(const Wanted& wanted, const Address& target, BytesView calldata) {
  return target == wanted.gate && armed_plan(calldata) == wanted.plan;
}

}  // namespace lockstep::evm::governance
