// A diamond (EIP-2535) goes from one version to the other by its own cuts, which a plan writes as calls: offline it is
// seen that the rollback takes back what the switch does, and that the gate will look at every facet that is cut.
#include <fmt/format.h>

#include <algorithm>

#include "adapters/evm/compile_parts.hpp"
#include "adapters/evm/diamond.hpp"

namespace lockstep::evm {
namespace {

struct DiamondSide {
  const char* verb;
  const char* version_key;
  const char* reads_key;
  const std::map<std::string, std::string>& versions;
  const std::vector<Read>& reads;
  std::vector<diamond::FacetCut> cuts;
};

struct DiamondStep {
  InstanceContext& context;
  const std::string& name;
  const Address& account;

  void refuse(std::string what, std::string why, std::string next) const {
    context.errors.push_back({std::move(what),
                              context.document.file + ": upgrade of " + name + " on " + context.instance.chain,
                              std::move(why), std::move(next)});
  }

  std::optional<Hash32> version(const DiamondSide& side) const {
    const auto text = side.versions.find(name);
    const auto hash = fixed_from_hex<Hash32>(text == side.versions.end() ? std::string{} : text->second);
    if (hash && !hash->is_zero()) return hash;
    refuse(fmt::format("expect.{} of the diamond {} is no version", side.version_key, name), {},
           "give the digest of its functions, 32 bytes in hex: docs/governance.md, Diamonds");
    return std::nullopt;
  }

  /// One function of every cut, as the gate asks the loupe for it.
  void check_reads(const DiamondSide& side) const {
    static const auto loupe = abi::parse_function("facetAddress(bytes4)(address)").value();
    for (const auto& cut : side.cuts) {
      if (cut.selectors.empty()) continue;
      const auto& selector = cut.selectors.front();
      Hash32 argument;
      std::ranges::copy(selector, argument.bytes.begin());
      const auto data = abi::encode_call(loupe, {abi::of(argument)});
      const auto facet = cut.action == diamond::Action::remove ? Address{} : cut.facet;
      const auto wanted = abi::as_hash(abi::of(facet));
      const bool declared = std::ranges::any_of(side.reads, [&](const Read& read) {
        return read.target == account && read.data == data && read.word == 0 && read.compare == Compare::equal &&
               read.operand == wanted;
      });
      if (declared) continue;
      refuse(fmt::format("expect.{} of {} lacks facetAddress({})", side.reads_key, name, diamond::to_text(selector)),
             fmt::format("the gate sees that the {} was made by one function of every cut", side.verb),
             fmt::format("add {{ call = \"facetAddress(bytes4)(address)\", args = [\"{}\"], equals = \"{}\" }}",
                         diamond::to_text(selector), abi::checksum(facet)));
    }
  }
};

/// Whether a function is there before all cuts, and after them.
using Presence = std::map<diamond::Selector, std::pair<bool, bool>>;

Presence presence(const std::vector<diamond::FacetCut>& cuts) {
  Presence all;
  for (const auto& cut : cuts) {
    for (const auto& selector : cut.selectors) {
      const bool after = cut.action != diamond::Action::remove;
      const auto [entry, first] = all.try_emplace(selector, cut.action != diamond::Action::add, after);
      if (!first) entry->second.second = after;
    }
  }
  return all;
}

/// The first function that the two do not leave as it was.
std::optional<diamond::Selector> left_over(const DiamondSide& there, const DiamondSide& back) {
  const auto forward = presence(there.cuts), inverse = presence(back.cuts);
  for (const auto& [selector, is] : forward) {
    const auto undone = inverse.find(selector);
    if (undone == inverse.end() || undone->second != std::pair(is.second, is.first)) return selector;
  }
  for (const auto& [selector, is] : inverse) {
    if (!forward.contains(selector)) return selector;
  }
  return std::nullopt;
}

}  // namespace

std::vector<DiamondChange> resolve_diamonds(InstanceContext& context, const Leaf& leaf) {
  std::vector<DiamondChange> changes;
  for (const auto& [name, ref] : context.instance.contracts) {
    if (ref.proxy != "diamond" || !context.wanted.new_codehash.contains(name)) continue;
    const DiamondStep step{context, name, ref.address};
    const DiamondSide there{"switch",       "codehash",
                            "reads",        context.wanted.new_codehash,
                            leaf.new_reads, diamond::cuts_in(leaf.switch_calls, ref.address)};
    const DiamondSide back{"rollback",     "old_codehash",
                           "old_reads",    context.wanted.old_codehash,
                           leaf.old_reads, diamond::cuts_in(leaf.rollback_calls, ref.address)};
    const auto new_version = step.version(there), old_version = step.version(back);
    if (there.cuts.empty())
      step.refuse("no switch call cuts the diamond " + name, "its version would not change",
                  "call diamondCut((address,uint8,bytes4[])[],address,bytes)");
    step.check_reads(there);
    step.check_reads(back);
    const bool returns = !leaf.rollback_calls.empty();
    if (const auto selector = left_over(there, back); returns && selector)
      step.refuse("the rollback of " + name + " is not the inverse of its switch",
                  "function " + diamond::to_text(*selector) + " is not left as it was",
                  "take back what is added, add what is removed, replace what is replaced");
    if (!new_version || !old_version) continue;
    if (*new_version == *old_version)
      step.refuse(name + " would not change", "old and new version are equal", "remove the upgrade, or correct it");
    changes.push_back({name, ref.address, *old_version, *new_version});
  }
  return changes;
}

}  // namespace lockstep::evm
