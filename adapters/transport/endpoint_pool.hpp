#pragma once
// R endpoints of one chain, of which K must agree. The denominator is fixed: an endpoint that is down, late or wrong is
// a missing vote, never a smaller quorum. An endpoint counts only after it proved that it is on the right chain (chain
// id, hash of block 0), which is asked again after every failure. Nothing waits for a slow endpoint once enough others
// have answered; what comes late is still compared. Belongs to one thread, except interrupt() and wake().
#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "adapters/transport/endpoint_record.hpp"
#include "adapters/transport/fetch.hpp"
#include "adapters/transport/http.hpp"
#include "adapters/transport/json_rpc.hpp"

namespace lockstep::transport {

struct PoolOptions {
  std::uint64_t chain_id = 0;
  std::uint32_t quorum = 1;  // K
  std::uint32_t timeout_ms = 5000;
  std::uint32_t backoff_min_ms = 100, backoff_max_ms = 5000;  // of a failed endpoint; doubled each time, with jitter
  std::uint32_t distrust_min_ms = 1000, distrust_max_ms = 60'000;  // of one that said what is not so
  std::size_t response_cap = max_response_bytes;
  std::string anchor = {};  // hash of block 0 if it is known from before
};

struct EndpointUrl {
  std::string name, url;
};

class EndpointPool {
 public:
  using Clock = std::chrono::steady_clock;
  using Answers = std::vector<RpcAnswer>;
  using ByEndpoint = std::map<std::size_t, Answers>;  // by place in the configured list

  EndpointPool(const std::vector<EndpointUrl>& endpoints, const PoolOptions& options);
  ~EndpointPool();

  /// Tries endpoints that are down and due; waits for them only while fewer than K are up. True if at least K are.
  bool connect();
  bool usable() const { return up_count() >= options_.quorum; }
  Clock::time_point next_retry() const;

  /// From the preferred endpoint; if its transport fails, from the next best that is up. For answers that prove
  /// themselves or only hint.
  RpcAnswers ask(const std::vector<RpcCall>& calls);
  /// Each answer as given equally by at least K of the R endpoints; a call without K equal results fails alone with
  /// `disagreement`. Who answers a call that is pinned to a block hash with another result than K others is distrusted.
  RpcAnswers agreed(const std::vector<RpcCall>& calls);
  /// From every endpoint that is up; nothing for the others. Returns as soon as `enough` says so of what has come, and
  /// `grace_ms` after that for those that are nearly there.
  using Enough = std::function<bool(const ByEndpoint& until_now)>;
  ByEndpoint each(const std::vector<RpcCall>& calls, const Enough& enough = {}, std::uint32_t grace_ms = 0);

  using Verdict = transport::Verdict;
  using Judge = transport::Judge;
  using Request = FetchRequest;
  /// Asked of the preferred endpoint, `in_flight` at a time; each that has no good answer there of the next. Answers
  /// come in whenever the pool lets any in; advance() has them judged, in any order, until all is over (true) or
  /// `until` has come, or `enough` says so of what was judged. What is no longer wanted is simply dropped.
  std::shared_ptr<Fetch> begin_fetch(std::vector<Request> requests, std::size_t in_flight);
  bool advance(const std::shared_ptr<Fetch>& fetch, Clock::time_point until, const Judge& judge,
               const std::function<bool()>& enough = {});
  /// More of the same, numbered on, behind all others.
  void extend(const std::shared_ptr<Fetch>& fetch, std::vector<Request> requests, std::size_t in_flight);
  /// The same for those who can wait for all of it. Fails with the first request that no endpoint has a good answer to.
  std::expected<void, Failure> fetch(std::vector<Request> requests, std::size_t in_flight, const Judge& judge);

  /// What an endpoint said was wrong: it is not used until it has proved itself again.
  void distrust(std::size_t endpoint, const std::string& method, std::string why);
  void prefer(std::size_t endpoint) { preferred_ = endpoint; }
  std::size_t preferred() const { return preferred_; }

  const std::vector<EndpointStatus>& status() const { return status_; }
  /// Disagreements since it was last asked, oldest first; bounded, the oldest are lost first (and still counted).
  std::deque<Disagreement> take_evidence() { return std::exchange(evidence_, {}); }
  std::uint32_t quorum() const { return options_.quorum; }
  const std::string& anchor() const { return anchor_; }

  /// Lets answers come in until `until` or wake().
  void rest(Clock::time_point until);
  void wake() { http_.wake(); }
  void interrupt() { http_.interrupt(); }

 private:
  struct Backoff {
    Clock::time_point due{}, distrusted{}, answered{};  // answered: when it last did
    std::uint32_t wait_ms = 0, distrust_ms = 0;
  };
  struct Round;
  struct Flight;
  std::size_t up_count() const;
  bool in_reach(std::size_t endpoint) const;
  std::vector<std::size_t> all_in_reach() const;
  std::optional<std::size_t> best(const std::set<std::size_t>& without) const;
  std::shared_ptr<Round> begin(const std::vector<std::size_t>& endpoints, const std::vector<RpcCall>& calls);
  void send(const std::shared_ptr<Round>& round, std::size_t endpoint, std::size_t from, std::size_t count);
  void pump(Clock::time_point until);
  void land(HttpClient::Ended& ended);
  void take(Flight& flight, HttpClient::Ended& ended);
  void take_fetched(Flight& flight, HttpClient::Ended& ended);
  void refill(const std::shared_ptr<Fetch>& fetch);
  void judge_arrived(Fetch& fetch, const Judge& judge);
  void failed(Flight& flight, const Failure& failure);
  void decide(Round& round) const;
  void compare(Round& round, std::size_t endpoint);
  void down(std::size_t endpoint, std::string why, std::uint32_t at_least_ms = 0);
  void refuse(std::size_t endpoint, const Failure& failure);
  void admit(std::size_t endpoint, const Answers& answers);
  void vote_anchor(std::size_t endpoint, const std::string& hash);
  void raise(std::size_t endpoint);
  std::uint32_t jittered(std::uint32_t wait_ms);

  PoolOptions options_;
  HttpClient http_;
  std::vector<EndpointStatus> status_;
  std::vector<Backoff> backoff_;
  std::vector<BatchSize> batch_;
  std::map<HttpClient::Ticket, Flight> flights_;
  std::string anchor_;  // hash of block 0 as K endpoints gave it first
  std::map<std::string, std::set<std::size_t>> anchor_votes_;
  std::deque<Disagreement> evidence_;
  std::size_t preferred_ = 0;
  std::uint64_t next_id_ = 1;
  std::minstd_rand jitter_;
};

}  // namespace lockstep::transport
