#include "adapters/signer/remote.hpp"

#include <fmt/format.h>

#include "adapters/transport/curl_easy.hpp"

namespace lockstep::signer {

Result<RemotePtr> Remote::make(const settings::SignerConfig& config, const settings::Secret& url,
                               std::uint32_t timeout_ms) {
  auto base = url.reveal();
  while (base.ends_with('/')) base.pop_back();
  const auto place = transport::place_of(base);
  if (!place || (place->scheme != "https" && (place->scheme != "http" || !transport::stays_here(base))))
    return fail("signer " + config.id + " would be asked in the clear", config.url.where,
                "its url is neither https nor of this machine", "put TLS before it and write https://…");
  return RemotePtr(new Remote(config, std::move(base), timeout_ms));
}

ports::NotSigned Remote::not_signed(const std::string& what, const std::string& why, bool again) const {
  return {{fmt::format("the remote signer {} of {}", what, to_hex(config_.address)), "signer " + config_.id, why,
           "look at its own log; lockstep doctor tries it"},
          again};
}

std::expected<std::string, ports::NotSigned> Remote::ask(const std::string& path, const std::string* body) const {
  auto answer = transport::ask_once({.url = base_ + path,
                                     .headers = {"Content-Type: application/json"},
                                     .body = body == nullptr ? std::nullopt : std::optional(*body),
                                     .timeout_ms = timeout_ms_,
                                     .ca_file = config_.ca_file,
                                     .client_certificate = config_.client_certificate,
                                     .client_key = config_.client_key,
                                     .given_up = &given_up_});
  if (!answer) return std::unexpected(not_signed("does not answer for the key", to_text(answer.error()), true));
  if (answer->status == 200) return std::move(answer->body);
  // 400: it understood and will not sign this. Anything else may pass: keys being loaded, a proxy, a right missing.
  const bool refused = answer->status == 400;
  return std::unexpected(not_signed(refused ? "refuses to sign with the key" : "gives no signature of the key",
                                    "HTTP status " + std::to_string(answer->status), !refused));
}

}  // namespace lockstep::signer
