#include "adapters/signer/jsonrpc.hpp"

#include <atomic>

#include "adapters/signer/remote.hpp"
#include "adapters/signer/rpc_form.hpp"

namespace lockstep::signer {
namespace {

class JsonRpc final : public ports::Key {
 public:
  JsonRpc(RemotePtr remote, Dialect dialect) : remote_(std::move(remote)), dialect_(dialect) {}

  Address address() const override { return remote_->config().address; }
  bool lasts() const override { return true; }
  void give_up() const override { remote_->give_up(); }

  std::expected<Bytes, ports::NotSigned> sign(const ports::ToSign& message) const override {
    const auto call = call_for(dialect_, address(), message);
    if (!call) return std::unexpected(remote_->not_signed("was not asked for a signature", call.error().text(), false));
    const auto id = ++asked_;
    const auto body = transport::encode_call(*call, id);
    const auto answer = remote_->ask("", &body);
    if (!answer) return std::unexpected(answer.error());
    const auto result = transport::decode_call(*answer, id);
    if (!result && is_denial(result.error()))
      return std::unexpected(remote_->not_signed("refuses to sign with the key", to_text(result.error()), false));
    if (!result)
      return std::unexpected(remote_->not_signed("gives no signature of the key", to_text(result.error()), true));
    auto signature = signature_in(*result, message.bytes, address());
    if (!signature)
      return std::unexpected(remote_->not_signed("gives no signature of the key", "it " + signature.error(), false));
    return *std::move(signature);
  }

 private:
  const RemotePtr remote_;
  const Dialect dialect_;
  mutable std::atomic<std::uint64_t> asked_ = 0;
};

}  // namespace

Result<ports::KeyPtr> jsonrpc(const settings::SignerConfig& config, const settings::Secret& url) {
  auto remote = Remote::make(config, url, static_cast<std::uint32_t>(config.timeout_s * 1000));
  if (!remote) return std::unexpected(remote.error());
  return std::make_shared<const JsonRpc>(*std::move(remote), config.dialect == "eth" ? Dialect::eth : Dialect::clef);
}

}  // namespace lockstep::signer
