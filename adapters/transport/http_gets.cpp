#include "adapters/transport/http_gets.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <cctype>
#include <string_view>

#include "adapters/transport/curl_loop.hpp"
#include "base/assert.hpp"

namespace lockstep::transport {

struct HttpGets::Transfer {
  CURL* easy = nullptr;
  curl_slist* headers = nullptr;
  Reply reply;
  std::size_t most_bytes = 0, header_bytes = 0;
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

constexpr std::size_t most_header_bytes = 16384;
constexpr std::size_t most_etag_bytes = 128;

std::string_view trimmed(std::string_view text) {
  const auto space = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && space(text.front())) text.remove_prefix(1);
  while (!text.empty() && space(text.back())) text.remove_suffix(1);
  return text;
}

/// The value of a header line if it has this name (lower case).
std::string_view value_of(std::string_view line, std::string_view name) {
  const bool same = line.size() > name.size() && line[name.size()] == ':' &&
                    std::equal(name.begin(), name.end(), line.begin(), [](char a, char b) {
                      return a == static_cast<char>(std::tolower(static_cast<unsigned char>(b)));
                    });
  return same ? trimmed(line.substr(name.size() + 1)) : std::string_view{};
}

/// What can be sent back as it came: printable, quoted, short.
bool usable_etag(std::string_view text) {
  return text.size() >= 2 && text.size() <= most_etag_bytes && text.back() == '"' &&
         (text.front() == '"' || text.starts_with("W/\"")) &&
         std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

template <class T>
std::size_t receive_body(char* data, std::size_t size, std::size_t count, void* context) {
  auto& transfer = *static_cast<T*>(context);
  const std::size_t bytes = size * count;
  transfer.too_large = transfer.reply.body.size() + bytes > transfer.most_bytes;
  if (transfer.too_large) return 0;
  transfer.reply.body.append(data, bytes);
  return bytes;
}

template <class T>
std::size_t receive_header(char* data, std::size_t size, std::size_t count, void* context) {
  auto& transfer = *static_cast<T*>(context);
  const std::size_t bytes = size * count;
  transfer.header_bytes += bytes;
  transfer.too_large = transfer.header_bytes > most_header_bytes;
  if (transfer.too_large) return 0;
  const std::string_view line(data, bytes);
  if (const auto etag = value_of(line, "etag"); usable_etag(etag)) transfer.reply.etag = etag;
  if (const auto applied = value_of(line, "preference-applied"); !applied.empty()) transfer.reply.preference = applied;
  return bytes;
}

}  // namespace

HttpGets::HttpGets(std::size_t most_bytes) : most_bytes_(most_bytes) {
  multi_ = new_multi();
  curl_multi_setopt(static_cast<CURLM*>(multi_), CURLMOPT_MAXCONNECTS, cached_connections);
}

HttpGets::~HttpGets() {
  for (const auto& [id, transfer] : running_) curl_multi_remove_handle(static_cast<CURLM*>(multi_), transfer->easy);
  running_.clear();
  curl_multi_cleanup(static_cast<CURLM*>(multi_));
}

void HttpGets::start(std::uint64_t id, const Request& request) {
  auto transfer = std::make_unique<Transfer>();
  transfer->easy = curl_easy_init();
  LOCKSTEP_ASSERT(transfer->easy != nullptr);
  transfer->most_bytes = most_bytes_;
  for (const auto& header : request.headers) transfer->headers = curl_slist_append(transfer->headers, header.c_str());
  const auto set = [&](CURLoption option, auto value) { curl_easy_setopt(transfer->easy, option, value); };
  set(CURLOPT_URL, request.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_NOPROXY, "localhost,127.0.0.1,::1");
  set(CURLOPT_TCP_KEEPALIVE, 1L);
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout_ms));
  set(CURLOPT_CONNECTTIMEOUT_MS, std::min(static_cast<long>(request.timeout_ms), most_connect_ms));
  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  set(CURLOPT_HTTPHEADER, transfer->headers);
  set(CURLOPT_WRITEFUNCTION, &receive_body<Transfer>);
  set(CURLOPT_WRITEDATA, transfer.get());
  set(CURLOPT_HEADERFUNCTION, &receive_header<Transfer>);
  set(CURLOPT_HEADERDATA, transfer.get());
  set(CURLOPT_PRIVATE, reinterpret_cast<void*>(static_cast<std::uintptr_t>(id)));
  LOCKSTEP_ASSERT(curl_multi_add_handle(static_cast<CURLM*>(multi_), transfer->easy) == CURLM_OK);
  LOCKSTEP_ASSERT(running_.emplace(id, std::move(transfer)).second);
}

void HttpGets::cancel(std::uint64_t id) {
  const auto found = running_.find(id);
  if (found == running_.end()) return;
  curl_multi_remove_handle(static_cast<CURLM*>(multi_), found->second->easy);
  running_.erase(found);
}

std::vector<HttpGets::Ended> HttpGets::collect() {
  auto* multi = static_cast<CURLM*>(multi_);
  std::vector<Ended> ended;
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const auto outcome = message->data.result;
    char* id = nullptr;
    double took_s = 0;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &id);
    curl_easy_getinfo(message->easy_handle, CURLINFO_TOTAL_TIME, &took_s);
    const auto found = running_.find(reinterpret_cast<std::uintptr_t>(id));
    LOCKSTEP_ASSERT(found != running_.end());
    auto& transfer = *found->second;
    if (outcome == CURLE_OK) {
      curl_easy_getinfo(transfer.easy, CURLINFO_RESPONSE_CODE, &transfer.reply.status);
      ended.push_back({found->first, std::move(transfer.reply), took_s});
    } else {
      ended.push_back({found->first, std::unexpected(failure_of(outcome, transfer.too_large, most_bytes_)), took_s});
    }
    curl_multi_remove_handle(multi, transfer.easy);
    running_.erase(found);
  }
  return ended;
}

// One wait, whatever ended it: a wake() that comes together with other news must not be lost.
std::vector<HttpGets::Ended> HttpGets::wait(Clock::time_point deadline) {
  auto* multi = static_cast<CURLM*>(multi_);
  perform(multi);
  auto ended = collect();
  if (!ended.empty() || Clock::now() >= deadline) return ended;
  poll(multi, deadline);
  perform(multi);
  return collect();
}

void HttpGets::wake() { curl_multi_wakeup(static_cast<CURLM*>(multi_)); }

}  // namespace lockstep::transport
