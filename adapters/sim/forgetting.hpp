#pragma once
// What operators signed and forgot. S8 and F3 are promised to whoever was restored from an old copy too, where somebody
// is there to tell it: an operator that is in N - 1 peers' hands, enough of which keep its signature for certain, hears
// of it before it signs; an operator that lost its journal alone has a guard that knows.
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "adapters/sim/scenario.hpp"
#include "coordinator/state.hpp"

namespace lockstep::sim {

class Forgetting {
 public:
  explicit Forgetting(const Scenario& scenario) : scenario_(scenario) {}

  /// The journal of `holder` is this now: durable, and served to whoever asks.
  void keeps(std::size_t holder, const coordinator::State& state);
  /// A process of `self` begins with this journal.
  void starts(std::size_t self, const coordinator::State& state);
  /// `copied`: its key runs twice, so that one of the two may not know of it. The law that it breaks, if any.
  std::optional<std::string> signs(std::size_t self, const std::string& protocol, const coordinator::Attestation& made,
                                   bool copied);

 private:
  struct Signed {
    std::string protocol;
    coordinator::Attestation made;
    std::set<std::size_t> keepers;  // that lose nothing
    bool known = false;             // to the journal that runs
    bool will_be_told = false;      // it is not, and will be before anything is signed
  };
  bool told_before_signing(std::size_t self, const Signed& one) const;

  const Scenario& scenario_;
  std::map<std::size_t, std::vector<Signed>> signed_;  // by operator
};

}  // namespace lockstep::sim
