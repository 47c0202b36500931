#pragma once
// Many HTTP GETs at the same time over libcurl, none of which waits for another: what long polling needs. No redirects,
// TLS verified, http and https only, no signals, everything bounded. Belongs to one thread; wake() alone may be called
// from another.
#include <chrono>
#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "adapters/transport/failure.hpp"

namespace lockstep::transport {

class HttpGets {
 public:
  using Clock = std::chrono::steady_clock;
  struct Request {
    std::string url;
    std::vector<std::string> headers;  // "Name: value"
    std::uint32_t timeout_ms = 5000;   // of the whole exchange, however slowly it drips
  };
  /// Of any status. `etag`: as it may be sent back in If-None-Match, else empty; `preference`: of Preference-Applied.
  struct Reply {
    long status = 0;
    std::string body, etag, preference;
  };
  struct Ended {
    std::uint64_t id = 0;
    std::expected<Reply, Failure> reply;
    double took_s = 0;
  };

  explicit HttpGets(std::size_t most_bytes);  // of one body
  ~HttpGets();
  HttpGets(const HttpGets&) = delete;
  HttpGets& operator=(const HttpGets&) = delete;

  /// `id` is the caller's and not in use.
  void start(std::uint64_t id, const Request& request);
  /// It ends without an answer. Unknown ids are none of our affair.
  void cancel(std::uint64_t id);
  /// What has ended. Waits for the first of them, wake() or `deadline`, but may return earlier with nothing.
  std::vector<Ended> wait(Clock::time_point deadline);
  void wake();

 private:
  struct Transfer;
  std::vector<Ended> collect();

  std::size_t most_bytes_;
  void* multi_ = nullptr;
  std::map<std::uint64_t, std::unique_ptr<Transfer>> running_;
};

}  // namespace lockstep::transport
