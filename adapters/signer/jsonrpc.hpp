#pragma once
// A key behind JSON-RPC over HTTP: clef, or a node or wallet that answers eth_signTypedData_v4 and
// eth_signTransaction. A person may be asked there, and may change gas or fees of a transaction: what was not asked for
// is refused. What comes back is checked against the message and the address, so that a signer that lies or holds
// another key costs time and nothing else.
#include "ports/key.hpp"
#include "settings/config.hpp"

namespace lockstep::signer {

/// Refuses a URL that would send what is signed in the clear to another machine.
Result<ports::KeyPtr> jsonrpc(const settings::SignerConfig& config, const settings::Secret& url);

}  // namespace lockstep::signer
