#include "adapters/transport/http.hpp"

#include <curl/curl.h>

#include <cstring>
#include <mutex>

#include "base/assert.hpp"

namespace lockstep::transport {

struct HttpClient::Lane {
  CURL* easy = nullptr;
  curl_slist* headers = nullptr;
  std::string body, answer;
  std::size_t cap = 0;
  bool too_large = false, busy = false;
  CURLcode outcome = CURLE_OK;

  Lane() = default;
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;
  ~Lane() {
    curl_easy_cleanup(easy);
    curl_slist_free_all(headers);
  }
};

namespace {

std::once_flag curl_once;

template <class LaneType>
std::size_t receive(char* data, std::size_t size, std::size_t count, void* context) {
  auto& lane = *static_cast<LaneType*>(context);
  const std::size_t bytes = size * count;
  if (lane.answer.size() + bytes > lane.cap) {
    lane.too_large = true;
    return 0;
  }
  lane.answer.append(data, bytes);
  return bytes;
}

}  // namespace

HttpClient::HttpClient(const std::vector<std::string>& urls, std::uint32_t timeout_ms, std::size_t response_cap) {
  std::call_once(curl_once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  multi_ = curl_multi_init();
  LOCKSTEP_ASSERT(multi_ != nullptr);
  for (const auto& url : urls) {
    auto lane = std::make_unique<Lane>();
    lane->easy = curl_easy_init();
    LOCKSTEP_ASSERT(lane->easy != nullptr);
    lane->cap = response_cap;
    lane->headers = curl_slist_append(nullptr, "Content-Type: application/json");
    lane->headers = curl_slist_append(lane->headers, "Expect:");  // a 100-continue costs a round trip
    CURL* easy = lane->easy;
    curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(timeout_ms));
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(timeout_ms));
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, lane->headers);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &receive<Lane>);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, lane.get());
    lanes_.push_back(std::move(lane));
  }
}

HttpClient::~HttpClient() {
  lanes_.clear();
  curl_multi_cleanup(static_cast<CURLM*>(multi_));
}

void HttpClient::interrupt() {
  interrupted_ = true;
  curl_multi_wakeup(static_cast<CURLM*>(multi_));
}

void HttpClient::drive() {
  auto* multi = static_cast<CURLM*>(multi_);
  int running = 1;
  while (running > 0 && !interrupted_) {
    if (curl_multi_perform(multi, &running) != CURLM_OK) break;
    if (running > 0 && curl_multi_poll(multi, nullptr, 0, 1000, nullptr) != CURLM_OK) break;
  }
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    for (auto& lane : lanes_) {
      if (lane->easy != message->easy_handle) continue;
      lane->outcome = message->data.result;
      lane->busy = false;
    }
  }
}

HttpClient::Reply HttpClient::reply_of(Lane& lane) const {
  if (lane.busy) return std::unexpected(Failure{FailureKind::stopped, "", 0, ""});
  if (lane.too_large) {
    return std::unexpected(Failure{FailureKind::too_large, "more than " + std::to_string(lane.cap) + " bytes", 0, ""});
  }
  if (lane.outcome == CURLE_OPERATION_TIMEDOUT) return std::unexpected(Failure{FailureKind::timeout, "", 0, ""});
  // curl_easy_strerror names the kind of failure, never the URL.
  if (lane.outcome != CURLE_OK) {
    return std::unexpected(Failure{FailureKind::unreachable, curl_easy_strerror(lane.outcome), 0, ""});
  }
  long status = 0;
  curl_easy_getinfo(lane.easy, CURLINFO_RESPONSE_CODE, &status);
  if (status != 200) return std::unexpected(Failure{FailureKind::http_status, "", status, ""});
  return std::move(lane.answer);
}

std::vector<HttpClient::Reply> HttpClient::post(const std::vector<Post>& posts) {
  auto* multi = static_cast<CURLM*>(multi_);
  for (const auto& post : posts) {
    LOCKSTEP_ASSERT(post.lane < lanes_.size());
    auto& lane = *lanes_[post.lane];
    LOCKSTEP_ASSERT(!lane.busy);
    lane.body = post.body;
    lane.answer.clear();
    lane.too_large = false;
    lane.busy = true;
    curl_easy_setopt(lane.easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(lane.body.size()));
    curl_easy_setopt(lane.easy, CURLOPT_POSTFIELDS, lane.body.c_str());
    LOCKSTEP_ASSERT(curl_multi_add_handle(multi, lane.easy) == CURLM_OK);
  }
  drive();
  std::vector<Reply> replies;
  replies.reserve(posts.size());
  for (const auto& post : posts) {
    auto& lane = *lanes_[post.lane];
    curl_multi_remove_handle(multi, lane.easy);
    replies.push_back(reply_of(lane));
    lane.busy = false;
  }
  return replies;
}

}  // namespace lockstep::transport
