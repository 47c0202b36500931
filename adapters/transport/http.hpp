#pragma once
// HTTP POST over libcurl: one kept-alive connection per lane, several lanes at the same time, one deadline. No
// redirects, TLS verified, http and https only, no signals. A client belongs to one thread; interrupt() alone may be
// called from another.
#include <atomic>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "adapters/transport/failure.hpp"

namespace lockstep::transport {

inline constexpr std::size_t max_response_bytes = std::size_t{32} << 20;

class HttpClient {
 public:
  struct Post {
    std::size_t lane = 0;
    std::string body;
  };
  using Reply = std::expected<std::string, Failure>;

  HttpClient(const std::vector<std::string>& urls, std::uint32_t timeout_ms,
             std::size_t response_cap = max_response_bytes);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// All at the same time, each on its own lane (no lane twice); replies in the order of posts, after the slowest or
  /// the timeout.
  std::vector<Reply> post(const std::vector<Post>& posts);
  /// Makes a running and every later post() return FailureKind::stopped.
  void interrupt();

 private:
  struct Lane;
  void drive();
  Reply reply_of(Lane& lane) const;

  std::vector<std::unique_ptr<Lane>> lanes_;
  void* multi_ = nullptr;
  std::atomic<bool> interrupted_{false};
};

}  // namespace lockstep::transport
