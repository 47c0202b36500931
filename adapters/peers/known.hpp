#pragma once
// What was handed on already, so that it is verified and told once.
#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "coordinator/attestation.hpp"

namespace lockstep::peers {

/// Of one plan. Two different statements of one kind by one operator are proof of its equivocation; more of them prove
/// nothing more and are dropped, so that nobody can fill our memory by signing.
class Known {
 public:
  enum class Verdict { fresh, told, needless };

  Verdict look(const coordinator::Attestation& attestation) const {
    const auto found = statements_.find({attestation.statement.kind, attestation.signer});
    if (found == statements_.end()) return Verdict::fresh;
    if (std::ranges::find(found->second, attestation.statement) != found->second.end()) return Verdict::told;
    return found->second.size() < most ? Verdict::fresh : Verdict::needless;
  }
  void add(const coordinator::Attestation& attestation) {
    statements_[{attestation.statement.kind, attestation.signer}].push_back(attestation.statement);
  }

 private:
  static constexpr std::size_t most = 2;
  std::map<std::pair<coordinator::Kind, Address>, std::vector<coordinator::Statement>> statements_;
};

}  // namespace lockstep::peers
