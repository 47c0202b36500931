#pragma once
// Large answers that prove themselves, asked of one endpoint each and a few at a time. Carried on by EndpointPool a
// turn at a time, so that whoever needs them can see to other things while a slow endpoint works.
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "adapters/transport/failure.hpp"
#include "adapters/transport/json_rpc.hpp"

namespace lockstep::transport {

/// What somebody who can check an answer says of it.
struct Verdict {
  enum class Kind : std::uint8_t {
    good,
    more,  // good as far as it goes; another endpoint has to say the same
    none,  // no answer; another endpoint may have one
    lie    // it cannot be true
  };
  Kind kind = Kind::good;
  std::string why = {};
};
/// `body`: as it came, of a single call (no batch), or of a batch if it was asked as one.
using Judge = std::function<Verdict(std::size_t request, std::string& body, std::size_t endpoint)>;

struct FetchRequest {
  std::vector<RpcCall> calls;
  bool batch = false;  // else it is exactly one call
};

class Fetch {
 public:
  void add(std::vector<FetchRequest> requests, std::size_t in_flight) {
    in_flight_ = in_flight;
    for (auto& request : requests) {
      waiting_.push_back(requests_.size());
      requests_.push_back(std::move(request));
    }
    tried_.resize(requests_.size());
  }
  /// Every request has a good answer or has failed.
  bool over() const { return waiting_.empty() && asked_.empty(); }
  /// Requests to which no endpoint has a good answer, and what the last one said; `disagreement` if that was a lie.
  const std::map<std::size_t, Failure>& failed() const { return failed_; }

 private:
  friend class EndpointPool;
  std::vector<FetchRequest> requests_;
  std::size_t in_flight_ = 1;
  std::deque<std::size_t> waiting_;
  std::map<std::size_t, std::size_t> asked_;  // request → endpoint; judged answers are taken out
  std::map<std::size_t, std::expected<std::string, Failure>> arrived_;  // not judged yet
  std::vector<std::set<std::size_t>> tried_;                            // by request
  std::map<std::size_t, Failure> last_, failed_;
};

}  // namespace lockstep::transport
