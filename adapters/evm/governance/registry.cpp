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
  std::unique_ptr<Dialect> (*as_upgrader)(Place) = nullptr;

  auto maker(Slot slot) const {
    switch (slot) {
      case Slot::timelock:
        return as_timelock;
      case Slot::governor:
        return as_governor;
      case Slot::upgrader:
        return as_upgrader;
    }
    return as_timelock;
  }
};

constexpr const char* name_of(Slot slot) {
  constexpr const char* names[] = {"timelock", "governor", "upgrader"};
  return names[static_cast<std::size_t>(slot)];
}

/// The one table: a dialect is its file and its row here. src/settings/table.cpp offers the same names; a test
/// compares.
constexpr std::array table{
    Row{"aave-executor", aave_executor, nullptr},
    Row{"aave-payloads", nullptr, aave_payloads},
    Row{"access-manager", access_manager, access_manager},
    Row{"axelar", axelar_governance, axelar_governance},
    Row{"bravo", nullptr, governor_bravo},
    Row{"comet-bridge", nullptr, comet_bridge},
    Row{"compound", compound_timelock, nullptr},
    Row{"layerzero", layerzero_executor, layerzero_executor},
    Row{"mcms", nullptr, mcms},
    Row{"oz", oz_timelock, oz_governor, oz_timelock},
    Row{"oz-timelock", nullptr, oz_timelock},
    Row{"rbac", rbac_timelock, rbac_timelock},
    Row{"safe", safe, safe},
    Row{"upgrade-executor", upgrade_executor, nullptr},
    Row{"venus-omnichain", nullptr, venus_omnichain},
    Row{"wormhole-airlock", wormhole_airlock, nullptr},
    Row{"wormhole-executor", nullptr, wormhole_executor},
    Row{"zodiac-delay", nullptr, zodiac_delay},
};

Result<std::unique_ptr<Dialect>> make(const settings::GovernanceRef& ref, Slot slot, Place place,
                                      const std::string& chain) {
  const std::string name = name_of(slot);
  place.address = ref.address;
  place.slot = name;
  for (const auto& row : table) {
    if (const auto maker = row.maker(slot); ref.kind == row.kind && maker != nullptr) return maker(std::move(place));
  }
  return fail((slot == Slot::upgrader ? "an " : "a ") + name + " of this kind is not known", chain, ref.kind,
              "set " + name + ".kind to one of " + kinds(slot));
}

}  // namespace

std::string kinds(Slot slot) {
  std::vector<std::string> names;
  for (const auto& row : table) {
    if (row.maker(slot) != nullptr) names.emplace_back(row.kind);
  }
  std::ranges::sort(names);
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : "|") + name;
  return text;
}

Result<Dialects> dialects_of(const settings::InstanceConfig& instance, std::uint64_t chain_id) {
  Dialects list;
  const auto add = [&](const settings::GovernanceRef& ref, Slot slot, Place place) -> Result<void> {
    place.chain_id = chain_id;
    place.gate = instance.gate;
    auto made = make(ref, slot, std::move(place), instance.chain);
    if (!made) return std::unexpected(made.error());
    list.push_back(*std::move(made));
    return {};
  };
  Place timelock, governor, upgrader;
  if (instance.governor) timelock.driver = instance.governor->address;
  if (instance.direct) timelock.executor = instance.direct->account;
  governor.drives = instance.timelock.address;
  upgrader.driver = timelock.driver.value_or(instance.timelock.address);
  upgrader.executor = instance.gate;
  upgrader.peers = {instance.timelock.address};
  if (auto done = add(instance.timelock, Slot::timelock, std::move(timelock)); !done)
    return std::unexpected(done.error());
  if (instance.governor) {
    if (auto done = add(*instance.governor, Slot::governor, std::move(governor)); !done)
      return std::unexpected(done.error());
  }
  if (instance.upgrader) {
    if (auto done = add(*instance.upgrader, Slot::upgrader, std::move(upgrader)); !done)
      return std::unexpected(done.error());
  }
  return list;
}

}  // namespace lockstep::evm::governance
