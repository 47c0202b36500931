// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {PerpExchangeV2} from "../PerpExchangeV2.sol";

/// @notice Wrong on purpose: the migration loses the resting bids of market 1.
contract BadBook is PerpExchangeV2 {
    uint64 private _lostBid;

    function _migrate(uint256[] calldata caps, uint32 market, uint32 maintenanceBps) internal override {
        super._migrate(caps, market, maintenanceBps);
        _lostBid = _markets[1].bestBid;
        _markets[1].bestBid = 0;
    }

    function _undo() internal override {
        super._undo();
        _markets[1].bestBid = _lostBid;
        delete _lostBid;
    }
}
