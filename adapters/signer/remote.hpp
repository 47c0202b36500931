#pragma once
// What every signer behind HTTP has in common: where it is, how it is asked, and how it is told that it did not sign.
#include <atomic>
#include <string>

#include "adapters/transport/http_once.hpp"
#include "ports/key.hpp"
#include "settings/config.hpp"

namespace lockstep::signer {

class Remote {
 public:
  /// Refuses a URL that would send what is signed in the clear to another machine.
  static Result<std::shared_ptr<const Remote>> make(const settings::SignerConfig& config, const settings::Secret& url,
                                                    std::uint32_t timeout_ms);

  const settings::SignerConfig& config() const { return config_; }
  /// What it answered with status 200. `path`: what comes after its URL; null `body`: GET.
  std::expected<std::string, ports::NotSigned> ask(const std::string& path, const std::string* body) const;
  /// "the remote signer `what` of 0x…": an error as people see it.
  ports::NotSigned not_signed(const std::string& what, const std::string& why, bool again) const;
  void give_up() const { given_up_ = true; }

 private:
  Remote(settings::SignerConfig config, std::string base, std::uint32_t timeout_ms)
      : config_(std::move(config)), base_(std::move(base)), timeout_ms_(timeout_ms) {}

  const settings::SignerConfig config_;
  const std::string base_;
  const std::uint32_t timeout_ms_;
  mutable std::atomic<bool> given_up_ = false;
};
using RemotePtr = std::shared_ptr<const Remote>;

}  // namespace lockstep::signer
