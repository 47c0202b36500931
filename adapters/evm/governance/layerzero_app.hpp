#pragma once
// What LayerZero 1 applications (LzApp, NonblockingLzApp) have in common: who may send to them, and messages that
// failed when they arrived, of which only a hash is kept until somebody runs them again.
#include <set>
#include <tuple>

#include "adapters/evm/governance/dialect.hpp"

namespace lockstep::evm::governance {

/// Canonical signatures of LzApp's events.
inline constexpr const char* lz_remote_set = "SetTrustedRemote(uint16,bytes)";
inline constexpr const char* lz_remote_address_set = "SetTrustedRemoteAddress(uint16,bytes)";

class FailedMessages {
 public:
  void failed(const Uint256& chain, const Hash32& path, const Uint256& nonce) { open_.emplace(chain, path, nonce); }
  /// RetryMessageSuccess: it ran after all.
  void observe(const Log& log);
  void forget() { open_.clear(); }
  /// A line for each that may still be run; `who` may do so.
  std::vector<std::string> doubts(const char* who) const;

 private:
  std::set<std::tuple<Uint256, Hash32, Uint256>> open_;  // source chain, hash of the path, nonce
};

inline constexpr unsigned max_lz_chain = 0xffff;

/// Who may send from a source chain, up to max_lz_chain: trustedRemoteLookup(), the sender's address ‖ the receiver's.
Bytes lz_remote_calldata(const Uint256& chain);
/// The sender; nothing unless the receiver is `self`, and for senders that are not 20 bytes long.
std::optional<Address> lz_remote_in(const std::optional<Bytes>& answer, const Address& self);

}  // namespace lockstep::evm::governance
