#pragma once
// A key with the guard in front. There is no other way to a signature in this program.
#include <functional>
#include <mutex>
#include <optional>

#include "journal/guard.hpp"
#include "ports/signer.hpp"

namespace lockstep::journal {

class GuardedSigner final : public ports::Signer {
 public:
  /// `durable_seq` tells the journal's last durable record, from any thread. The guard outlives the signer.
  GuardedSigner(ports::KeyPtr key, Guard& guard, std::function<std::uint64_t()> durable_seq);

  Address address() const override { return address_; }
  std::optional<Error> quarantined() const override;
  std::expected<coordinator::Attestation, ports::NotSigned> sign(const std::string& protocol,
                                                                 const ports::Domain& domain,
                                                                 const coordinator::Statement& statement) override;
  Result<bool> knows(const std::string& protocol, const coordinator::Statement& statement) override {
    return guard_.knows(protocol, statement);
  }
  Result<void> forgo(const std::string& protocol, std::uint64_t epoch) override;

  /// From now on every sign() is refused with `reason`; there is no way back in this process.
  void quarantine(const Error& reason);

 private:
  mutable std::mutex mutex_;
  ports::KeyPtr key_;
  Address address_;
  Guard& guard_;
  std::function<std::uint64_t()> durable_seq_;
  std::optional<Error> quarantined_;
};

/// Stands in for a signer whose guard could not be opened: it has an address and signs nothing.
class QuarantinedSigner final : public ports::Signer {
 public:
  QuarantinedSigner(const Address& address, Error reason) : address_(address), reason_(std::move(reason)) {}
  Address address() const override { return address_; }
  std::optional<Error> quarantined() const override { return reason_; }
  std::expected<coordinator::Attestation, ports::NotSigned> sign(const std::string&, const ports::Domain&,
                                                                 const coordinator::Statement&) override {
    return std::unexpected(ports::NotSigned{reason_});
  }
  Result<bool> knows(const std::string&, const coordinator::Statement&) override { return true; }  // signs nothing
  Result<void> forgo(const std::string&, std::uint64_t) override { return {}; }

 private:
  Address address_;
  Error reason_;
};

}  // namespace lockstep::journal
