// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IPerpExchange} from "../../src/exchange/IPerpExchange.sol";
import {IPriceOracle} from "../../src/exchange/IPriceOracle.sol";
import {ILockstepGate} from "../../src/gate/ILockstepGate.sol";
import {ExchangeFixture} from "./ExchangeFixture.sol";

/// @notice One action per class; each works exactly when its own bit is set, whatever the others are.
contract BreakerTest is ExchangeFixture {
    address private poor = address(0x9002);
    uint64 private resting;

    function setUp() public override {
        super.setUp();
        fund(poor, 1000e6);
        sell(alice, BTC, 60e6, 150);
        buy(poor, BTC, 60e6, 150);
        resting = buy(bob, ETH, 23e6, 1);
        buy(carol, ETH, 24e6, 50);
        sell(alice, ETH, 24e6, 20);
        setMark(BTC, 56e6);
        vm.warp(block.timestamp + 61);
        token.mint(bob, 1e6);
    }

    function testFuzz_mask_letsThroughItsClassesAlone(uint8 mask) public {
        gate.set(mask);
        for (uint8 class = 0; class < 8; ++class) {
            (address sender, address target, bytes memory data) = action(ILockstepGate.ActionClass(class));
            uint256 before = vm.snapshotState();
            vm.prank(sender);
            (bool ok, bytes memory reason) = target.call(data);
            vm.revertToState(before);
            if (mask & (1 << class) != 0) {
                vm.assertTrue(ok, "an allowed class works");
            } else {
                vm.assertFalse(ok, "a masked class is refused");
                bytes memory want = target == address(oracle)
                    ? abi.encodeWithSelector(IPriceOracle.Halted.selector)
                    : abi.encodeWithSelector(IPerpExchange.Halted.selector, class);
                vm.assertEq(reason, want, "by the breaker");
            }
        }
    }

    function test_views_answerWhileHalted() public {
        gate.set(0);
        (int256 equity,,) = exchange.marginOf(bob);
        vm.assertTrue(equity > 0 && exchange.version() == 1 && oracle.lastUpdate() != 0, "views are not masked");
    }

    function action(ILockstepGate.ActionClass class) private view returns (address sender, address target, bytes memory data) {
        target = address(exchange);
        sender = bob;
        if (class == ILockstepGate.ActionClass.DEPOSIT) data = abi.encodeCall(exchange.deposit, (1));
        else if (class == ILockstepGate.ActionClass.WITHDRAW) data = abi.encodeCall(exchange.withdraw, (1));
        else if (class == ILockstepGate.ActionClass.CANCEL) data = abi.encodeCall(exchange.cancel, (resting));
        else if (class == ILockstepGate.ActionClass.TRADE) data = abi.encodeCall(exchange.place, (ETH, true, 24e6, 1, GTC, false, 0));
        else if (class == ILockstepGate.ActionClass.LIQUIDATE) data = abi.encodeCall(exchange.liquidate, (poor, BTC, 1));
        else if (class == ILockstepGate.ActionClass.FUNDING) data = abi.encodeCall(exchange.updateFunding, (BTC));
        else if (class == ILockstepGate.ActionClass.REDUCE) (sender, data) = (alice, abi.encodeCall(exchange.place, (BTC, true, 56e6, 1, IOC, true, 0)));
        else (sender, target, data) = (address(this), address(oracle), pushData());
    }

    function pushData() private view returns (bytes memory) {
        uint32[] memory markets = new uint32[](1);
        uint128[] memory prices = new uint128[](1);
        (markets[0], prices[0]) = (BTC, 57e6);
        return abi.encodeCall(oracle.push, (markets, prices));
    }
}
