#include "adapters/transport/http.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <string_view>

#include "adapters/transport/curl_easy.hpp"
#include "adapters/transport/curl_loop.hpp"
#include "base/assert.hpp"

namespace lockstep::transport {

struct HttpClient::Transfer {
  CURL* easy = nullptr;
  curl_slist* headers = nullptr;
  Ticket ticket = 0;
  std::size_t lane = 0, cap = 0;
  std::string body, answer;
  std::uint32_t retry_after_s = 0;
  bool too_large = false;

  Transfer() = default;
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;
  ~Transfer() {
    curl_easy_cleanup(easy);
    curl_slist_free_all(headers);
  }
};

namespace {

constexpr long most_connections = 64;
constexpr std::size_t spare_per_lane = 8;
constexpr std::size_t read_ahead = 64;
constexpr std::uint32_t most_retry_after_s = 3600;

template <class TransferType>
std::size_t receive_answer(char* data, std::size_t size, std::size_t count, void* context) {
  auto& transfer = *static_cast<TransferType*>(context);
  const std::size_t bytes = size * count;
  if (transfer.answer.empty()) {  // as long as it says it is, and room for a parser that reads ahead
    curl_off_t length = 0;
    curl_easy_getinfo(transfer.easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    if (length > 0) transfer.answer.reserve(std::min(static_cast<std::size_t>(length), transfer.cap) + read_ahead);
  }
  if (transfer.answer.size() + bytes > transfer.cap) {
    transfer.too_large = true;
    return 0;
  }
  transfer.answer.append(data, bytes);
  return bytes;
}

/// Retry-After in seconds (RFC 9110 10.2.3); its other form, a date, is not used by those who limit rates.
template <class TransferType>
std::size_t receive_retry_after(char* data, std::size_t size, std::size_t count, void* context) {
  constexpr std::string_view name = "retry-after:";
  std::string_view line(data, size * count);
  const bool same = line.size() > name.size() &&
                    std::ranges::equal(name, line.substr(0, name.size()),
                                       [](char a, char b) { return a == (b >= 'A' && b <= 'Z' ? b - 'A' + 'a' : b); });
  if (same) {
    line.remove_prefix(name.size());
    while (!line.empty() && line.front() == ' ') line.remove_prefix(1);
    std::uint32_t seconds = 0;
    if (std::from_chars(line.data(), line.data() + line.size(), seconds).ec == std::errc())
      static_cast<TransferType*>(context)->retry_after_s = std::min(seconds, most_retry_after_s);
  }
  return size * count;
}

template <class TransferType>
HttpClient::Reply reply_of(TransferType& transfer, CURLcode outcome) {
  if (transfer.too_large || outcome != CURLE_OK)
    return std::unexpected(failure_of(outcome, transfer.too_large, transfer.cap));
  long status = 0;
  curl_easy_getinfo(transfer.easy, CURLINFO_RESPONSE_CODE, &status);
  if (status != 200) {
    return std::unexpected(Failure{
        .kind = FailureKind::http_status, .detail = {}, .code = status, .retry_after_s = transfer.retry_after_s});
  }
  return std::move(transfer.answer);
}

}  // namespace

HttpClient::HttpClient(const std::vector<std::string>& urls, std::uint32_t timeout_ms, std::size_t response_cap)
    : urls_(urls), timeout_ms_(timeout_ms), response_cap_(response_cap), spare_(urls.size()) {
  auto* multi = new_multi();
  curl_multi_setopt(multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
  curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, cached_connections);
  curl_multi_setopt(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, most_connections);
  multi_ = multi;
}

HttpClient::~HttpClient() {
  for (const auto& [ticket, transfer] : running_) curl_multi_remove_handle(static_cast<CURLM*>(multi_), transfer->easy);
  running_.clear();
  spare_.clear();
  curl_multi_cleanup(static_cast<CURLM*>(multi_));
}

std::unique_ptr<HttpClient::Transfer> HttpClient::prepare(std::size_t lane) {
  if (auto& spare = spare_[lane]; !spare.empty()) {
    auto again = std::move(spare.back());
    spare.pop_back();
    return again;
  }
  auto transfer = std::make_unique<Transfer>();
  transfer->easy = curl_easy_init();
  LOCKSTEP_ASSERT(transfer->easy != nullptr);
  transfer->lane = lane;
  transfer->cap = response_cap_;
  transfer->headers = curl_slist_append(nullptr, "Content-Type: application/json");
  transfer->headers = curl_slist_append(transfer->headers, "Expect:");  // a 100-continue costs a round trip
  const auto set = [&](CURLoption option, auto value) { curl_easy_setopt(transfer->easy, option, value); };
  set(CURLOPT_URL, urls_[lane].c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_NOPROXY, "localhost,127.0.0.1,::1");
  set(CURLOPT_TCP_NODELAY, 1L);
  set(CURLOPT_TCP_KEEPALIVE, 1L);
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  set(CURLOPT_PIPEWAIT, 1L);  // rather another stream than another connection
  // A node on this machine would spend more on packing its answer than on making it. The cap is on what comes out.
  if (!stays_here(urls_[lane])) set(CURLOPT_ACCEPT_ENCODING, "gzip");
  set(CURLOPT_BUFFERSIZE, 256L * 1024L);
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(timeout_ms_));  // of the whole exchange, however slowly it drips
  set(CURLOPT_CONNECTTIMEOUT_MS, std::min(static_cast<long>(timeout_ms_), most_connect_ms));
  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  set(CURLOPT_HTTPHEADER, transfer->headers);
  set(CURLOPT_WRITEFUNCTION, &receive_answer<Transfer>);
  set(CURLOPT_WRITEDATA, transfer.get());
  set(CURLOPT_HEADERFUNCTION, &receive_retry_after<Transfer>);
  set(CURLOPT_HEADERDATA, transfer.get());
  set(CURLOPT_PRIVATE, transfer.get());
  return transfer;
}

HttpClient::Ticket HttpClient::start(std::size_t lane, std::string body) {
  LOCKSTEP_ASSERT(lane < urls_.size());
  auto transfer = prepare(lane);
  transfer->ticket = next_++;
  transfer->body = std::move(body);
  transfer->answer.clear();
  transfer->retry_after_s = 0;
  transfer->too_large = false;
  curl_easy_setopt(transfer->easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(transfer->body.size()));
  curl_easy_setopt(transfer->easy, CURLOPT_POSTFIELDS, transfer->body.c_str());
  LOCKSTEP_ASSERT(curl_multi_add_handle(static_cast<CURLM*>(multi_), transfer->easy) == CURLM_OK);
  const auto ticket = transfer->ticket;
  running_.emplace(ticket, std::move(transfer));
  return ticket;
}

/// It is over, or ends without an answer.
void HttpClient::abandon(Ticket ticket) {
  auto transfer = std::move(running_.extract(ticket).mapped());
  curl_multi_remove_handle(static_cast<CURLM*>(multi_), transfer->easy);
  auto& spare = spare_[transfer->lane];
  if (spare.size() < spare_per_lane) spare.push_back(std::move(transfer));
}

std::vector<HttpClient::Ended> HttpClient::collect() {
  std::vector<Ended> ended;
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(static_cast<CURLM*>(multi_), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const auto outcome = message->data.result;
    Transfer* transfer = nullptr;
    double took_s = 0;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
    curl_easy_getinfo(message->easy_handle, CURLINFO_TOTAL_TIME, &took_s);
    ended.push_back({transfer->ticket, reply_of(*transfer, outcome), took_s});
    abandon(transfer->ticket);
  }
  return ended;
}

std::vector<HttpClient::Ended> HttpClient::stop_all() {
  std::vector<Ended> ended;
  while (!running_.empty()) {
    const auto ticket = running_.begin()->first;
    ended.push_back({ticket, std::unexpected(Failure{.kind = FailureKind::stopped}), 0});
    abandon(ticket);
  }
  return ended;
}

// One wait, whatever ended it: a wake() that comes together with other news must not be lost.
std::vector<HttpClient::Ended> HttpClient::wait(Clock::time_point deadline) {
  auto* multi = static_cast<CURLM*>(multi_);
  if (interrupted_) return stop_all();
  perform(multi);
  auto ended = collect();
  if (!ended.empty() || Clock::now() >= deadline) return ended;
  poll(multi, deadline);
  if (interrupted_) return stop_all();
  perform(multi);
  return collect();
}

void HttpClient::interrupt() {
  interrupted_ = true;
  wake();
}

void HttpClient::wake() { curl_multi_wakeup(static_cast<CURLM*>(multi_)); }

std::vector<HttpClient::Reply> HttpClient::post(const std::vector<Post>& posts) {
  std::map<Ticket, std::size_t> places;
  for (std::size_t i = 0; i < posts.size(); ++i) places.emplace(start(posts[i].lane, posts[i].body), i);
  std::vector<Reply> replies(posts.size(), std::unexpected(Failure{.kind = FailureKind::stopped}));
  while (!places.empty()) {
    for (auto& ended : wait(Clock::now() + std::chrono::seconds(1))) {
      const auto place = places.find(ended.ticket);
      if (place == places.end()) continue;
      replies[place->second] = std::move(ended.reply);
      places.erase(place);
    }
  }
  return replies;
}

}  // namespace lockstep::transport
