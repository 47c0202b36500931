#pragma once
// Diamonds (EIP-2535): an account whose functions lie in other contracts, its facets. Which version it runs is one
// digest over all of them; a plan names the digest before and after, and cuts the diamond from the one to the other.
#include <map>
#include <set>

#include "adapters/evm/check.hpp"
#include "adapters/evm/compile.hpp"

namespace lockstep::evm::diamond {

using Selector = std::array<std::uint8_t, 4>;
/// Where each function is.
using Facets = std::map<Selector, Address>;

enum class Action : std::uint8_t { add, replace, remove };
struct FacetCut {
  Address facet;
  Action action = Action::add;
  std::vector<Selector> selectors;
};

std::string to_text(const Selector& selector);

/// `action` is an Action.
inline constexpr const char* cut_signature =
    "diamondCut((address facet,uint8 action,bytes4[] selectors)[] cuts,address init,bytes data)";

Bytes loupe_calldata();  // facets()
/// What facets() answered: nothing if it did not, if nothing is in it, or if a function is in two facets.
std::optional<Facets> facets_in(const RpcAnswer& answer);

/// Every cut of that diamond by diamondCut() in these calls, in order, also in operations that they execute.
std::vector<FacetCut> cuts_in(const std::vector<Call>& calls, const Address& diamond);
/// The functions afterwards; else why they cannot be cut so.
std::expected<Facets, std::string> cut(Facets facets, const std::vector<FacetCut>& cuts);

/// keccak256 over selector ‖ facet ‖ the facet's code hash, functions ascending by selector. `codes` has every facet.
Hash32 version_of(const Facets& facets, const std::map<Address, Hash32>& codes);
std::set<Address> accounts_of(const Facets& facets);

struct Seen {
  Facets facets;  // none: it does not answer as a diamond
  Hash32 version;
};
/// The plan's diamonds at a block, as compiled.diamonds; code hashes proved. An error if they could not be read.
Result<std::vector<Seen>> read(EndpointPool& pool, const CompiledInstance& compiled, const Hash32& block);

/// E1: one row per diamond of the plan.
void add_version_rows(Rows& rows, const CompiledInstance& compiled, bool expect_new, const std::vector<Seen>& seen);
/// Before the switch: the version, and what the planned cut and then its inverse make of each diamond, with new facets'
/// code.
Result<void> add_planned_rows(Rows& rows, EndpointPool& pool, const CompiledInstance& compiled, const Hash32& block);
/// In words, each diamond that runs another version.
std::vector<std::string> strange(const CompiledInstance& compiled, bool expect_new, const std::vector<Seen>& seen);

}  // namespace lockstep::evm::diamond
