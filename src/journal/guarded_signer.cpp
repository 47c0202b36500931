#include "journal/guarded_signer.hpp"

#include <utility>

#include "crypto/eip712.hpp"
#include "crypto/keccak256.hpp"
#include "crypto/secp256k1.hpp"

namespace lockstep::journal {

GuardedSigner::GuardedSigner(ports::KeyPtr key, Guard& guard, std::function<std::uint64_t()> durable_seq)
    : key_(std::move(key)), address_(key_->address()), guard_(guard), durable_seq_(std::move(durable_seq)) {}

void GuardedSigner::quarantine(const Error& reason) {
  const std::lock_guard lock(mutex_);
  if (!quarantined_) quarantined_ = reason;
}

std::optional<Error> GuardedSigner::quarantined() const {
  const std::lock_guard lock(mutex_);
  return quarantined_;
}

Result<void> GuardedSigner::forgo(const std::string& protocol, std::uint64_t epoch) {
  if (auto raised = guard_.import_watermark(protocol, epoch); !raised) return std::unexpected(raised.error());
  return {};
}

namespace {
std::unexpected<ports::NotSigned> refused(Error why) { return std::unexpected(ports::NotSigned{std::move(why)}); }
}  // namespace

std::expected<coordinator::Attestation, ports::NotSigned> GuardedSigner::sign(const std::string& protocol,
                                                                              const ports::Domain& domain,
                                                                              const coordinator::Statement& statement) {
  if (auto why = quarantined()) return refused(*std::move(why));
  if (statement.kind == coordinator::Kind::none)
    return refused({"refused to sign a statement of no kind", protocol, {}, {}});
  const auto message = crypto::message(domain.separator, statement);
  const auto digest = crypto::keccak256(message);
  auto admitted = guard_.admit(protocol, statement, digest, durable_seq_());
  if (!admitted) return refused(admitted.error());
  coordinator::Attestation attestation{statement, address_, {}};
  if (*admitted) {
    attestation.signature = **admitted;
  } else {
    const auto document = crypto::typed_data(domain.chain_id, domain.gate, statement);
    auto made = key_->sign({message, document});
    if (!made) return std::unexpected(std::move(made.error()));
    if (auto why = quarantined()) return refused(*std::move(why));  // meanwhile: whoever keeps the key may be slow
    attestation.signature = *std::move(made);
    if (auto kept = guard_.complete(protocol, statement, attestation.signature); !kept) return refused(kept.error());
  }
  // A stored signature of another key (the key was exchanged under a running epoch) must not leave as ours.
  if (crypto::recover(digest, attestation.signature) != address_) {
    return refused({"the stored signature is not of this key", protocol, describe(statement),
                    "use the key this epoch began with; a new key is a new operator"});
  }
  return attestation;
}

}  // namespace lockstep::journal
