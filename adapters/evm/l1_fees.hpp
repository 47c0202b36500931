#pragma once
// What a rollup takes for a transaction beyond its gas. OP Stack: the fee for its data on L1, and since Isthmus the
// operator's, both from the account's balance and under no cap of the transaction's own; the predeploy GasPriceOracle
// tells them (https://specs.optimism.io/protocol/predeploys.html#gaspriceoracle,
// https://specs.optimism.io/protocol/isthmus/predeploys.html). Arbitrum: nothing beyond gas, for eth_estimateGas and
// the gas that is charged hold the L1 part (https://docs.arbitrum.io/how-arbitrum-works/gas-fees); what is foreseen
// without an estimate has to be asked for, of the node itself, which answers as NodeInterface
// (https://docs.arbitrum.io/arbitrum-essentials/nodeinterface/reference).
#include <optional>
#include <span>

#include "adapters/evm/rpc_read.hpp"
#include "adapters/evm/txn.hpp"
#include "settings/config.hpp"

namespace lockstep::evm {

class L1Fees {
 public:
  /// 0x420000000000000000000000000000000000000F
  static Address oracle();
  /// 0x00000000000000000000000000000000000000C8, no contract but the node
  static Address node_interface();

  L1Fees(EndpointPool& pool, settings::L1Fee kind);
  /// Wei that these take together at the newest block; zero where nothing is taken. An error: not known now.
  Result<Uint256> of(std::span<const Txn> txns);
  /// Gas that these take together for L1, beyond what was allowed for them without an estimate. An error: not known
  /// now.
  Result<Uint256> gas_of(std::span<const Txn> txns);

 private:
  Result<settings::L1Fee> kind();

  EndpointPool& pool_;
  std::optional<settings::L1Fee> kind_;  // nothing: it was not seen yet
};

}  // namespace lockstep::evm
