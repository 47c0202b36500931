#include "adapters/signer/web3signer.hpp"

#include <mutex>
#include <nlohmann/json.hpp>

#include "adapters/signer/remote.hpp"
#include "adapters/signer/signature_text.hpp"

namespace lockstep::signer {
namespace {

constexpr std::uint32_t timeout_ms = 5000;

class Web3Signer final : public ports::Key {
 public:
  explicit Web3Signer(RemotePtr remote) : remote_(std::move(remote)) {}

  Address address() const override { return remote_->config().address; }
  bool lasts() const override { return true; }
  void give_up() const override { remote_->give_up(); }

  std::expected<Bytes, ports::NotSigned> sign(const ports::ToSign& message) const override {
    auto key = identifier();
    if (!key) return std::unexpected(key.error());
    const auto body = nlohmann::json{{"data", to_hex(message.bytes)}}.dump();
    const auto answer = remote_->ask("/api/v1/eth1/sign/" + *key, &body);
    if (!answer) return std::unexpected(answer.error());
    auto signature = signature_of(*answer, message.bytes, address());
    if (!signature)
      return std::unexpected(remote_->not_signed(
          "gave no signature of this key", "the answer has " + std::to_string(answer->size()) + " characters", false));
    return *std::move(signature);
  }

 private:
  /// As it names the key. Asked once.
  std::expected<std::string, ports::NotSigned> identifier() const {
    const std::lock_guard lock(mutex_);
    if (!identifier_.empty()) return identifier_;
    const auto answer = remote_->ask("/api/v1/eth1/publicKeys", nullptr);
    if (!answer) return std::unexpected(answer.error());
    const auto key = key_of(*answer, address());
    if (!key)
      return std::unexpected(remote_->not_signed("does not hold the key", "it is not among its public keys", true));
    identifier_ = *key;
    return identifier_;
  }

  const RemotePtr remote_;
  mutable std::mutex mutex_;
  mutable std::string identifier_;
};

}  // namespace

Result<ports::KeyPtr> web3signer(const settings::SignerConfig& config, const settings::Secret& url) {
  auto remote = Remote::make(config, url, timeout_ms);
  if (!remote) return std::unexpected(remote.error());
  return std::make_shared<const Web3Signer>(*std::move(remote));
}

}  // namespace lockstep::signer
