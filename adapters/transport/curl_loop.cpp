#include "adapters/transport/curl_loop.hpp"

#include <algorithm>

#include "adapters/transport/curl_easy.hpp"
#include "base/assert.hpp"

namespace lockstep::transport {
namespace {

constexpr std::int64_t longest_wait_ms = 60'000;

}  // namespace

CURLM* new_multi() {
  start_curl();
  auto* multi = curl_multi_init();
  LOCKSTEP_ASSERT(multi != nullptr);
  return multi;
}

void poll(CURLM* multi, std::chrono::steady_clock::time_point deadline) {
  using std::chrono::duration_cast, std::chrono::milliseconds;
  const auto left = duration_cast<milliseconds>(deadline - std::chrono::steady_clock::now()).count() + 1;
  const auto most = static_cast<int>(std::clamp<std::int64_t>(left, 0, longest_wait_ms));
  LOCKSTEP_ASSERT(curl_multi_poll(multi, nullptr, 0, most, nullptr) == CURLM_OK);
}

void perform(CURLM* multi) {
  int running = 0;
  LOCKSTEP_ASSERT(curl_multi_perform(multi, &running) == CURLM_OK);
}

Failure failure_of(CURLcode outcome, bool too_large, std::size_t cap) {
  if (too_large) return {.kind = FailureKind::too_large, .detail = "more than " + std::to_string(cap) + " bytes"};
  if (outcome == CURLE_OPERATION_TIMEDOUT) return {.kind = FailureKind::timeout};
  // curl_easy_strerror names the kind of failure, never the URL.
  return {.kind = FailureKind::unreachable, .detail = curl_easy_strerror(outcome)};
}

}  // namespace lockstep::transport
