#pragma once
// One step in the making: a copy of the plan, and the records that changed it, in order. add() is the only way to
// change the copy, so that the copy is always the fold of the state before and the records.
#include <string>
#include <utility>
#include <vector>

#include "coordinator/record.hpp"

namespace lockstep::coordinator {

/// The fold of one record into the plan it belongs to. PlanSubmitted and ClockTicked are folded into State (apply.cpp).
void apply_to(PlanState& plan, const Record& record);

class Draft {
 public:
  Draft(PlanState plan, UnixSeconds now) : plan_(std::move(plan)), now_(now) {}

  const PlanState& plan() const { return plan_; }
  UnixSeconds now() const { return now_; }  // our clock; pacing only
  const Hash32& hash() const { return plan_.plan.hash; }
  std::size_t size() const { return records_.size(); }

  void add(Record record) {
    apply_to(plan_, record);
    records_.push_back(std::move(record));
  }
  void alarm(std::string code, std::string detail) {
    records_.emplace_back(AlarmRaised{hash(), std::move(code), std::move(detail)});
  }
  std::vector<Record> take() { return std::move(records_); }

 private:
  PlanState plan_;
  UnixSeconds now_;
  std::vector<Record> records_;
};

}  // namespace lockstep::coordinator
