#include "adapters/transport/http_once.hpp"

#include <algorithm>

#include "adapters/transport/curl_easy.hpp"
#include "adapters/transport/curl_loop.hpp"

namespace lockstep::transport {
namespace {

struct Received {
  std::string body;
  std::size_t cap;
  bool too_large = false;
};

std::size_t receive(char* from, std::size_t size, std::size_t count, void* to) {
  auto& received = *static_cast<Received*>(to);
  received.too_large = received.body.size() + size * count > received.cap;
  if (received.too_large) return 0;
  received.body.append(from, size * count);
  return size * count;
}

int go_on(void* given_up, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const std::atomic<bool>*>(given_up)->load() ? 1 : 0;
}

void prepare(CURL* curl, const HttpQuestion& question) {
  const auto set = [&](CURLoption option, auto value) { curl_easy_setopt(curl, option, value); };
  set(CURLOPT_URL, question.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_NOSIGNAL, 1L);
  if (!question.through_proxy) set(CURLOPT_PROXY, "");
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(question.timeout_ms));
  set(CURLOPT_CONNECTTIMEOUT_MS, std::min(static_cast<long>(question.timeout_ms), most_connect_ms));
  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  if (!question.ca_file.empty()) set(CURLOPT_CAINFO, question.ca_file.c_str());
  if (!question.client_certificate.empty()) {
    set(CURLOPT_SSLCERT, question.client_certificate.c_str());
    set(CURLOPT_SSLKEY, question.client_key.c_str());
  }
  if (question.body) {
    set(CURLOPT_POST, 1L);
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(question.body->size()));
    set(CURLOPT_POSTFIELDS, question.body->c_str());
  }
  if (question.given_up == nullptr) return;
  set(CURLOPT_NOPROGRESS, 0L);
  set(CURLOPT_XFERINFOFUNCTION, &go_on);
  set(CURLOPT_XFERINFODATA, const_cast<void*>(static_cast<const void*>(question.given_up)));
}

}  // namespace

std::expected<HttpAnswer, Failure> ask_once(const HttpQuestion& question) {
  const auto curl = new_easy();
  if (!curl) return std::unexpected(Failure{.kind = FailureKind::unreachable, .detail = "no memory for a request"});
  auto lines = question.headers;
  lines.emplace_back("Expect:");  // a 100-continue costs a round trip
  const auto headers = list_of(lines);
  Received received{.body = {}, .cap = question.cap};
  prepare(curl.get(), question);
  curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, &receive);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, static_cast<void*>(&received));
  const auto code = curl_easy_perform(curl.get());
  if (code == CURLE_ABORTED_BY_CALLBACK) return std::unexpected(Failure{.kind = FailureKind::stopped});
  if (code != CURLE_OK) return std::unexpected(failure_of(code, received.too_large, question.cap));
  HttpAnswer answer{0, std::move(received.body)};
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &answer.status);
  return answer;
}

}  // namespace lockstep::transport
