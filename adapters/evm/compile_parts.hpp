#pragma once
// Steps of compile(): one instance's human text to typed bytes. Every failure is added to `errors` and the step goes
// on, so that a person sees all of them at once; a result is only used when no error was found.
#include <array>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "adapters/evm/abi.hpp"
#include "adapters/evm/compile.hpp"

namespace lockstep::evm {

struct InstanceContext {
  const settings::PlanDocument& document;
  const settings::Protocol& protocol;
  const settings::InstanceConfig& instance;
  const settings::PlanInstance& wanted;
  std::vector<Error>& errors;
};

/// A call with what it was made from, so that an upgrade call can be recognised and a page can show it decoded.
struct ResolvedCall {
  Call call;
  abi::Function function;
  std::vector<abi::Value> arguments;
  std::string where;
};

/// Name of the protocol file, "gate", "timelock", "governor", "upgrader", or a 0x address.
std::optional<Address> resolve_contract(InstanceContext& context, const std::string& name, const std::string& where);
std::vector<ResolvedCall> resolve_calls(InstanceContext& context, const std::vector<settings::CallText>& calls);
std::vector<Call> plain(const std::vector<ResolvedCall>& calls);
std::vector<Read> resolve_reads(InstanceContext& context, const std::vector<settings::ReadText>& reads);
std::vector<OracleCheck> resolve_oracles(InstanceContext& context);

/// The calls that install an implementation: on the proxy itself with the implementation first, and on an admin with
/// the proxy before it.
inline constexpr std::array upgrades_of_itself{"upgradeToAndCall(address implementation,bytes data)",
                                               "upgradeTo(address implementation)"};
inline constexpr std::array upgrades_by_admin{"upgradeAndCall(address proxy,address implementation,bytes data)",
                                              "upgrade(address proxy,address implementation)"};

/// The implementation an upgrade call on `proxy` installs: upgradeTo, upgradeToAndCall on the proxy itself, upgrade,
/// upgradeAndCall on an admin, directly or in an operation that is executed. The last such call counts.
std::optional<Address> installed_implementation(const std::vector<Call>& calls, const Address& proxy);
std::vector<ProxyChange> resolve_proxies(InstanceContext& context, const std::vector<ResolvedCall>& switch_calls,
                                         const std::vector<ResolvedCall>& rollback_calls);
/// Diamonds that the plan cuts; the leaf has its calls, as they are sent, and its reads.
std::vector<DiamondChange> resolve_diamonds(InstanceContext& context, const Leaf& leaf);
/// Code checks of both versions: implementations of proxies, and other contracts themselves.
void resolve_codes(InstanceContext& context, const std::vector<ProxyChange>& proxies, Leaf& leaf);
/// Contracts that stay as they are: their accounts, and their code checks in both versions of the leaf.
std::vector<Address> resolve_observed(InstanceContext& context, Leaf& leaf);
std::vector<DeclaredWrite> resolve_writes(InstanceContext& context, const std::vector<ProxyChange>& proxies);
std::vector<mirror::Delta> resolve_deltas(InstanceContext& context);
std::vector<mirror::Tolerance> resolve_tolerances(const settings::PlanDocument& document, std::vector<Error>& errors);
/// Signed decimal of at most 127 bits.
std::optional<mirror::Int> signed_number(std::string_view text);

/// Cumulative masks of the staged resume: what one stage opened stays open.
std::vector<Stage> resolve_stages(const settings::PlanDocument& document, std::vector<Error>& errors);
std::uint32_t resolve_mask(const std::vector<std::string>& classes, std::vector<Error>& errors,
                           const std::string& where);
/// Names of the classes a mask allows, in the order of their bits; {"ALL"} for all.
std::vector<std::string> mask_names(std::uint32_t mask);
std::optional<coordinator::OperatorSet> resolve_operators(const settings::Protocol& protocol,
                                                          std::vector<Error>& errors);

/// Nothing if the instance has a gate. Else puts executeBatch of both operations into the leaf.
std::optional<direct::Setup> resolve_direct(InstanceContext& context, const std::vector<ResolvedCall>& switch_calls,
                                            const std::vector<ResolvedCall>& rollback_calls, Leaf& leaf);

/// Limits of contracts_abi/solidity/src/gate/GateLeaf.sol.
void check_limits(const Leaf& leaf, const std::string& where, std::vector<Error>& errors);

nlohmann::json document_json(const CompiledPlan& plan, const settings::PlanDocument& document,
                             const settings::Protocol& protocol);

}  // namespace lockstep::evm
