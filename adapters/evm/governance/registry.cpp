#include "adapters/evm/governance/registry.hpp"

#include <algorithm>
#include <array>

#include "adapters/evm/governance/kinds.hpp"

namespace lockstep::evm::governance {
namespace {

struct Row {
  const char* kind;
  std::unique_ptr<Dialect> (*as_timelock)(Place);  // nullptr: cannot stand there
  std::unique_ptr<Dialect> (*as_governor)(Place);
};

/// The one table: a dialect is its file and its row here. src/settings/table.cpp offers the same names; a test
/// compares.
constexpr std::array table{
    Row{"aave-executor", aave_executor, nullptr},
    Row{"aave-payloads", nullptr, aave_payloads},
    Row{"access-manager", access_manager, access_manager},
    Row{"axelar", axelar_governance, axelar_governance},
    Row{"bravo", nullptr, governor_bravo},
    Row{"compound", compound_timelock, nullptr},
    Row{"mcms", nullptr, mcms},
    Row{"oz", oz_timelock, oz_governor},
    Row{"oz-timelock", nullptr, oz_timelock},
    Row{"rbac", rbac_timelock, rbac_timelock},
    Row{"safe", safe, safe},
    Row{"upgrade-executor", upgrade_executor, nullptr},
    Row{"zodiac-delay", nullptr, zodiac_delay},
};

Result<std::unique_ptr<Dialect>> make(const settings::GovernanceRef& ref, Slot slot, Place place,
                                      const std::string& chain) {
  for (const auto& row : table) {
    const auto maker = slot == Slot::timelock ? row.as_timelock : row.as_governor;
    if (ref.kind == row.kind && maker != nullptr) return maker(std::move(place));
  }
  const auto* name = slot == Slot::timelock ? "timelock" : "governor";
  return fail(std::string("a ") + name + " of this kind is not known", chain, ref.kind,
              std::string("set ") + name + ".kind to one of " + kinds(slot));
}

}  // namespace

std::string kinds(Slot slot) {
  std::vector<std::string> names;
  for (const auto& row : table) {
    if ((slot == Slot::timelock ? row.as_timelock : row.as_governor) != nullptr) names.emplace_back(row.kind);
  }
  std::ranges::sort(names);
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : "|") + name;
  return text;
}

Result<Dialects> dialects_of(const settings::InstanceConfig& instance, std::uint64_t chain_id) {
  Dialects list;
  Place place{.address = instance.timelock.address,
              .driver = instance.governor ? std::optional(instance.governor->address) : std::nullopt,
              .drives = {},
              .slot = "timelock",
              .chain_id = chain_id,
              .gate = instance.gate,
              .executor = instance.direct ? std::optional(instance.direct->account) : std::nullopt};
  auto timelock = make(instance.timelock, Slot::timelock, place, instance.chain);
  if (!timelock) return std::unexpected(timelock.error());
  list.push_back(*std::move(timelock));
  if (!instance.governor) return list;
  place.address = instance.governor->address;
  place.driver.reset();
  place.drives = instance.timelock.address;
  place.slot = "governor";
  auto governor = make(*instance.governor, Slot::governor, place, instance.chain);
  if (!governor) return std::unexpected(governor.error());
  list.push_back(*std::move(governor));
  return list;
}

}  // namespace lockstep::evm::governance
