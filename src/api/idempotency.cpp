#include "api/idempotency.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <mutex>
#include <set>

namespace lockstep::api {
namespace {

constexpr std::size_t longest_key = 128;

/// Two requests are the same if these are.
std::string fingerprint(const Request& request) {
  Hash32 hash;
  EVP_Digest(request.body.data(), request.body.size(), hash.bytes.data(), nullptr, EVP_sha256(), nullptr);
  return request.method + " " + request.path + " " + to_hex(hash);
}

bool printable(const std::string& key) {
  return std::ranges::all_of(key, [](unsigned char c) { return c > 0x20 && c < 0x7f; });
}

std::mutex running_mutex;
std::set<std::string> running;  // keys whose requests are being carried out

/// Holds a key while its request is carried out.
class Claim {
 public:
  explicit Claim(std::string key) : key_(std::move(key)) {
    const std::lock_guard lock(running_mutex);
    held_ = running.insert(key_).second;
  }
  ~Claim() {
    if (!held_) return;
    const std::lock_guard lock(running_mutex);
    running.erase(key_);
  }
  Claim(const Claim&) = delete;
  Claim& operator=(const Claim&) = delete;
  bool held() const { return held_; }

 private:
  std::string key_;
  bool held_ = false;
};

}  // namespace

Response once(const Call& call, Response (*work)(const Call&)) {
  const auto& key = call.request.header("idempotency-key");
  const auto& handlers = *call.context.handlers;
  if (key.empty()) return work(call);
  if (key.size() > longest_key || !printable(key))
    return problem(400, "bad-idempotency-key", "Idempotency-Key has 1 to 128 printable characters without spaces");
  if (!handlers.recall || !handlers.remember) return problem(400, "no-idempotency", "this daemon keeps no keys");
  // Keys of one bearer or user mean nothing for another.
  const auto whole = call.request.peer + " " + key;
  const Claim claim(whole);
  if (!claim.held()) return problem(409, "in-progress", "a request with this Idempotency-Key is being carried out");
  const auto asked = fingerprint(call.request);
  if (const auto known = handlers.recall(whole)) {
    if (known->request != asked)
      return problem(422, "idempotency-key-reused", "this Idempotency-Key was used for another request");
    Response again{.status = known->status, .body = known->body};
    if (known->status >= 400) again.type = "application/problem+json";
    again.headers.emplace_back("Idempotency-Replayed", "true");
    return again;
  }
  auto response = work(call);
  const bool final = response.status < 500 && response.status != 409 && response.status != 412;
  if (!final) return response;
  if (const auto kept = handlers.remember(whole, {asked, response.status, response.body}); !kept)
    response.headers.emplace_back("Idempotency-Kept", "false");
  return response;
}

}  // namespace lockstep::api
