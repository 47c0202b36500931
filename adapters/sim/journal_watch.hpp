#pragma once
// Rules over what an operator made durable since its process started, read from the records and not from what the
// coordinator thinks of them.
//   F12  After a final block of a plan that has not ended was replaced, nothing of it is to be signed or sent until
//        somebody has looked and resumes it.
//   R3   What is final only moves forward, but for such a replacement.
#include <map>
#include <optional>
#include <set>
#include <string>

#include "coordinator/record.hpp"
#include "coordinator/state.hpp"

namespace lockstep::sim {

class JournalWatch {
 public:
  /// In the order of the journal. What breaks a rule, in words; `before` is the state without the records of this
  /// transaction.
  std::optional<std::string> durable(const coordinator::Record& record, const coordinator::State& before);

 private:
  std::optional<std::string> intends(const Hash32& plan, const std::string& what) const;
  std::optional<std::string> observed(const coordinator::GateObserved& seen);
  void violated(const coordinator::FinalityViolated& what, const coordinator::State& before);

  std::set<Hash32> frozen_;
  std::map<std::pair<Hash32, coordinator::InstanceIndex>, std::uint64_t> final_num_;
};

}  // namespace lockstep::sim
