#pragma once
// Who holds which role of an OpenZeppelin AccessControl: candidates from RoleGranted events, each confirmed by
// hasRole() at the block.
#include <map>
#include <set>

#include "adapters/evm/governance/dialect.hpp"

namespace lockstep::evm::governance {

Hash32 role_hash(const char* name);  // "EXECUTOR_ROLE"; "" = DEFAULT_ADMIN_ROLE

class RoleBook {
 public:
  void observe(const Log& log);
  void forget() { granted_.clear(); }
  /// Ever granted, as far as logs were read.
  const std::set<Address>& candidates(const Hash32& role) const;

 private:
  std::map<Hash32, std::set<Address>> granted_;
};

/// Of every contract that ever granted one.
using RoleBooks = std::map<Address, RoleBook>;
void observe(RoleBooks& books, const Log& log);

struct Holder {
  Address account;
  bool has_code = false;
};
using Holders = std::map<Hash32, std::vector<Holder>>;

/// Who of the candidates holds each of `roles` now.
Result<Holders> holders_of(const Address& contract, const RoleBook& book, std::span<const Hash32> roles,
                           const Reader& read);

/// "0x…, 0x… (no code)".
std::string list_of(const std::vector<Holder>& holders);
bool any_without_code(const std::vector<Holder>& holders);
/// Those that are neither `expected`.
std::vector<Holder> others(const std::vector<Holder>& holders, std::span<const Address> expected);

/// Canonical signatures of AccessControl's events.
inline constexpr const char* role_granted = "RoleGranted(bytes32,address,address)";
inline constexpr const char* role_revoked = "RoleRevoked(bytes32,address,address)";
inline constexpr const char* role_admin_changed = "RoleAdminChanged(bytes32,bytes32,bytes32)";

}  // namespace lockstep::evm::governance
