#include "adapters/evm/governance/roles.hpp"

#include <algorithm>

#include "crypto/keccak256.hpp"

namespace lockstep::evm::governance {

Hash32 role_hash(const char* name) { return *name == '\0' ? Hash32{} : crypto::keccak256(std::string_view(name)); }

namespace {
const EventShape& granted() {
  static const EventShape shape("RoleGranted(bytes32 indexed role,address indexed account,address indexed sender)");
  return shape;
}
}  // namespace

void observe(RoleBooks& books, const Log& log) {
  if (granted().matches(log)) books[log.address].observe(log);
}

void RoleBook::observe(const Log& log) {
  if (const auto v = granted().decode(log)) granted_[abi::as_hash((*v)[0])].insert(abi::as_address((*v)[1]));
}

const std::set<Address>& RoleBook::candidates(const Hash32& role) const {
  static const std::set<Address> none;
  const auto it = granted_.find(role);
  return it == granted_.end() ? none : it->second;
}

Result<Holders> holders_of(const Address& contract, const RoleBook& book, std::span<const Hash32> roles,
                           const Reader& read) {
  std::vector<Bytes> asked;
  std::vector<std::pair<Hash32, Address>> who;
  for (const auto& role : roles) {
    for (const auto& account : book.candidates(role)) {
      asked.push_back(calldata("hasRole(bytes32,address)(bool)", {abi::of(role), abi::of(account)}));
      who.emplace_back(role, account);
    }
  }
  const auto answers = read.calls(contract, asked);
  if (!answers) return std::unexpected(answers.error());
  std::vector<Address> accounts;
  for (const auto& [role, account] : who) accounts.push_back(account);
  const auto codes = read.codes(accounts);
  if (!codes) return std::unexpected(codes.error());
  Holders holders;
  for (std::size_t i = 0; i < who.size(); ++i) {
    if (word((*answers)[i]).value_or(0) != 0) holders[who[i].first].push_back({who[i].second, !(*codes)[i].empty()});
  }
  return holders;
}

std::string list_of(const std::vector<Holder>& holders) {
  std::string text;
  for (const auto& holder : holders)
    text += (text.empty() ? "" : ", ") + to_hex(holder.account) + (holder.has_code ? "" : " (no code)");
  return text.empty() ? "nobody" : text;
}

bool any_without_code(const std::vector<Holder>& holders) {
  return std::ranges::any_of(holders, [](const auto& holder) { return !holder.has_code; });
}

std::vector<Holder> others(const std::vector<Holder>& holders, std::span<const Address> expected) {
  std::vector<Holder> rest;
  for (const auto& holder : holders) {
    if (std::ranges::find(expected, holder.account) == expected.end()) rest.push_back(holder);
  }
  return rest;
}

}  // namespace lockstep::evm::governance
