#include "app/cli/http_client.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include "adapters/transport/curl_easy.hpp"
#include "settings/secret_ref.hpp"

namespace lockstep::app {
namespace {

constexpr std::size_t max_body_bytes = std::size_t{16} << 20;

std::size_t collect(char* data, std::size_t size, std::size_t count, void* to) {
  auto& body = *static_cast<std::string*>(to);
  if (body.size() + size * count > max_body_bytes) return 0;
  body.append(data, size * count);
  return size * count;
}

Exit exit_for(long status) {
  switch (status) {
    case 401:
    case 403:
      return Exit::not_allowed;
    case 404:
      return Exit::file_missing;
    case 400:
    case 422:
      return Exit::bad_document;
    case 409:
    case 429:
    case 503:
      return Exit::try_later;
    default:
      return Exit::unexpected;
  }
}

/// RFC 9457 as one of our errors.
Error problem(const HttpReply& reply) {
  const auto json = nlohmann::json::parse(reply.body, nullptr, false);
  const auto text = [&](const char* key) {
    return json.is_object() && json.contains(key) && json[key].is_string() ? json[key].get<std::string>()
                                                                           : std::string{};
  };
  if (const auto what = text("what"); !what.empty()) return {what, text("where"), text("why"), text("next")};
  const auto title = text("title");
  return {title.empty() ? fmt::format("the daemon answered {}", reply.status) : title, text("code"), text("detail"),
          text("next")};
}

}  // namespace

namespace {

/// A piece of a stream on its way to whoever takes it; an error's body is kept instead.
struct Piece {
  CURL* curl;
  const HttpClient::Take& take;
  HttpReply& reply;
  bool enough = false;
};

std::size_t hand_on(char* data, std::size_t size, std::size_t count, void* to) {
  auto& piece = *static_cast<Piece*>(to);
  curl_easy_getinfo(piece.curl, CURLINFO_RESPONSE_CODE, &piece.reply.status);
  if (piece.reply.status != 200) return collect(data, size, count, &piece.reply.body);
  piece.enough = !piece.take({data, size * count});
  return piece.enough ? 0 : size * count;
}

}  // namespace

Result<HttpReply> HttpClient::stream(const std::string& path, const std::vector<std::string>& headers, const Take& take,
                                     std::optional<std::chrono::steady_clock::time_point> deadline) const {
  const auto curl = transport::new_easy();
  if (!curl) return fail("cannot start an HTTP request");
  const bool local = endpoint_.starts_with("unix:");
  const auto socket = local ? endpoint_.substr(5) : std::string{};
  const auto url = (local ? std::string{"http://localhost"} : endpoint_) + path;
  HttpReply reply;
  Piece piece{curl.get(), take, reply};
  curl_slist* raw = curl_slist_append(nullptr, "Accept: text/event-stream");
  for (const auto& header : headers) raw = curl_slist_append(raw, header.c_str());
  if (!token_.empty()) raw = curl_slist_append(raw, ("Authorization: Bearer " + token_).c_str());
  const transport::CurlList list{raw};
  const auto set = [&](CURLoption option, auto value) { curl_easy_setopt(curl.get(), option, value); };
  set(CURLOPT_URL, url.c_str());
  if (local) set(CURLOPT_UNIX_SOCKET_PATH, socket.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_NOPROXY, "localhost,127.0.0.1,::1");
  set(CURLOPT_CONNECTTIMEOUT_MS, 5000L);
  set(CURLOPT_LOW_SPEED_LIMIT, 1L);
  set(CURLOPT_LOW_SPEED_TIME, 45L);
  if (deadline) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline - std::chrono::steady_clock::now());
    set(CURLOPT_TIMEOUT_MS, std::max(1L, static_cast<long>(left.count())));
  }
  set(CURLOPT_HTTPHEADER, list.get());
  set(CURLOPT_WRITEFUNCTION, &hand_on);
  set(CURLOPT_WRITEDATA, static_cast<void*>(&piece));
  const auto result = curl_easy_perform(curl.get());
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &reply.status);
  const bool in_time = deadline && std::chrono::steady_clock::now() >= *deadline;
  if (result == CURLE_OK || piece.enough || in_time) return reply;
  return fail("the event stream broke off", local ? socket : "the read API", curl_easy_strerror(result),
              "start lockstepd, or name it with --url");
}

Result<HttpReply> HttpClient::request(const char* method, const std::string& path, const std::string& body) const {
  const auto curl = transport::new_easy();
  if (!curl) return fail("cannot start an HTTP request");
  const bool local = endpoint_.starts_with("unix:");
  const auto socket = local ? endpoint_.substr(5) : std::string{};
  const auto url = (local ? std::string{"http://localhost"} : endpoint_) + path;
  HttpReply reply;
  curl_slist* raw = curl_slist_append(nullptr, "Accept: application/json");
  raw = curl_slist_append(raw, "Expect:");
  if (!body.empty()) raw = curl_slist_append(raw, "Content-Type: application/json");
  if (!token_.empty()) raw = curl_slist_append(raw, ("Authorization: Bearer " + token_).c_str());
  const transport::CurlList headers{raw};
  const auto set = [&](CURLoption option, auto value) { curl_easy_setopt(curl.get(), option, value); };
  set(CURLOPT_URL, url.c_str());
  if (local) set(CURLOPT_UNIX_SOCKET_PATH, socket.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_NOPROXY, "localhost,127.0.0.1,::1");
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(timeout_s_ * 1000));
  set(CURLOPT_CONNECTTIMEOUT_MS, 5000L);
  set(CURLOPT_HTTPHEADER, headers.get());
  set(CURLOPT_WRITEFUNCTION, &collect);
  set(CURLOPT_WRITEDATA, static_cast<void*>(&reply.body));
  if (std::string_view{method} == "POST") {
    set(CURLOPT_POST, 1L);
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    set(CURLOPT_POSTFIELDS, body.c_str());
  }
  const auto result = curl_easy_perform(curl.get());
  if (result != CURLE_OK) {
    return fail("the daemon cannot be reached", local ? socket : "the read API", curl_easy_strerror(result),
                "start lockstepd, or name it with --url");
  }
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &reply.status);
  return reply;
}

std::optional<HttpClient> client(Session& session, bool admin, Exit& failed) {
  const auto endpoint = session.endpoint(admin, failed);
  if (!endpoint) return std::nullopt;
  std::string token;
  if (!session.flags.token_file.empty()) {
    const auto secret = settings::resolve({settings::SecretSource::file, session.flags.token_file, "--token-file"});
    if (!secret) {
      failed = session.fail(secret.error(), Exit::not_allowed);
      return std::nullopt;
    }
    token = secret->reveal();
  }
  constexpr std::uint64_t longest_request_s = 30;
  const auto timeout = session.timeout_s(longest_request_s, failed);
  if (!timeout) return std::nullopt;
  return HttpClient{*endpoint, std::min(*timeout, longest_request_s), token};
}

std::optional<nlohmann::json> fetch(Session& session, const Result<HttpReply>& reply, Exit& failed) {
  if (!reply) {
    failed = session.fail(reply.error(), Exit::unreachable);
    return std::nullopt;
  }
  if (reply->status < 200 || reply->status > 299) {
    failed = session.fail(problem(*reply), exit_for(reply->status));
    return std::nullopt;
  }
  auto json = nlohmann::json::parse(reply->body, nullptr, false);
  if (json.is_discarded()) {
    failed = session.fail({"the daemon's answer is not JSON", {}, {}, "check that --url names a lockstepd"},
                          Exit::unexpected);
    return std::nullopt;
  }
  return json;
}

}  // namespace lockstep::app
