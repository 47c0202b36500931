#pragma once
// One HTTP request, for a thread that may wait for it. No redirects, TLS verified, http and https only, no signals,
// everything bounded: those who ask many at a time have HttpClient and HttpGets.
#include <atomic>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "adapters/transport/failure.hpp"

namespace lockstep::transport {

struct HttpQuestion {
  std::string url;
  std::vector<std::string> headers = {};
  std::optional<std::string> body = {};                                          // POST; else GET
  std::uint32_t timeout_ms = 5000;                                               // of the whole exchange
  std::size_t cap = 1 << 20;                                                     // bytes of an answer
  bool through_proxy = false;                                                    // of the environment
  std::filesystem::path ca_file = {}, client_certificate = {}, client_key = {};  // empty: the system's; none
  const std::atomic<bool>* given_up = nullptr;  // ends it within a second or so as FailureKind::stopped
};

struct HttpAnswer {
  long status = 0;
  std::string body;
};

/// Waits. Whatever the status, an answer is an answer. Errors never hold the URL.
std::expected<HttpAnswer, Failure> ask_once(const HttpQuestion& question);

}  // namespace lockstep::transport
