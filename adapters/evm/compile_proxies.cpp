#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "adapters/evm/compile_parts.hpp"
#include "adapters/evm/governance/reader.hpp"

namespace lockstep::evm {
namespace {

using Texts = std::map<std::string, std::string>;

std::string text_of(const Texts& texts, const std::string& name) {
  const auto it = texts.find(name);
  return it == texts.end() ? std::string{} : it->second;
}

struct ProxySide {
  const Texts& implementations;
  const Texts& code_hashes;
  const std::vector<ResolvedCall>& calls;
  const char* implementation_key;
  const char* code_key;
  const char* verb;
};

std::optional<Address> implementation_of(InstanceContext& context, const ProxySide& side, const std::string& name,
                                         const Address& proxy) {
  const auto place = context.document.file + ": upgrade of " + name + " on " + context.instance.chain;
  const auto installed = installed_implementation(plain(side.calls), proxy);
  const auto text = text_of(side.implementations, name);
  if (text.empty()) {
    if (installed && !installed->is_zero()) return installed;
    context.errors.push_back({fmt::format("expect.{} is missing", side.implementation_key), place,
                              fmt::format("no {} call that Lockstep knows installs an implementation at {}", side.verb,
                                          abi::checksum(proxy)),
                              fmt::format("add {} = \"0x…\" to expect", side.implementation_key)});
    return std::nullopt;
  }
  const auto stated = fixed_from_hex<Address>(text);
  if (!stated || stated->is_zero()) {
    context.errors.push_back(
        {fmt::format("expect.{} \"{}\" is not an address", side.implementation_key, text), place, {}, {}});
    return std::nullopt;
  }
  if (installed && *installed != *stated) {
    context.errors.push_back({fmt::format("expect.{} is {}, but the {} call installs {}", side.implementation_key,
                                          abi::checksum(*stated), side.verb, abi::checksum(*installed)),
                              place,
                              {},
                              "make them agree"});
    return std::nullopt;
  }
  return stated;
}

std::optional<Hash32> code_hash_of(InstanceContext& context, const ProxySide& side, const std::string& name) {
  const auto text = text_of(side.code_hashes, name);
  const auto hash = fixed_from_hex<Hash32>(text);
  if (hash && !hash->is_zero()) return hash;
  context.errors.push_back({fmt::format("expect.{} \"{}\" is not a code hash", side.code_key, text),
                            context.document.file + ": upgrade of " + name + " on " + context.instance.chain,
                            {},
                            "give extcodehash, 32 bytes in hex"});
  return std::nullopt;
}

/// Where the file is that a plan names; whoever writes plans does not choose among all files of the machine.
std::optional<std::string> layout_file(InstanceContext& context, const std::string& text, const char* key,
                                       const std::string& place) {
  const std::filesystem::path path(text);
  if (path.is_relative() && std::ranges::find(path, std::filesystem::path("..")) == path.end())
    return (context.protocol.file.parent_path() / path).string();
  context.errors.push_back({fmt::format("expect.{} \"{}\" leads out of the protocol file's folder", key, text),
                            place,
                            {},
                            "put the file beside the protocol file, or below, and give its path from there"});
  return std::nullopt;
}

void add_layouts(InstanceContext& context, std::vector<ProxyChange>& changes) {
  std::set<std::string> names;
  for (const auto* texts : {&context.wanted.new_layout, &context.wanted.old_layout}) {
    for (const auto& [name, text] : *texts) names.insert(name);
  }
  for (const auto& name : names) {
    const auto place = context.document.file + ": upgrade of " + name + " on " + context.instance.chain;
    const auto after = text_of(context.wanted.new_layout, name), before = text_of(context.wanted.old_layout, name);
    if (after.empty() || before.empty()) {
      context.errors.push_back({"a storage layout has nothing to be compared with",
                                place,
                                {},
                                "give both expect.layout and expect.old_layout"});
      continue;
    }
    const auto change = std::ranges::find(changes, name, &ProxyChange::contract);
    if (change == changes.end()) {
      context.errors.push_back({"expect.layout is of a contract that is no ERC-1967 proxy", place,
                                "nothing would be compared", "remove it, or correct the contract's proxy"});
      continue;
    }
    const auto new_file = layout_file(context, after, "layout", place);
    const auto old_file = layout_file(context, before, "old_layout", place);
    if (!new_file || !old_file) continue;
    change->new_layout = *new_file;
    change->old_layout = *old_file;
  }
}

}  // namespace

std::optional<Address> installed_implementation(const std::vector<Call>& calls, const Address& proxy) {
  using governance::CallShape;
  static const std::vector<CallShape> on_itself(upgrades_of_itself.begin(), upgrades_of_itself.end()),
      by_admin(upgrades_by_admin.begin(), upgrades_by_admin.end());
  std::optional<Address> installed;
  for (const auto& call : direct::unfolded(calls)) {
    for (const auto& shape : on_itself) {
      if (const auto v = shape.decode(call.data); v && call.target == proxy) installed = abi::as_address((*v)[0]);
    }
    for (const auto& shape : by_admin) {
      if (const auto v = shape.decode(call.data); v && abi::as_address((*v)[0]) == proxy)
        installed = abi::as_address((*v)[1]);
    }
  }
  return installed;
}

std::vector<ProxyChange> resolve_proxies(InstanceContext& context, const std::vector<ResolvedCall>& switch_calls,
                                         const std::vector<ResolvedCall>& rollback_calls) {
  const auto& wanted = context.wanted;
  const ProxySide after{wanted.new_implementation, wanted.new_codehash, switch_calls,
                        "implementation",          "codehash",          "switch"};
  const ProxySide before{wanted.old_implementation, wanted.old_codehash, rollback_calls,
                         "old_implementation",      "old_codehash",      "rollback"};
  std::vector<ProxyChange> changes;
  for (const auto& [name, ref] : context.instance.contracts) {
    if (ref.proxy != "erc1967" || !wanted.new_codehash.contains(name)) continue;
    const auto new_implementation = implementation_of(context, after, name, ref.address);
    const auto old_implementation = implementation_of(context, before, name, ref.address);
    const auto new_code = code_hash_of(context, after, name);
    const auto old_code = code_hash_of(context, before, name);
    if (!new_implementation || !old_implementation || !new_code || !old_code) continue;
    if (*new_implementation == *old_implementation || *new_code == *old_code) {
      context.errors.push_back({fmt::format("{} on {} would not change", name, context.instance.chain),
                                context.document.file, "old and new implementation or code hash are equal",
                                "remove the upgrade, or correct it"});
      continue;
    }
    changes.push_back({name, ref.address, *old_implementation, *new_implementation, *old_code, *new_code});
  }
  add_layouts(context, changes);
  return changes;
}

void resolve_codes(InstanceContext& context, const std::vector<ProxyChange>& proxies, Leaf& leaf) {
  std::set<std::string> done;
  for (const auto& proxy : proxies) {
    leaf.new_code.push_back({proxy.new_implementation, proxy.new_code_hash});
    leaf.old_code.push_back({proxy.old_implementation, proxy.old_code_hash});
    done.insert(proxy.contract);
  }
  const auto add = [&](const Texts& texts, std::vector<CodeCheck>& checks) {
    for (const auto& [name, text] : texts) {
      const auto it = context.instance.contracts.find(name);
      if (done.contains(name) || (it != context.instance.contracts.end() && it->second.proxy != "none")) continue;
      const auto account = resolve_contract(context, name, context.document.file);
      const auto hash = fixed_from_hex<Hash32>(text);
      if (!hash || hash->is_zero()) {
        context.errors.push_back({"\"" + text + "\" is not a code hash", context.document.file + ": " + name, {}, {}});
      } else if (account) {
        checks.push_back({*account, *hash});
      }
    }
  };
  add(context.wanted.new_codehash, leaf.new_code);
  add(context.wanted.old_codehash, leaf.old_code);
}

std::vector<Address> resolve_observed(InstanceContext& context, Leaf& leaf) {
  std::set<Address> accounts;
  for (const auto& text : context.wanted.observed) {
    const auto account = resolve_contract(context, text.contract, text.where);
    if (!account) continue;
    accounts.insert(*account);
    if (text.codehash.empty()) continue;
    const auto hash = fixed_from_hex<Hash32>(text.codehash);
    if (!hash || hash->is_zero()) {
      context.errors.push_back({"observe.codehash \"" + text.codehash + "\" is not a code hash",
                                text.where,
                                {},
                                "give extcodehash, 32 bytes in hex"});
      continue;
    }
    leaf.new_code.push_back({*account, *hash});
    leaf.old_code.push_back({*account, *hash});
  }
  return {accounts.begin(), accounts.end()};
}

}  // namespace lockstep::evm
