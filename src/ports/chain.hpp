#pragma once
// A chain, seen from the coordinator's side of the wall: an actor that is given work and says what happened. Everything
// chain-specific (encodings, finality, fees, nonces, dialects) is behind this. All methods return at once; all answers
// go to the sink, in chain order.
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/durations.hpp"
#include "coordinator/effect.hpp"
#include "coordinator/event.hpp"
#include "mirror/op.hpp"
#include "mirror/row.hpp"

namespace lockstep::ports {

/// Final operations of one instance, block by block, gap-free. Sent before the GateObserved(final) of the same block.
struct MirrorFeed {
  std::string protocol, chain;
  std::uint64_t from_num = 0;                 // first block covered
  coordinator::BlockRef upto;                 // last block covered
  std::vector<mirror::Operation> operations;  // ascending by (block_num, log_index)
  bool begins = false;                        // at deployment: nothing that was fed before holds any more
};

/// Calls of one method to one endpoint since start. refused: answered with an error; failed: not answered.
struct RpcCalls {
  std::string method;
  std::uint64_t ok = 0, refused = 0, failed = 0;
};

struct EndpointHealth {
  std::string name;  // never the URL
  bool up = false;
  std::uint64_t requests = 0, failures = 0;  // since start
  std::string last_error;
  double latency_s = 0;             // of the last answer
  std::uint64_t disagreements = 0;  // answers that others, or proofs, showed to be untrue
  std::vector<RpcCalls> calls = {};
  Durations latencies = {};
};

/// An answer that was shown to be untrue: evidence for whoever runs or pays the endpoint.
struct EndpointDispute {
  std::uint64_t seq = 0;  // of the chain, from 1
  std::string endpoint, method, detail;
};

/// How far events were read: blocks [from, next), without gaps.
struct LogsRead {
  std::uint64_t from = 0, next = 0;
  bool proved = true;  // by receiptsRoot; else by K equal answers
};

/// What is still to be paid on a chain for the plans that are known, as if we sent all of it. Wei, decimal; empty: not
/// known.
struct CostForecast {
  std::uint32_t txns = 0;
  std::string now_wei, cap_wei;  // at the head's fees; at max_fee_gwei
  std::string upgrade_wei;       // one more upgrade at the head's fees
};

struct ChainHealth {
  std::string chain;
  coordinator::BlockRef head, final;
  std::vector<EndpointHealth> endpoints;
  std::uint64_t reorgs = 0, reorg_depth_max = 0;
  std::vector<EndpointDispute> disputes;  // the last ones, newest last
  LogsRead logs;
  /// Final blocks whose events were not read yet.
  std::uint64_t logs_behind() const { return final.num + 1 > logs.next ? final.num + 1 - logs.next : 0; }
  std::string signer;       // address, empty if none
  std::string balance_wei;  // decimal
  std::uint64_t nonce = 0;
  CostForecast forecast = {};
};

/// What the status API shows of transactions; the coordinator gets TxnReported.
struct TxnSeen {
  Hash32 plan;
  std::string chain;
  coordinator::Action action;
  coordinator::TxnStatus status;
  Hash32 txn;
  std::uint64_t nonce = 0, block_num = 0, gas_used = 0;
  std::uint32_t attempt = 0;
};

/// A peer gave everything it holds of a plan, and all of it went to the sink before this. Once per peer and plan since
/// our start: an operator that was restored from an old copy learns what it once signed before it signs again (F3).
struct PeerHeard {
  Address peer;
  Hash32 plan;
};

struct PeerHealth {
  Address peer;  // operator address from the configuration; what a peer hands on is believed by its signature only
  bool up = false;
  std::uint64_t requests = 0, failures = 0;  // since start
  std::string last_error;                    // never a URL
  double latency_s = 0;                      // of the last answer
};

/// What the mirror has at a block: all of it for an effect that asks for evidence there, some of it for readiness; null
/// for effects that compare nothing, and for readiness where the mirror is not at a final block.
struct Expected {
  mirror::Rows rows;
  std::vector<Hash32> upgrades = {};  // other plans that closed NEW there: what they tolerate is tolerated from then on
  coordinator::BlockRef block = {};
};
using ExpectedRows = std::shared_ptr<const Expected>;

/// Some of the mirror's rows at a final block, to be held against what the chain's own views say there.
struct AuditAsked {
  std::string protocol;
  ExpectedRows expected;
};

/// What came of it.
struct AuditSeen {
  std::string protocol, chain;
  coordinator::BlockRef block;
  std::uint64_t rows = 0, views = 0;     // views: calls that were made; none where the protocol binds none
  std::uint64_t differing = 0;           // fields
  std::vector<std::string> differences;  // the first ones in words
  std::string error;                     // not empty: the chain did not answer, and nothing is known
};

/// Whoever keeps a key was asked for a signature, and nothing came for longer than it should take.
struct SignerMissed {
  std::string chain;  // it pays there; empty: it attests
  std::string why;    // empty: it signs again
};

/// Somebody changed who may upgrade, stop or govern an instance, or its code, and no plan that is known explains it.
/// From head blocks, whether a plan is open or not.
struct UnplannedChange {
  enum class Told : std::uint8_t {
    now,
    before,     // our last start: shown again, and nobody is called again
    taken_back  // with its block, which a reorganisation replaced
  };
  std::string protocol, chain;
  coordinator::BlockRef block;
  std::string detail;
  Told told = Told::now;
};

using News = std::variant<coordinator::Event, MirrorFeed, ChainHealth, TxnSeen, PeerHeard, PeerHealth, AuditSeen,
                          SignerMissed, UnplannedChange>;
using Sink = std::function<void(News)>;  // thread-safe; blocks while the inbox is full

class Chain {
 public:
  virtual ~Chain() = default;
  virtual void start(Sink sink) = 0;
  virtual void follow(const Hash32& plan,
                      coordinator::InstanceIndex instance) = 0;  // observe this instance's gate for this plan
  virtual void perform(const coordinator::Effect& effect,
                       ExpectedRows expected) = 0;  // idempotent by coordinator::key(effect)
  /// Answered once by AuditSeen when nothing else is to do; a later one for the same protocol takes its place.
  virtual void audit(AuditAsked asked) = 0;
  /// Feeds the mirror of this protocol's instance once more, from deployment.
  virtual void refeed(const std::string& protocol) = 0;
  virtual void stop() = 0;  // returns when its threads have ended
};

}  // namespace lockstep::ports
