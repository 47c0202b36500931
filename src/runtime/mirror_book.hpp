#pragma once
// All mirrors, and the rows that evidence effects wait for. No thread, no clock: the writer thread drives it.
//
// A mirror stands at the last final block the coordinator has seen, not at the last one fed, so that an effect decided
// from that block finds the mirror exactly there. An effect about a later block (evidence of a switch is asked for at a
// head block) waits until that block is final and fed: oracle prices move while an instance is halted, and the mirror
// knows them from final blocks only. After a restart the feed begins at deployment and the mirror stops at every block
// that an outstanding effect asks for.
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "coordinator/decide.hpp"
#include "ports/chain.hpp"
#include "runtime/instance_mirror.hpp"
#include "runtime/replica.hpp"
#include "view/mirror_account.hpp"
#include "view/snapshot.hpp"

namespace lockstep::runtime {

/// An evidence effect whose rows are known, or why they never will be.
struct Answerable {
  coordinator::Effect effect;
  ports::ExpectedRows rows;
  std::string refusal;  // not empty: rows is null
};

/// A mirror at the block of a baseline ("before") or of evidence ("new", "old"), under the version expected there.
/// Returns at once.
using KeepMirror = std::function<void(mirror::Mirror mirror, const std::string& protocol, const std::string& chain,
                                      const coordinator::BlockRef& block, const char* moment)>;

class MirrorBook {
 public:
  explicit MirrorBook(Deltas deltas, KeepMirror keep = {}) : deltas_(std::move(deltas)), keep_(std::move(keep)) {}

  /// Every GateObserved, live or replayed, before the state it leads to is used. False: it is final and older than one
  /// that was seen before, so that it says nothing new, and the mirror may be past it.
  bool observe(const coordinator::State& state, const coordinator::GateObserved& seen);
  /// A final block was replaced: what this instance's mirror knows is no longer the chain's. It is built anew from the
  /// feed, which begins again at deployment, and not before a final block has said what is true of the instance now.
  void replaced(const coordinator::State& state, const coordinator::FinalityViolated& what);
  void feed(const ports::MirrorFeed& feed);
  /// TakeBaseline or CheckEvidence of a plan in `state`.
  void want(const coordinator::State& state, const coordinator::Effect& effect);
  /// Mirrors that were given up since the last call, because a plan came too late for them; the feed of each has to
  /// begin again.
  std::set<std::pair<std::string, std::string>> given_up() { return std::exchange(given_up_, {}); }
  /// Moves every mirror as far as it may go and returns what can be answered now. Wants that are no longer outstanding
  /// are forgotten.
  std::vector<Answerable> advance(const coordinator::State& state);

  std::vector<view::MirrorSummary> summaries();

  using Place = std::pair<std::string, std::string>;  // protocol, chain
  struct Standing {
    Place place;
    coordinator::BlockRef block;
    const mirror::Mirror* mirror;
    std::vector<Hash32> upgrades;  // plans that closed NEW there
  };
  /// The mirror if it stands at the last final block that was fed, and nothing contradicts.
  std::optional<Standing> at_final(const coordinator::State& state, const Place& place) const;
  /// Those mirrors that are now as the chain must be there: no plan has halted the instance.
  std::vector<Standing> standing(const coordinator::State& state) const;
  /// What became of every mirror that somebody has to value beside this thread: where something ends, and where a plan
  /// is open that declares changes. Without `room` for it, a mirror is given up and begun anew another time.
  std::vector<Appraisable> appraisables(const coordinator::State& state, bool room);
  /// An error says that there is no such mirror, or that what it knows is contradicted.
  Result<view::MirrorAccount> account(const Place& place, const Address& address) const;
  /// What the chain's own views say is not what this mirror has; every question about it is answered red from now on.
  void contradict(const Place& place, const std::string& detail);

 private:
  using Member = std::pair<Hash32, coordinator::InstanceIndex>;
  struct Seen {
    std::uint64_t final_num = 0;
    std::uint64_t last_unclosed_num = 0;
    std::optional<std::uint64_t> last_before_switch;
  };
  struct Want {
    coordinator::Effect effect;
    Place place;
    Member member;
    std::uint64_t num = 0;
    coordinator::Outcome expected = coordinator::Outcome::none;
  };
  std::uint64_t limit(const coordinator::State& state, const Place& place, std::uint64_t fed) const;
  std::vector<HaltedWindow> windows(const coordinator::State& state, const Place& place) const;
  void advance(const coordinator::State& state, const Place& place, InstanceMirror& mirror,
               std::vector<Answerable>& out);
  void answer(const coordinator::State& state, const Place& place, const InstanceMirror& mirror,
              std::vector<Answerable>& out);
  void forget_stale(const coordinator::State& state);

  void keep(const Place& place, const Want& want, const InstanceMirror& mirror) const;

  Deltas deltas_;
  KeepMirror keep_;
  std::map<Place, InstanceMirror> mirrors_;
  std::set<Place> given_up_;
  std::map<Member, Seen> seen_;
  std::map<std::string, Want> wants_;  // by effect key
  struct Summed {
    std::uint64_t num = 0, operations = 0;
    Hash32 digest;
    bool has_expiring = false;
  };
  static Summed sum(const InstanceMirror& mirror);
  std::map<Hash32, std::vector<mirror::Delta>> declared(const coordinator::State& state, const Place& place) const;
  std::optional<Appraisable> appraisable(const coordinator::State& state, const Place& place, InstanceMirror& mirror,
                                         bool room);
  std::map<Place, Summed> summed_;
  std::map<Place, std::pair<std::uint64_t, std::uint64_t>> told_;  // block and operations of what was given out
  std::set<Place> followed_;                                       // by the appraiser
};

}  // namespace lockstep::runtime
