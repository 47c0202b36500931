#pragma once
// HTTP POST over one libcurl multi loop: connections are kept and used again, HTTP/2 where TLS offers it, many requests
// at the same time, none of which waits for another. No redirects, TLS verified, http and https only, no signals, every
// answer bounded. A client belongs to one thread; interrupt() and wake() alone may be called from another.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "adapters/transport/failure.hpp"

namespace lockstep::transport {

inline constexpr std::size_t max_response_bytes = std::size_t{32} << 20;

class HttpClient {
 public:
  using Clock = std::chrono::steady_clock;
  using Ticket = std::uint64_t;
  using Reply = std::expected<std::string, Failure>;
  struct Post {
    std::size_t lane = 0;
    std::string body;
  };
  struct Ended {
    Ticket ticket = 0;
    Reply reply;
    double took_s = 0;
  };

  /// A lane is a place requests go to, by its number in `urls`.
  HttpClient(const std::vector<std::string>& urls, std::uint32_t timeout_ms,
             std::size_t response_cap = max_response_bytes);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  Ticket start(std::size_t lane, std::string body);
  /// What has ended. Waits for the first of them, wake() or `deadline`, but may return earlier with nothing. Once
  /// interrupted, everything ends at once as FailureKind::stopped.
  std::vector<Ended> wait(Clock::time_point deadline);

  /// All at the same time; replies in the order of posts, after the slowest or the timeout.
  std::vector<Reply> post(const std::vector<Post>& posts);
  /// Makes a running and every later request end as FailureKind::stopped.
  void interrupt();
  /// Makes a running wait(), or else the next one, return.
  void wake();

 private:
  struct Transfer;
  std::unique_ptr<Transfer> prepare(std::size_t lane);
  std::vector<Ended> collect();
  std::vector<Ended> stop_all();
  void abandon(Ticket ticket);

  std::vector<std::string> urls_;
  std::uint32_t timeout_ms_;
  std::size_t response_cap_;
  void* multi_ = nullptr;
  std::map<Ticket, std::unique_ptr<Transfer>> running_;
  std::vector<std::vector<std::unique_ptr<Transfer>>> spare_;  // by lane, to be used again
  Ticket next_ = 1;
  std::atomic<bool> interrupted_{false};
};

}  // namespace lockstep::transport
