#pragma once
// R endpoints of one chain, of which K must agree. The denominator is fixed: an endpoint that is down, late or wrong is
// a missing vote, never a smaller quorum. An endpoint counts only after it proved that it is on the right chain (chain
// id, hash of block 0), which is asked again after every failure. Belongs to one thread, except interrupt().
#include <chrono>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "adapters/transport/http.hpp"
#include "adapters/transport/json_rpc.hpp"

namespace lockstep::transport {

struct PoolOptions {
  std::uint64_t chain_id = 0;
  std::uint32_t quorum = 1;  // K
  std::uint32_t timeout_ms = 5000;
  std::uint32_t backoff_min_ms = 100, backoff_max_ms = 5000;  // of a failed endpoint; doubled each time, with jitter
};

struct EndpointUrl {
  std::string name, url;
};

struct EndpointStatus {
  std::string name;
  bool up = false;
  std::uint64_t requests = 0, failures = 0, disagreements = 0;
  std::string last_error;
  double latency_s = 0;
};

class EndpointPool {
 public:
  using Clock = std::chrono::steady_clock;

  EndpointPool(const std::vector<EndpointUrl>& endpoints, const PoolOptions& options);

  /// Tries endpoints that are down and due. True if at least K are up now.
  bool connect();
  bool usable() const { return up_count() >= options_.quorum; }
  Clock::time_point next_retry() const;

  /// From the preferred endpoint; if its transport fails, from the next one that is up. For answers that prove
  /// themselves or only hint.
  RpcAnswers ask(const std::vector<RpcCall>& calls);
  /// Each answer as given equally by at least K of the R endpoints; a call without K equal results fails alone with
  /// `disagreement`.
  RpcAnswers agreed(const std::vector<RpcCall>& calls);
  /// From every endpoint that is up, by place in the configured list; nothing for the others.
  std::map<std::size_t, std::vector<RpcAnswer>> each(const std::vector<RpcCall>& calls);
  /// What an endpoint said was wrong: it is not used until it has proved itself again.
  void distrust(std::size_t endpoint, std::string why);
  void prefer(std::size_t endpoint) { preferred_ = endpoint; }
  std::size_t preferred() const { return preferred_; }

  const std::vector<EndpointStatus>& status() const { return status_; }
  std::uint32_t quorum() const { return options_.quorum; }
  void interrupt() { http_.interrupt(); }

 private:
  struct Backoff {
    Clock::time_point due{};
    std::uint32_t wait_ms = 0;
  };
  std::size_t up_count() const;
  std::vector<RpcAnswers> exchange(const std::vector<std::size_t>& endpoints, const std::vector<RpcCall>& calls);
  void down(std::size_t endpoint, std::string why);
  void admit(std::size_t endpoint, const RpcAnswers& answers);

  PoolOptions options_;
  HttpClient http_;
  std::vector<EndpointStatus> status_;
  std::vector<Backoff> backoff_;
  std::string anchor_;  // hash of block 0 as K endpoints gave it first
  std::map<std::string, std::vector<std::size_t>> anchor_votes_;
  std::size_t preferred_ = 0;
  std::uint64_t next_id_ = 1;
  std::minstd_rand jitter_;
};

}  // namespace lockstep::transport
