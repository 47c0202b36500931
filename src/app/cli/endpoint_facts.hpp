#pragma once
// What one endpoint answers when it is asked what it is and what it can do: for `init`, `doctor` and `chain rpc`.
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "adapters/evm/header.hpp"
#include "base/time.hpp"
#include "settings/config.hpp"

namespace lockstep::app {

/// A block tag as the endpoint serves it.
struct TagFacts {
  std::optional<evm::Header> block;
  std::string why;  // there is none
};

struct EndpointFacts {
  std::string name;
  bool reachable = false;
  std::string error;  // why it cannot be used: not reachable, no batches, no head; never a URL
  std::uint64_t chain_id = 0;
  std::string client;  // web3_clientVersion, at most 120 characters
  bool syncing = false;
  Hash32 anchor;  // hash of block 0; zero if it was not told
  TagFacts latest, safe, finalized;
  double block_s = 0;        // mean between the last blocks; 0: too few blocks
  std::string proofs;        // empty: eth_getProof where the chain is final holds against the state root; else why not
  std::string override_;     // empty: eth_call takes a state override, as rehearsals need; else why not
  double latency_s = 0;      // of the first batch
  UnixSeconds asked_at = 0;  // our clock

  bool usable() const { return error.empty(); }
};

/// What counts as final: what is acted on is proved there.
struct FinalAs {
  settings::FinalityTag tag = settings::FinalityTag::finalized;
  std::uint64_t confirmations = 0;  // with FinalityTag::confirmations
};

/// Asks; takes three times the timeout at most.
EndpointFacts ask_endpoint(const std::string& name, const std::string& url, std::uint32_t timeout_ms, FinalAs final_as);

/// Blocks from the head back to a tag's; nothing if it is not served.
std::optional<std::uint64_t> behind(const EndpointFacts& facts, const TagFacts& tag);
/// Whether the tag means more than "some old block": an answer that is not block 0 of a chain that has more, and not so
/// old that finality must have stopped.
bool serves(const EndpointFacts& facts, const TagFacts& tag);
nlohmann::json to_json(const EndpointFacts& facts);

/// Head age that is still normal for this block time, in seconds.
std::uint64_t normal_age_s(double block_s);

}  // namespace lockstep::app
