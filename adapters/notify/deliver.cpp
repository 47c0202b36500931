// The only file here that opens a socket.
#include <curl/curl.h>

#include <memory>
#include <mutex>

#include "adapters/notify/sink.hpp"

namespace lockstep::notify {
namespace {

constexpr long longest_ms = 10'000, connect_ms = 5'000;
constexpr std::size_t longest_answer = 65'536;

struct Free {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Curl = std::unique_ptr<CURL, Free>;
using List = std::unique_ptr<curl_slist, Free>;

void start_curl() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

/// What the other side says does not matter, but it may not go on for ever.
std::size_t ignore(char*, std::size_t size, std::size_t count, void* seen) {
  auto& total = *static_cast<std::size_t*>(seen);
  total += size * count;
  return total > longest_answer ? 0 : size * count;
}

struct Upload {
  const std::string& text;
  std::size_t at = 0;
};
std::size_t give(char* into, std::size_t size, std::size_t count, void* from) {
  auto& upload = *static_cast<Upload*>(from);
  const auto bytes = upload.text.copy(into, size * count, upload.at);
  upload.at += bytes;
  return bytes;
}

List list_of(const std::vector<std::string>& lines) {
  curl_slist* raw = nullptr;
  for (const auto& line : lines) raw = curl_slist_append(raw, line.c_str());
  return List{raw};
}

void common(CURL* curl, const Sink& sink, const char* protocols, std::size_t& seen) {
  curl_easy_setopt(curl, CURLOPT_URL, sink.url.reveal().c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, protocols);
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, longest_ms);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, connect_ms);
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &ignore);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, static_cast<void*>(&seen));
}

std::expected<void, NotDelivered> outcome(CURL* curl, CURLcode code, bool mail) {
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  // 4xx says that the message is wrong, apart from those that say "later"; in SMTP it is 5xx.
  const bool later = status == 408 || status == 425 || status == 429;
  const bool refused = mail ? status >= 500 && status <= 599 : status >= 400 && status <= 499 && !later;
  // curl_easy_strerror names the kind of failure, never the URL.
  if (code != CURLE_OK)
    return std::unexpected(NotDelivered{
        mail && refused, curl_easy_strerror(code) + (status == 0 ? "" : ", status " + std::to_string(status))});
  if (!mail && (status < 200 || status > 299))
    return std::unexpected(NotDelivered{refused, "HTTP status " + std::to_string(status)});
  return {};
}

std::expected<void, NotDelivered> post(const Sink& sink, const Message& message, std::uint64_t now_s) {
  const Curl curl{curl_easy_init()};
  if (!curl) return std::unexpected(NotDelivered{false, "no memory for a request"});
  const auto posting = posting_of(sink, message, now_s);
  auto lines = posting.headers;
  lines.emplace_back("Expect:");
  const auto headers = list_of(lines);
  std::size_t seen = 0;
  common(curl.get(), sink, "http,https", seen);
  curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl.get(), CURLOPT_POST, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(posting.body.size()));
  curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, posting.body.c_str());
  const auto code = curl_easy_perform(curl.get());
  return outcome(curl.get(), code, false);
}

std::expected<void, NotDelivered> mail(const Sink& sink, const Message& message) {
  const Curl curl{curl_easy_init()};
  if (!curl) return std::unexpected(NotDelivered{false, "no memory for a request"});
  const auto text = mail_of(sink, message);
  Upload upload{text};
  std::vector<std::string> to;
  for (const auto& address : sink.to) to.push_back("<" + address + ">");
  const auto recipients = list_of(to);
  std::size_t seen = 0;
  common(curl.get(), sink, "smtp,smtps", seen);
  // A password needs TLS; so does everything else that leaves this machine.
  const bool here = loopback(sink.url.reveal());
  const bool open = here && sink.password.empty();
  curl_easy_setopt(curl.get(), CURLOPT_USE_SSL, static_cast<long>(open ? CURLUSESSL_TRY : CURLUSESSL_ALL));
  curl_easy_setopt(curl.get(), CURLOPT_MAIL_FROM, ("<" + sink.from + ">").c_str());
  curl_easy_setopt(curl.get(), CURLOPT_MAIL_RCPT, recipients.get());
  if (!sink.username.empty()) {
    curl_easy_setopt(curl.get(), CURLOPT_USERNAME, sink.username.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_PASSWORD, sink.password.reveal().c_str());
  }
  curl_easy_setopt(curl.get(), CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_READFUNCTION, &give);
  curl_easy_setopt(curl.get(), CURLOPT_READDATA, static_cast<void*>(&upload));
  const auto code = curl_easy_perform(curl.get());
  return outcome(curl.get(), code, true);
}

}  // namespace

std::expected<void, NotDelivered> deliver(const Sink& sink, const Message& message, std::uint64_t now_s) {
  start_curl();
  return sink.type == SinkType::email ? mail(sink, message) : post(sink, message, now_s);
}

}  // namespace lockstep::notify
