#pragma once
// One maker per dialect, each in the file of its name.
#include "adapters/evm/governance/dialect.hpp"

namespace lockstep::evm::governance {

std::unique_ptr<Dialect> aave_executor(Place place);
std::unique_ptr<Dialect> aave_payloads(Place place);
std::unique_ptr<Dialect> access_manager(Place place);
std::unique_ptr<Dialect> axelar_governance(Place place);
std::unique_ptr<Dialect> comet_bridge(Place place);
std::unique_ptr<Dialect> compound_timelock(Place place);
std::unique_ptr<Dialect> governor_bravo(Place place);
std::unique_ptr<Dialect> layerzero_executor(Place place);
std::unique_ptr<Dialect> mcms(Place place);
std::unique_ptr<Dialect> oz_governor(Place place);
std::unique_ptr<Dialect> oz_timelock(Place place);
std::unique_ptr<Dialect> rbac_timelock(Place place);
std::unique_ptr<Dialect> safe(Place place);
std::unique_ptr<Dialect> upgrade_executor(Place place);
std::unique_ptr<Dialect> venus_omnichain(Place place);
std::unique_ptr<Dialect> wormhole_airlock(Place place);
std::unique_ptr<Dialect> wormhole_executor(Place place);
std::unique_ptr<Dialect> zodiac_delay(Place place);

}  // namespace lockstep::evm::governance
