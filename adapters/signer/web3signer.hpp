#pragma once
// A key that a Web3Signer keeps (https://docs.web3signer.consensys.io, eth1 mode): GET /api/v1/eth1/publicKeys names
// its keys, POST /api/v1/eth1/sign/KEY hashes `data` by keccak256 and signs it. Not its JSON-RPC: eth_sign puts a
// prefix before what is signed, and eth_signTypedData did so too (its issue 1012). What comes back is checked against
// the address, so that a signer that lies or holds another key costs time and nothing else.
#include "ports/key.hpp"
#include "settings/config.hpp"

namespace lockstep::signer {

/// Refuses a URL that would send what is signed in the clear to another machine.
Result<ports::KeyPtr> web3signer(const settings::SignerConfig& config, const settings::Secret& url);

}  // namespace lockstep::signer
