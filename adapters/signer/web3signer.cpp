#include "adapters/signer/web3signer.hpp"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <fmt/format.h>

#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>

#include "adapters/signer/signature_text.hpp"

namespace lockstep::signer {
namespace {

constexpr long timeout_ms = 5000;
constexpr std::size_t longest_answer = 1 << 20;

struct Free {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Curl = std::unique_ptr<CURL, Free>;

std::size_t take(char* from, std::size_t size, std::size_t count, void* into) {
  auto& text = *static_cast<std::string*>(into);
  if (text.size() + size * count > longest_answer) return 0;
  text.append(from, size * count);
  return size * count;
}

/// Its scheme and host, by libcurl's own parser: what it would connect to.
bool stays_here_or_is_hidden(const std::string& text) {
  const std::unique_ptr<CURLU, Free> url{curl_url()};
  char *scheme = nullptr, *host = nullptr;
  const bool read = url && curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) == CURLUE_OK &&
                    curl_url_get(url.get(), CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
                    curl_url_get(url.get(), CURLUPART_HOST, &host, 0) == CURLUE_OK;
  const std::string protocol = read ? scheme : "", place = read ? host : "";
  curl_free(scheme);
  curl_free(host);
  in_addr v4{};
  const bool is_v4 = inet_pton(AF_INET, place.c_str(), &v4) == 1;  // and no name that only begins like one
  const bool here = place == "localhost" || place == "[::1]" || (is_v4 && (ntohl(v4.s_addr) >> 24) == 127);
  return protocol == "https" || (protocol == "http" && here);
}

class Web3Signer final : public ports::Key {
 public:
  Web3Signer(const settings::SignerConfig& config, std::string base) : config_(config), base_(std::move(base)) {}

  Address address() const override { return config_.address; }

  std::expected<Bytes, ports::NotSigned> sign(BytesView message) const override {
    auto key = identifier();
    if (!key) return std::unexpected(key.error());
    const auto body = nlohmann::json{{"data", to_hex(message)}}.dump();
    const auto answer = request("/api/v1/eth1/sign/" + *key, &body);
    if (!answer) return std::unexpected(answer.error());
    auto signature = signature_of(*answer, message, config_.address);
    if (!signature)
      return std::unexpected(not_signed("gave no signature of this key",
                                        "the answer has " + std::to_string(answer->size()) + " characters", false));
    return *std::move(signature);
  }

 private:
  ports::NotSigned not_signed(const std::string& what, const std::string& why, bool again) const {
    return {{fmt::format("the remote signer {} of {}", what, to_hex(config_.address)), "signer " + config_.id, why,
             "look at its own log; lockstep doctor tries it"},
            again};
  }

  /// As it names the key. Asked once.
  std::expected<std::string, ports::NotSigned> identifier() const {
    const std::lock_guard lock(mutex_);
    if (!identifier_.empty()) return identifier_;
    const auto answer = request("/api/v1/eth1/publicKeys", nullptr);
    if (!answer) return std::unexpected(answer.error());
    const auto key = key_of(*answer, config_.address);
    if (!key) return std::unexpected(not_signed("does not hold the key", "it is not among its public keys", true));
    identifier_ = *key;
    return identifier_;
  }

  std::expected<std::string, ports::NotSigned> request(const std::string& path, const std::string* body) const {
    const Curl curl{curl_easy_init()};
    if (!curl) return std::unexpected(not_signed("was not asked for a signature", "no memory for a request", true));
    std::string answer;
    const std::unique_ptr<curl_slist, Free> headers{
        curl_slist_append(curl_slist_append(nullptr, "Content-Type: application/json"), "Expect:")};
    const auto url = base_ + path;
    prepare(curl.get(), url, answer);
    curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers.get());
    if (body != nullptr) {
      curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body->size()));
      curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, body->c_str());
    }
    const auto code = curl_easy_perform(curl.get());
    long status = 0;
    curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
    if (code != CURLE_OK)
      return std::unexpected(not_signed("does not answer for the key", curl_easy_strerror(code), true));
    if (status == 200) return answer;
    // 400: it understood and will not sign this. Anything else may pass: keys being loaded, a proxy, a right missing.
    return std::unexpected(not_signed(status == 400 ? "refuses to sign with the key" : "gives no signature of the key",
                                      "HTTP status " + std::to_string(status), status != 400));
  }

  void prepare(CURL* curl, const std::string& url, std::string& answer) const {
    curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, timeout_ms);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
    if (!config_.ca_file.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, config_.ca_file.c_str());
    if (!config_.client_certificate.empty()) {
      curl_easy_setopt(curl, CURLOPT_SSLCERT, config_.client_certificate.c_str());
      curl_easy_setopt(curl, CURLOPT_SSLKEY, config_.client_key.c_str());
    }
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, static_cast<void*>(&answer));
  }

  const settings::SignerConfig config_;
  const std::string base_;
  mutable std::mutex mutex_;
  mutable std::string identifier_;
};

}  // namespace

Result<ports::KeyPtr> web3signer(const settings::SignerConfig& config, const settings::Secret& url) {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  auto base = url.reveal();
  while (base.ends_with('/')) base.pop_back();
  if (!stays_here_or_is_hidden(base))
    return fail("signer " + config.id + " would be asked in the clear", config.url.where,
                "its url is neither https nor of this machine", "put TLS before it and write https://…");
  return std::make_shared<const Web3Signer>(config, std::move(base));
}

}  // namespace lockstep::signer
