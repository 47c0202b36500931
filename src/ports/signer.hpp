#pragma once
// Makes attestations, with the guard in front: at most one statement per (protocol, epoch, kind) is ever signed (S8),
// and it is durable in the guard's own store before the key is used. Called on the signer's own threads, several at
// once.
#include <optional>
#include <string>

#include "base/result.hpp"
#include "coordinator/attestation.hpp"
#include "ports/key.hpp"

namespace lockstep::ports {

/// EIP-712 domain of a plan's certificates: its home chain and home gate, and the separator they make.
struct Domain {
  Hash32 separator;
  std::uint64_t chain_id = 0;
  Address gate;
};

class Signer {
 public:
  virtual ~Signer() = default;
  virtual Address address() const = 0;
  /// Why nothing at all is signed, if so; for people. Any thread.
  virtual std::optional<Error> quarantined() const { return std::nullopt; }
  /// Same statement again: same signature again. A different statement of the same (protocol, epoch, kind): a refusal
  /// that names both.
  virtual std::expected<coordinator::Attestation, NotSigned> sign(const std::string& protocol, const Domain& domain,
                                                                  const coordinator::Statement& statement) = 0;
  /// A statement of its protocol, epoch and kind was wanted here before. What our key signed otherwise, another copy
  /// did. Any thread.
  virtual Result<bool> knows(const std::string& protocol, const coordinator::Statement& statement) = 0;
  /// From now on, and after every restart, nothing of `protocol` at or below `epoch` is signed. Any thread.
  virtual Result<void> forgo(const std::string& protocol, std::uint64_t epoch) = 0;
};

}  // namespace lockstep::ports
