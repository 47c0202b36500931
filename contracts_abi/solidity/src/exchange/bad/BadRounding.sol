// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {PerpExchangeV2} from "../PerpExchangeV2.sol";

/// @notice Wrong on purpose: the migration rounds one account's collateral down to whole USD, without an event.
contract BadRounding is PerpExchangeV2 {
    uint256 private constant COARSE = 1e6;
    address private _rounded;
    int256 private _lost;

    function _migrate(uint256[] calldata caps, uint32 market, uint32 maintenanceBps) internal override {
        super._migrate(caps, market, maintenanceBps);
        for (uint64 id = _markets[1].bestBid; id != 0; id = _orders[id].next) {
            _rounded = _orders[id].account;
            _lost = _collateral[_rounded] % int256(COARSE);
            if (_lost == 0) continue;
            _collateral[_rounded] -= _lost;
            return;
        }
    }

    function _undo() internal override {
        super._undo();
        if (_rounded != address(0)) _collateral[_rounded] += _lost;
        delete _rounded;
        delete _lost;
    }
}
