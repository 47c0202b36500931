// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {PerpExchangeV1} from "./PerpExchangeV1.sol";

/// @title Version 2: a cap on each market's open interest, and a better maintenance margin on one market
/// @notice The migration runs inside upgradeToAndCall; `downgrade` undoes it exactly, storage word by storage word, and installs the old code.
contract PerpExchangeV2 is PerpExchangeV1 {
    uint256[8] internal _caps; // lots; market m at m - 1; 0 = nothing may be opened
    Parameters internal _savedParameters; // of _savedMarket before the migration
    uint32 internal _savedMarket; // 0 = nothing to restore

    error OpenInterestCap(uint32 market, uint256 openInterest, uint256 cap);
    error CapsMismatch();

    /// @notice The migration; only as the gate's upgradeToAndCall.
    /// @param caps open-interest caps of markets 1, 2, … in lots, none of them 0
    /// @param market whose maintenance requirement changes
    function initializeV2(uint256[] calldata caps, uint32 market, uint32 maintenanceBps) external virtual onlyGate reinitializer(2) {
        _migrate(caps, market, maintenanceBps);
    }

    /// @notice Undoes the migration and returns to `oldImplementation`; only the gate.
    function downgrade(address oldImplementation) external onlyProxy onlyGate {
        if (_getInitializedVersion() == 2) {
            _undo();
            _setInitializedVersion(1);
        }
        upgradeToAndCall(oldImplementation, "");
    }

    function capOf(uint32 market) external view returns (uint256) {
        return market == 0 || market > MAX_MARKETS ? 0 : _caps[market - 1];
    }

    function version() external pure virtual override returns (uint256) {
        return 2;
    }

    function _migrate(uint256[] calldata caps, uint32 market, uint32 maintenanceBps) internal virtual {
        if (caps.length != _marketCount) revert CapsMismatch();
        for (uint256 i = 0; i < caps.length; ++i) {
            if (caps[i] == 0) revert CapsMismatch();
            _caps[i] = caps[i];
        }
        _requireMarket(market);
        Parameters memory parameters = _markets[market].parameters;
        _savedParameters = parameters;
        _savedMarket = market;
        parameters.maintenanceBps = maintenanceBps;
        _setParameters(market, parameters);
    }

    function _undo() internal virtual {
        delete _caps;
        if (_savedMarket != 0) _setParameters(_savedMarket, _savedParameters);
        delete _savedParameters;
        delete _savedMarket;
    }

    function _checkOpenInterest(uint32 market, uint256 before) internal view override {
        uint256 openInterest = _markets[market].openInterest;
        uint256 cap = _caps[market - 1];
        if (openInterest > before && openInterest > cap) revert OpenInterestCap(market, openInterest, cap);
    }

    /// @dev Initializable offers no way back; the word is { uint64 version, bool initializing }, and the latter is false here.
    function _setInitializedVersion(uint64 version_) private {
        bytes32 slot = _initializableStorageSlot();
        assembly ("memory-safe") {
            sstore(slot, version_)
        }
    }
}
