#pragma once
// The mirror of one instance, carried through upgrades. While an instance is halted for a plan, only oracle prices may
// move it: what the switch (or its rollback) changes is taken from the plan's declared deltas and never from the
// chain's events, so that comparing the mirror with the chain proves something. A user's action while halted is a
// contradiction: the breaker did not hold.
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "coordinator/gate.hpp"
#include "coordinator/plan.hpp"
#include "mirror/mirror.hpp"
#include "ports/chain.hpp"

namespace lockstep::runtime {

/// Parameter changes a plan declares for an instance, from the compiled plan. An error is a red answer, never an empty
/// list.
using Deltas =
    std::function<Result<std::vector<mirror::Delta>>(const Hash32& plan, coordinator::InstanceIndex instance)>;

/// The time one plan holds an instance, in final blocks. All of it comes from the journal.
struct HaltedWindow {
  Hash32 plan;
  coordinator::InstanceIndex instance = 0;
  std::uint64_t baseline_num = 0;           // halted from here on
  std::uint64_t last_unclosed_num = 0;      // last final block seen not closed
  std::optional<std::uint64_t> closed_num;  // first final block seen closed
  coordinator::Outcome outcome = coordinator::Outcome::none;
};

class InstanceMirror {
 public:
  static constexpr std::size_t most_recorded = std::size_t{1} << 18;

  /// Queues operations. The first feed is one that begins, and one that begins makes it a new mirror; blocks that were
  /// fed before are skipped, a gap is a contradiction.
  void feed(const ports::MirrorFeed& feed);
  /// A plan among them became known when the mirror was past the beginning of its halt: what the plan's switch
  /// announced was taken for the instance's own, and nothing but a new mirror is without it.
  bool is_past_beginning_of(const std::vector<HaltedWindow>& windows) const;
  /// Makes the mirror stand at final block `num`, which has been fed. `windows` ascending by baseline_num.
  void advance_to(std::uint64_t num, const std::vector<HaltedWindow>& windows, const Deltas& deltas);
  /// The first contradiction is kept; nothing is applied after it and no rows are given.
  void contradict(const std::string& detail);

  /// From now on, what is applied is noted for recorded().
  void record() { recorded_.emplace(); }
  void stop_recording() { recorded_.reset(); }
  /// What was applied since record() or the last call. Nothing if it was not noted, was too much, or the mirror came to
  /// be otherwise, as by what a closed plan declared.
  std::optional<std::vector<mirror::Operation>> recorded();

  bool started() const { return started_; }
  std::uint64_t position() const { return position_; }
  UnixSeconds time() const { return time_; }  // of the newest block it stood at when that was fed; 0: none yet
  std::uint64_t fed() const { return fed_; }
  /// The block it stands at; nothing while blocks that were fed wait.
  std::optional<coordinator::BlockRef> standing() const;
  const std::string& contradiction() const { return contradiction_; }
  std::uint64_t operations() const { return operations_; }
  const mirror::Mirror& mirror() const { return mirror_; }

  /// Rows as they must be where the mirror stands, under the version `expected` (none: as it is). Refuses after a
  /// contradiction.
  Result<mirror::Rows> rows(const Hash32& plan, coordinator::InstanceIndex instance, coordinator::Outcome expected,
                            const Deltas& deltas) const;
  /// The mirror those rows are of.
  Result<mirror::Mirror> under(const Hash32& plan, coordinator::InstanceIndex instance, coordinator::Outcome expected,
                               const Deltas& deltas) const;

 private:
  void apply(const mirror::Operation& operation, const std::vector<HaltedWindow>& windows);
  void apply_deltas_before(std::uint64_t num, const std::vector<HaltedWindow>& windows, const Deltas& deltas);

  mirror::Mirror mirror_;
  std::deque<mirror::Operation> pending_;
  std::set<Hash32> known_;    // plans whose window it was told in time
  std::set<Hash32> applied_;  // plans whose deltas are part of mirror_ for good
  std::uint64_t position_ = 0, fed_ = 0, operations_ = 0;
  UnixSeconds time_ = 0;
  coordinator::BlockRef fed_upto_;
  bool started_ = false;
  std::string contradiction_;
  std::optional<std::vector<mirror::Operation>> recorded_;
};

}  // namespace lockstep::runtime
