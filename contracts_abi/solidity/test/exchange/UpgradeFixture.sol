// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {PerpExchangeV2} from "../../src/exchange/PerpExchangeV2.sol";
import {ExchangeFixture} from "./ExchangeFixture.sol";

interface VmRecord {
    function record() external;
    function accesses(address target) external returns (bytes32[] memory reads, bytes32[] memory writes);
}

/// @notice A lively exchange, the declared migration, and the storage words that differ from what was declared.
abstract contract UpgradeFixture is ExchangeFixture {
    bytes32 internal constant IMPLEMENTATION_SLOT = 0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc;
    bytes32 internal constant VERSION_SLOT = 0xf0c57e16840df040f15088dc2f81fe391c3923bec73e23a9662efc9c229c6a00;
    uint32 internal constant NEW_MAINTENANCE = 400;

    struct Word {
        bytes32 slot;
        bytes32 value;
    }

    address internal v1;

    function setUp() public virtual override {
        super.setUp();
        v1 = exchange.implementation();
        sell(alice, BTC, 60e6, 40);
        buy(bob, BTC, 60e6, 33);
        sell(carol, ETH, 25e6, 90);
        buy(alice, ETH, 25e6, 90);
        buy(bob, BTC, 59.5e6, 3);
        buy(carol, BTC, 59.4e6, 4);
        buy(carol, ETH, 24.9e6, 5);
        sell(bob, ETH, 25.2e6, 6);
        setFunding(BTC);
    }

    function initV2() internal pure returns (bytes memory) {
        uint256[] memory caps = new uint256[](2);
        (caps[0], caps[1]) = (1000, 2000);
        return abi.encodeCall(PerpExchangeV2.initializeV2, (caps, BTC, NEW_MAINTENANCE));
    }

    function upgrade(address implementation) internal {
        gate.run(address(exchange), abi.encodeCall(exchange.upgradeToAndCall, (implementation, initV2())));
    }

    function downgrade() internal {
        gate.run(address(exchange), abi.encodeCall(PerpExchangeV2.downgrade, (v1)));
    }

    /// @notice The table of README.md, as values.
    function declared(address implementation) internal view returns (Word[] memory words) {
        bytes32 parameterSlot = keccak256(abi.encode(BTC, 3));
        bytes32 old = vm.load(address(exchange), parameterSlot);
        words = new Word[](7);
        words[0] = Word(IMPLEMENTATION_SLOT, bytes32(uint256(uint160(implementation))));
        words[1] = Word(VERSION_SLOT, bytes32(uint256(2)));
        words[2] = Word(bytes32(uint256(8)), bytes32(uint256(1000)));
        words[3] = Word(bytes32(uint256(9)), bytes32(uint256(2000)));
        words[4] = Word(parameterSlot, (old & ~bytes32(uint256(0xffffffff) << 160)) | bytes32(uint256(NEW_MAINTENANCE) << 160));
        words[5] = Word(bytes32(uint256(16)), old);
        words[6] = Word(bytes32(uint256(17)), bytes32(uint256(BTC)));
    }

    /// @notice Upgrades, and returns how many storage words are not what was declared.
    function upgradeAndCount(address implementation) internal returns (uint256 wrong) {
        Word[] memory want = declared(implementation);
        uint256 before = vm.snapshotState();
        recorder().record();
        upgrade(implementation);
        (, bytes32[] memory writes) = recorder().accesses(address(exchange));
        bytes32[] memory after_ = valuesOf(writes);
        for (uint256 i = 0; i < want.length; ++i) {
            if (vm.load(address(exchange), want[i].slot) != want[i].value) ++wrong;
        }
        vm.revertToState(before);
        for (uint256 i = 0; i < writes.length; ++i) {
            if (firstOf(writes, i) && !names(want, writes[i]) && vm.load(address(exchange), writes[i]) != after_[i]) ++wrong;
        }
        upgrade(implementation);
    }

    /// @notice Upgrades, downgrades, and returns how many storage words are not what they were.
    function roundTripAndCount(address implementation) internal returns (uint256 wrong) {
        uint256 before = vm.snapshotState();
        recorder().record();
        upgrade(implementation);
        downgrade();
        (, bytes32[] memory writes) = recorder().accesses(address(exchange));
        bytes32[] memory after_ = valuesOf(writes);
        vm.revertToState(before);
        for (uint256 i = 0; i < writes.length; ++i) {
            if (firstOf(writes, i) && vm.load(address(exchange), writes[i]) != after_[i]) ++wrong;
        }
        vm.assertGe(writes.length, 4, "the recorder saw the switch");
    }

    function recorder() private pure returns (VmRecord) {
        return VmRecord(address(vm));
    }

    function valuesOf(bytes32[] memory slots) private view returns (bytes32[] memory values) {
        values = new bytes32[](slots.length);
        for (uint256 i = 0; i < slots.length; ++i) values[i] = vm.load(address(exchange), slots[i]);
    }

    function firstOf(bytes32[] memory slots, uint256 index) private pure returns (bool) {
        for (uint256 i = 0; i < index; ++i) if (slots[i] == slots[index]) return false;
        return true;
    }

    function names(Word[] memory list, bytes32 slot) private pure returns (bool) {
        for (uint256 i = 0; i < list.length; ++i) if (list[i].slot == slot) return true;
        return false;
    }
}
