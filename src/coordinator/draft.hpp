#pragma once
// One step in the making: the plan, and the records that changed it, in order. add() is the only way to change it, so
// that it is always the fold of the state before and the records. The plan is copied by the first record, so that
// looking at many plans costs nothing.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "coordinator/record.hpp"

namespace lockstep::coordinator {

/// The fold of one record into the plan it belongs to. PlanSubmitted and ClockTicked are folded into State (apply.cpp).
void apply_to(PlanState& plan, const Record& record);

class Draft {
 public:
  /// `before` must outlive the draft.
  Draft(const PlanState& before, UnixSeconds now) : before_(&before), now_(now) {}
  /// A plan that does not exist yet.
  Draft(PlanState&& fresh, UnixSeconds now) : plan_(std::move(fresh)), now_(now) {}

  // A reference taken from plan() before the first add() goes on showing the plan as it was.
  /// Null for a plan that did not exist.
  const PlanState* before() const { return before_; }
  const PlanState& plan() const { return before_ && !plan_ ? *before_ : *plan_; }
  UnixSeconds now() const { return now_; }  // our clock; pacing only
  const Hash32& hash() const { return plan().plan.hash; }
  std::size_t size() const { return records_.size(); }

  void add(Record record) {
    if (!plan_) plan_ = *before_;
    apply_to(*plan_, record);
    records_.push_back(std::move(record));
  }
  void alarm(std::string code, std::string detail) {
    records_.emplace_back(AlarmRaised{hash(), std::move(code), std::move(detail)});
  }
  std::vector<Record> take() { return std::move(records_); }

 private:
  const PlanState* before_ = nullptr;
  std::optional<PlanState> plan_;
  UnixSeconds now_;
  std::vector<Record> records_;
};

}  // namespace lockstep::coordinator
