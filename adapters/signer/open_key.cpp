#include "adapters/signer/open_key.hpp"

#include "adapters/signer/web3signer.hpp"
#include "crypto/keystore.hpp"
#include "crypto/local_key.hpp"

namespace lockstep::signer {

const settings::SecretRef& secret_of(const settings::SignerConfig& config) {
  return config.type == "web3signer" ? config.url : config.passphrase;
}

Result<ports::KeyPtr> open_key(const settings::SignerConfig& config, const settings::Secret& secret) {
  if (config.type == "web3signer") return web3signer(config, secret);
  auto key = crypto::read_keystore(config.path, secret.reveal());
  if (!key) return std::unexpected(key.error());
  return crypto::local_key(*std::move(key));
}

}  // namespace lockstep::signer
