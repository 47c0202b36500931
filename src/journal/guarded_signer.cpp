#include "journal/guarded_signer.hpp"

#include <utility>

#include "base/assert.hpp"
#include "crypto/eip712.hpp"

namespace lockstep::journal {

GuardedSigner::GuardedSigner(crypto::PrivateKey key, Guard& guard, std::function<std::uint64_t()> durable_seq)
    : key_(std::move(key)), address_(key_.address()), guard_(guard), durable_seq_(std::move(durable_seq)) {}

void GuardedSigner::quarantine(const Error& reason) {
  const std::lock_guard lock(mutex_);
  if (!quarantined_) quarantined_ = reason;
}

std::optional<Error> GuardedSigner::quarantined() const {
  const std::lock_guard lock(mutex_);
  return quarantined_;
}

Result<coordinator::Attestation> GuardedSigner::sign(const std::string& protocol, const Hash32& domain,
                                                     const coordinator::Statement& statement) {
  const std::lock_guard lock(mutex_);
  if (quarantined_) return std::unexpected(*quarantined_);
  if (statement.kind == coordinator::Kind::none) return fail("refused to sign a statement of no kind", protocol);
  const auto digest = crypto::digest(domain, statement);
  const auto admitted = guard_.admit(protocol, statement, digest, durable_seq_());
  if (!admitted) return std::unexpected(admitted.error());
  coordinator::Attestation attestation{statement, address_, {}};
  if (*admitted) {
    attestation.signature = **admitted;
  } else {
    attestation.signature = key_.sign(digest);
    if (auto kept = guard_.complete(protocol, statement, attestation.signature); !kept)
      return std::unexpected(kept.error());
  }
  // A stored signature of another key (the key was exchanged under a running epoch) must not leave as ours.
  if (crypto::recover(digest, attestation.signature) != address_) {
    return fail("the stored signature is not of this key", protocol, describe(statement),
                "use the key this epoch began with; a new key is a new operator");
  }
  return attestation;
}

}  // namespace lockstep::journal
