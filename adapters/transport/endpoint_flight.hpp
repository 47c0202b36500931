#pragma once
// What an EndpointPool has under way. Private to it.
#include "adapters/transport/endpoint_pool.hpp"

namespace lockstep::transport {

/// The same calls put to several endpoints. Lives as long as an answer is outstanding: a late one is compared too.
struct EndpointPool::Round {
  struct Said {
    std::vector<std::optional<RpcAnswer>> answers;
    std::size_t left = 0;  // calls without an answer
    std::optional<Failure> failure;
    bool complete() const { return left == 0 && !failure; }
    bool pending() const { return left != 0 && !failure; }
  };
  std::vector<RpcCall> calls;
  std::map<std::size_t, Said> said;
  std::vector<std::optional<RpcAnswer>> agreed;  // by call; empty if nobody asked for agreement
  bool probe = false, settled = false;           // settled: what comes now comes late

  std::size_t pending() const {
    return static_cast<std::size_t>(std::ranges::count_if(said, [](const auto& one) { return one.second.pending(); }));
  }
  std::size_t complete() const {
    return static_cast<std::size_t>(std::ranges::count_if(said, [](const auto& one) { return one.second.complete(); }));
  }
  ByEndpoint answers() const;
};

/// One HTTP request.
struct EndpointPool::Flight {
  std::shared_ptr<Round> round;  // or else fetched
  std::size_t endpoint = 0, from = 0, count = 0;
  std::uint64_t first_id = 0;
  Clock::time_point sent{};
  struct Fetched {
    std::size_t request = 0;
    std::string method;
    std::weak_ptr<Fetch> of;  // gone: nobody wants it any more
  };
  std::optional<Fetched> fetched = {};
};

}  // namespace lockstep::transport
