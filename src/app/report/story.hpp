#pragma once
// What the journal's records say happened to one plan, in the words of a report. No I/O: whoever has the records gets
// the same story.
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "coordinator/record.hpp"

namespace lockstep::app {

/// A record of the excerpt with its place in the journal.
struct StoryRecord {
  std::uint64_t seq = 0, time_ms = 0;
  coordinator::Record record;
};

/// When something first showed in a final block, on that chain's own clock.
struct Moment {
  std::uint64_t seq = 0;
  coordinator::BlockRef block;
};

struct StoryTxn {
  coordinator::Action action{};
  coordinator::TxnStatus status{};
  Hash32 txn;
  std::uint64_t seq = 0;
  std::string detail;
};

struct InstanceStory {
  std::optional<Moment> armed, halted, switched, closed;
  coordinator::Outcome closed_as = coordinator::Outcome::none;
  UnixSeconds closed_at = 0;  // in the block that closed it
  std::optional<coordinator::EvidenceReport> baseline, evidence, soak;
  std::optional<coordinator::BlockRef> soak_asked;
  std::vector<coordinator::CheckRow> readiness;  // last reported
  std::vector<StoryTxn> txns;                    // last report of each
};

struct StoryStage {
  coordinator::Stage stage{};
  std::uint64_t seq = 0, time_ms = 0;
};
struct StoryLine {
  std::uint64_t seq = 0, time_ms = 0;
  std::string kind, text;  // command, alarm, frozen, old-wanted, interference, sign-refused, equivocation
};

struct Story {
  coordinator::Plan plan;
  std::vector<InstanceStory> instances;  // as plan.instances
  std::vector<StoryStage> stages;
  std::vector<coordinator::Attestation> attestations;  // in the order they became known
  std::vector<StoryLine> lines;
  coordinator::Outcome decision = coordinator::Outcome::none;
  std::uint64_t decided_num = 0;
};

/// Whether a report needs the record. Stateful: of what is observed block after block, only changes are kept.
class Selection {
 public:
  bool wants(const coordinator::Record& record);

 private:
  struct Seen {
    coordinator::GateView view;
    bool any = false;
  };
  std::map<std::pair<coordinator::InstanceIndex, coordinator::Finality>, Seen> gates_;
};

/// The first record is the plan's submission, all are of that plan and in the order of the journal.
Result<Story> tell_story(std::span<const StoryRecord> records);

/// Latest less earliest chain time of a moment over all instances; nothing until all have it.
std::optional<std::uint64_t> spread_s(const Story& story, std::optional<Moment> InstanceStory::*moment);

}  // namespace lockstep::app
