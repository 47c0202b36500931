#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "adapters/evm/compile_parts.hpp"

namespace lockstep::evm {
namespace {

// EIP-1967: keccak256("eip1967.proxy.implementation") - 1.
constexpr const char* erc1967_implementation = "0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc";
// ERC-7201 of "openzeppelin.storage.Initializable" (OpenZeppelin 5.x): uint64 _initialized in the low bytes, then bool
// _initializing.
constexpr const char* initializable = "0xf0c57e16840df040f15088dc2f81fe391c3923bec73e23a9662efc9c229c6a00";
constexpr std::string_view initializable_name = "initializable.version";

Hash32 slot_from(const char* hex) { return fixed_from_hex<Hash32>(hex).value(); }

/// A version number for the initializable slot: as written, else the plan's to_version if that is an integer.
std::optional<Uint256> initializable_version(InstanceContext& context, const settings::WriteText& text) {
  const auto& source = text.value.empty() ? context.document.to_version : text.value;
  auto version = parse_uint256(source);
  if (version && *version > 0 && *version <= UINT64_MAX) return version;
  context.errors.push_back({"write initializable.version has no number", text.where,
                            source.empty() ? "" : "\"" + source + "\" is not one",
                            "write \"initializable.version=2\", or give the plan an integer to_version"});
  return std::nullopt;
}

std::optional<DeclaredWrite> implementation_write(InstanceContext& context, const std::vector<ProxyChange>& proxies,
                                                  const Address& account, const settings::WriteText& text) {
  const auto proxy =
      std::find_if(proxies.begin(), proxies.end(), [&](const ProxyChange& p) { return p.proxy == account; });
  if (proxy == proxies.end()) {
    context.errors.push_back(
        {"write erc1967.implementation: " + text.contract + " changes no implementation", text.where, {}, {}});
    return std::nullopt;
  }
  Uint256 value = 0;
  for (const auto byte : proxy->new_implementation.bytes) value = (value << 8) | byte;
  return DeclaredWrite{account, slot_from(erc1967_implementation), value, "erc1967.implementation"};
}

std::optional<DeclaredWrite> resolve_write(InstanceContext& context, const std::vector<ProxyChange>& proxies,
                                           const settings::WriteText& text) {
  const auto account = resolve_contract(context, text.contract, text.where);
  if (!account) return std::nullopt;
  if (text.slot == "erc1967.implementation") return implementation_write(context, proxies, *account, text);
  if (text.slot == initializable_name) {
    const auto version = initializable_version(context, text);
    if (!version) return std::nullopt;
    return DeclaredWrite{*account, slot_from(initializable), *version, std::string{initializable_name}};
  }
  const auto slot = fixed_from_hex<Hash32>(text.slot);
  if (!slot) {
    context.errors.push_back(
        {"storage slot \"" + text.slot + "\" is not known",
         text.where,
         {},
         "write erc1967.implementation, initializable.version=N, or { slot = \"0x<32 bytes>\", value = \"…\" }"});
    return std::nullopt;
  }
  const auto value = parse_uint256(text.value);
  if (!value) {
    context.errors.push_back({"value \"" + text.value + "\" of a declared write is not a word",
                              text.where,
                              {},
                              "give the whole 32-byte word as an integer"});
    return std::nullopt;
  }
  return DeclaredWrite{*account, *slot, *value, to_hex(*slot)};
}

}  // namespace

std::vector<DeclaredWrite> resolve_writes(InstanceContext& context, const std::vector<ProxyChange>& proxies) {
  std::vector<DeclaredWrite> writes;
  std::set<std::pair<Address, Hash32>> seen;
  for (const auto& text : context.wanted.writes) {
    auto write = resolve_write(context, proxies, text);
    if (!write) continue;
    if (!seen.emplace(write->account, write->slot).second) {
      context.errors.push_back(
          {fmt::format("slot {} of {} is declared twice on {}", write->name, text.contract, context.instance.chain),
           text.where,
           {},
           "keep one"});
      continue;
    }
    writes.push_back(std::move(*write));
  }
  for (const auto& proxy : proxies) {
    if (seen.contains({proxy.proxy, slot_from(erc1967_implementation)})) continue;
    context.errors.push_back(
        {fmt::format("expect.writes of {} on {} lacks erc1967.implementation", proxy.contract, context.instance.chain),
         context.document.file, "every storage slot that the switch changes must be declared (E3)",
         "add \"erc1967.implementation\" to writes"});
  }
  return writes;
}

}  // namespace lockstep::evm
