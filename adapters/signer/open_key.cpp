#include "adapters/signer/open_key.hpp"

#include "adapters/signer/jsonrpc.hpp"
#include "adapters/signer/web3signer.hpp"
#include "crypto/keystore.hpp"
#include "crypto/local_key.hpp"

namespace lockstep::signer {

bool is_remote(const settings::SignerConfig& config) { return config.type != "keystore"; }

const settings::SecretRef& secret_of(const settings::SignerConfig& config) {
  return is_remote(config) ? config.url : config.passphrase;
}

Result<ports::KeyPtr> open_key(const settings::SignerConfig& config, const settings::Secret& secret) {
  if (config.type == "web3signer") return web3signer(config, secret);
  if (config.type == "jsonrpc") return jsonrpc(config, secret);
  auto key = crypto::read_keystore(config.path, secret.reveal());
  if (!key) return std::unexpected(key.error());
  return crypto::local_key(*std::move(key));
}

}  // namespace lockstep::signer
