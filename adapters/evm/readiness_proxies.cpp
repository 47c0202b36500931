// How the instance's contracts can be given other code, found out and not believed: a proxy whose kind Lockstep does
// not follow would run new code without any of its checks noticing (U7).
#include <algorithm>

#include "adapters/evm/diamond.hpp"
#include "adapters/evm/readiness.hpp"
#include "crypto/keccak256.hpp"

namespace lockstep::evm {
namespace {

/// EIP-1967: keccak256("eip1967.proxy.beacon") - 1.
Hash32 beacon_slot() { return to_word(from_word(crypto::keccak256(std::string_view("eip1967.proxy.beacon"))) - 1); }

std::optional<std::string> name_of(const std::map<std::string, settings::ContractRef>& contracts,
                                   const Address& address) {
  for (const auto& [name, contract] : contracts) {
    if (contract.address == address) return name;
  }
  return std::nullopt;
}

}  // namespace

Result<void> add_proxy_kind_rows(Rows& rows, const ReadinessContext& context, const Hash32& block) {
  const auto& contracts = context.instance.contracts;
  if (contracts.empty()) return {};
  static const auto beacon = beacon_slot();
  std::vector<ProofRequest> requests;
  std::vector<RpcCall> calls;
  for (const auto& [name, contract] : contracts) {
    calls.push_back(call_at(contract.address, diamond::loupe_calldata(), block));
    if (std::ranges::find(requests, contract.address, &ProofRequest::account) == requests.end())
      requests.push_back({contract.address, {erc1967_implementation_slot, beacon}});
  }
  const auto state = prove(context.pool, block, requests);
  if (!state) return std::unexpected(state.error());
  const auto answers = agreed_all(context.pool, calls);
  if (!answers) return std::unexpected(answers.error());
  if (auto done = all_answered(*answers, "facets() was not answered"); !done) return done;
  std::size_t at = 0;
  for (const auto& [name, contract] : contracts) {
    const auto& account = state->accounts.at(contract.address);
    const auto implementation = account.at(erc1967_implementation_slot), held = account.at(beacon);
    const auto facets = diamond::facets_in((*answers)[at++]);
    if (contract.proxy == "diamond") {
      rows.add("proxy-kind", "", green_if(facets.has_value()), "{} {} {}", name, to_hex(contract.address),
               facets ? fmt::format("is a diamond (EIP-2535) of {} facets", diamond::accounts_of(*facets).size())
                      : "is declared to be a diamond, and does not answer facets()");
    } else if (facets) {
      rows.add("proxy-kind", "", Colour::red,
               "{} {} is a diamond (EIP-2535), though declared {}: its facets are not looked at. Next: declare "
               "proxy = \"diamond\"",
               name, to_hex(contract.address), contract.proxy == "none" ? "to be no proxy" : "as ERC-1967");
    } else if (const auto beacon_name = name_of(contracts, to_address(held)); held != 0 && beacon_name) {
      rows.add("proxy-kind", "", Colour::amber,
               "{} {} takes its code from {} {}, a contract of this instance: what is switched there is switched for "
               "every other proxy of that beacon too",
               name, to_hex(contract.address), *beacon_name, to_hex(to_address(held)));
    } else if (held != 0) {
      rows.add("proxy-kind", "", Colour::red,
               "{} {} takes its code from the beacon {}, which may serve others as well and is not followed. Next: "
               "name that beacon among the instance's contracts, or give the contract a proxy of its own",
               name, to_hex(contract.address), to_hex(to_address(held)));
    } else if (contract.proxy == "none" && implementation != 0) {
      rows.add("proxy-kind", "", Colour::amber, "{} {} is an ERC-1967 proxy of {}, though declared to be none", name,
               to_hex(contract.address), to_hex(to_address(implementation)));
    } else if (contract.proxy == "erc1967" && implementation == 0) {
      rows.add("proxy-kind", "", Colour::red, "{} {} holds nothing in the slot of an ERC-1967 implementation", name,
               to_hex(contract.address));
    } else {
      rows.add("proxy-kind", "", Colour::green, "{} {} is {}", name, to_hex(contract.address),
               contract.proxy == "none" ? "no proxy that is known" : "an ERC-1967 proxy (transparent or UUPS)");
    }
  }
  return {};
}

}  // namespace lockstep::evm
