// The only file here that opens a socket.
#include <curl/curl.h>

#include "adapters/notify/sink.hpp"
#include "adapters/transport/curl_easy.hpp"
#include "adapters/transport/http_once.hpp"

namespace lockstep::notify {
namespace {

constexpr long longest_ms = 10'000, connect_ms = 5'000;
constexpr std::size_t longest_answer = 65'536;

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

void common(CURL* curl, const Sink& sink, std::size_t& seen) {
  curl_easy_setopt(curl, CURLOPT_URL, sink.url.reveal().c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, longest_ms);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, connect_ms);
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &ignore);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, static_cast<void*>(&seen));
}

std::expected<void, NotDelivered> outcome(CURL* curl, CURLcode code) {
  if (code == CURLE_OK) return {};
  long status = 0;  // 5xx in SMTP says that the message is wrong
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  // curl_easy_strerror names the kind of failure, never the URL.
  return std::unexpected(
      NotDelivered{status >= 500 && status <= 599,
                   curl_easy_strerror(code) + (status == 0 ? "" : ", status " + std::to_string(status))});
}

std::expected<void, NotDelivered> post(const Sink& sink, const Message& message, std::uint64_t now_s) {
  const auto posting = posting_of(sink, message, now_s);
  const auto answer = transport::ask_once({.url = sink.url.reveal(),
                                           .headers = posting.headers,
                                           .body = posting.body,
                                           .timeout_ms = longest_ms,
                                           .cap = longest_answer,
                                           .through_proxy = true});
  if (!answer) return std::unexpected(NotDelivered{false, to_text(answer.error())});
  const auto status = answer->status;
  if (status >= 200 && status <= 299) return {};
  // 4xx says that the message is wrong, apart from those that say "later".
  const bool later = status == 408 || status == 425 || status == 429;
  return std::unexpected(
      NotDelivered{status >= 400 && status <= 499 && !later, "HTTP status " + std::to_string(status)});
}

std::expected<void, NotDelivered> mail(const Sink& sink, const Message& message) {
  const auto curl = transport::new_easy();
  if (!curl) return std::unexpected(NotDelivered{false, "no memory for a request"});
  const auto text = mail_of(sink, message);
  Upload upload{text};
  std::vector<std::string> to;
  for (const auto& address : sink.to) to.push_back("<" + address + ">");
  const auto recipients = transport::list_of(to);
  std::size_t seen = 0;
  common(curl.get(), sink, seen);
  // A password needs TLS; so does everything else that leaves this machine.
  const bool here = transport::stays_here(sink.url.reveal());
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
  return outcome(curl.get(), code);
}

}  // namespace

std::expected<void, NotDelivered> deliver(const Sink& sink, const Message& message, std::uint64_t now_s) {
  return sink.type == SinkType::email ? mail(sink, message) : post(sink, message, now_s);
}

}  // namespace lockstep::notify
