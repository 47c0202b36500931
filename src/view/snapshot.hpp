#pragma once
// The immutable picture readers get. Built by the writer thread after every durable step, shared by pointer, never
// changed.
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "coordinator/state.hpp"
#include "mirror/portfolio.hpp"
#include "ports/chain.hpp"
#include "view/tallies.hpp"

namespace lockstep::mirror {
struct Drift;
}

namespace lockstep::view {

/// What a line says to whoever draws it rather than reads it. Block times are the chain's own.
struct GateMark {
  coordinator::Finality finality = coordinator::Finality::head;
  coordinator::GatePhase phase = coordinator::GatePhase::idle;
  bool ours = false;  // the phase is of this plan's epoch
  bool halted = false;
  std::uint32_t mask = 0;
  std::uint64_t block_num = 0;
  UnixSeconds block_time = 0;
};
struct StageMark {
  coordinator::Stage stage = coordinator::Stage::checking;
};
struct ReportMark {
  coordinator::Colour colour = coordinator::Colour::red;
  std::uint64_t block_num = 0;
};
struct SignMark {
  coordinator::Kind kind = coordinator::Kind::none;
  Address signer;
};
using Mark = std::variant<std::monostate, GateMark, StageMark, ReportMark, SignMark>;

/// One line of a plan's timeline: a journal record in words.
struct JournalLine {
  std::uint64_t seq = 0, time_ms = 0;
  Hash32 plan;
  std::string chain;  // empty if it concerns the whole plan
  std::string type;   // constant, kebab-case: "stage-changed", "gate-changed", "attestation", "submit-intended" …
  std::string text;
  Mark mark = {};
};

/// The last time a sample of a mirror was held against the chain's own views.
struct MirrorAudit {
  std::uint64_t block_num = 0, time_ms = 0;  // both 0: never
  std::uint64_t rows = 0, views = 0;         // of that sample
  std::string error;                         // why the chain could not be asked the last time; empty = it was
};

/// What the changes that an open plan declares would make of a mirror, on the flow of today.
struct MirrorShadow {
  Hash32 plan;
  std::uint64_t since_num = 0, block_num = 0, operations = 0;  // followed from behind that block to this one
  std::shared_ptr<const mirror::Drift> drift = {};             // null: `error`
  std::string error = {};
};

struct MirrorSummary {
  std::string protocol, chain;
  std::uint64_t block_num = 0, accounts = 0, orders = 0, operations = 0;
  Hash32 digest;
  std::string contradiction;  // first one found; empty = none
  bool conserved = true;
  bool has_expiring = false;                                // something in it ends
  std::shared_ptr<const mirror::Portfolio> portfolio = {};  // null: nothing ends, or it is not priced yet
  std::uint64_t priced_num = 0;                             // block of the portfolio
  std::string unpriceable = {};                             // why there is none although something ends
  std::vector<MirrorShadow> shadows = {};                   // by plan
  MirrorAudit audit = {};
};

struct Alarm {
  std::uint64_t time_ms = 0;
  Hash32 plan;
  std::string code, detail;
};

/// A peer as it answers us, and what it was heard of since our start.
struct Peer {
  ports::PeerHealth health;
  std::set<Hash32> heard;  // plans
};

/// How many peers were heard of a plan since our start, and how many must be before we sign for it.
struct Hearing {
  std::size_t heard = 0, needed = 0;
  bool enough() const { return heard >= needed; }
};

/// The coordinator's state; a plan that did not change is the same object in the next snapshot.
struct Plans {
  std::map<Hash32, std::shared_ptr<const coordinator::PlanState>> plans;  // by plan hash
};

struct Snapshot {
  std::string service_name, version;
  std::string assurance;  // "single" | "quorum" | "degraded"
  std::uint64_t seq = 0;  // of the journal; what ETag and SSE ids are made of
  std::uint64_t started_ms = 0, now_ms = 0;
  bool ready = false;
  std::vector<std::string> not_ready_because;
  Plans state;
  std::map<std::string, ports::ChainHealth> chains;
  std::map<Address, Peer> peers;                      // by operator address
  std::map<std::string, ports::SignerMissed> missed;  // signers that do not sign, by chain; "": what attests
  std::map<Hash32, Hearing> hearing;                  // of plans that peers are asked about
  std::vector<ports::TxnSeen> transactions;           // newest last, bounded
  std::vector<MirrorSummary> mirrors;
  std::deque<Alarm> alarms;        // newest last, bounded
  std::deque<JournalLine> recent;  // newest last, bounded; older ones come from the journal
  Tallies tallies;
};

using SnapshotPtr = std::shared_ptr<const Snapshot>;

}  // namespace lockstep::view
