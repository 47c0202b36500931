#pragma once
// A [[signer]] of the configuration as a key. A keystore is decrypted now; a remote signer is not asked before
// something is to be signed, so that a daemon starts without it.
#include "ports/key.hpp"
#include "settings/config.hpp"

namespace lockstep::signer {

/// Somebody else keeps it: `address` is configured, and it is asked over a network.
bool is_remote(const settings::SignerConfig& config);
/// What has to be resolved to open it: the passphrase of a keystore, the URL of a remote signer.
const settings::SecretRef& secret_of(const settings::SignerConfig& config);
/// `secret`: that, resolved.
Result<ports::KeyPtr> open_key(const settings::SignerConfig& config, const settings::Secret& secret);

}  // namespace lockstep::signer
