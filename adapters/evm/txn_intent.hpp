#pragma once
// One transaction we decided to send, as it is kept durably before anything is signed, and with the signed bytes before
// they leave, so that a restart sends the same ones again.
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "adapters/evm/txn.hpp"
#include "coordinator/effect.hpp"

namespace lockstep::evm {

enum class TxnState : std::uint8_t {
  waiting,   // not yet given a nonce
  sent,      // broadcast at least once, or about to be
  mined,     // in a block that is not final
  settled,   // in a final block
  reverted,  // mined and reverted
  rejected   // refused before it got a nonce
};

struct TxnIntent {
  std::string key;  // coordinator::key of the Submit
  Hash32 plan;
  coordinator::InstanceIndex instance = 0;
  coordinator::Action action = coordinator::Action::engage;
  coordinator::Outcome outcome = coordinator::Outcome::none;
  std::uint32_t attempt = 0;
  std::uint16_t step = 0;  // direct mode: which of the action's transactions
  TxnState state = TxnState::waiting;
  Txn txn;
  std::vector<Hash32> hashes;  // of every version broadcast, the last one current
  Bytes raw;                   // the newest version as it was signed; empty before
  std::uint64_t block_num = 0, gas_used = 0;
  std::string detail;

  Hash32 current() const { return hashes.empty() ? Hash32{} : hashes.back(); }
  bool in_flight() const { return state == TxnState::sent || state == TxnState::mined; }
  nlohmann::json to_json() const;
  static Result<TxnIntent> from_json(const nlohmann::json& value);
};

const char* to_text(TxnState state);

/// EIP-1559 replacement rules of common nodes ask for 10 % more on both fees; we give 12.5 %, rounded up, at most the
/// cap. False if the cap leaves no room.
bool raise_fees(Txn& txn, const Uint256& cap);

}  // namespace lockstep::evm
