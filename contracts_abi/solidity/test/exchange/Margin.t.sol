// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IPerpExchange} from "../../src/exchange/IPerpExchange.sol";
import {ExchangeFixture} from "./ExchangeFixture.sol";

contract MarginTest is ExchangeFixture {
    address private poor = address(0x9002);

    function setUp() public override {
        super.setUp();
        fund(poor, 1000e6);
    }

    function test_margin_countsTheWorseSideOfRestingOrders() public {
        sell(alice, BTC, 60e6, 10);
        buy(bob, BTC, 60e6, 10);
        buy(bob, BTC, 59e6, 7);
        sell(bob, BTC, 61e6, 30);
        (int256 equity, uint256 initial, uint256 maintenance) = exchange.marginOf(bob);
        vm.assertEq(equity, int256(100_000e6 - 300_000), "fees only");
        vm.assertEq(initial, uint256(20) * 60e6 / 10, "max(10 + 7, 30 - 10) lots at 10 %");
        vm.assertEq(maintenance, uint256(10) * 60e6 / 20, "10 lots at 5 %");
    }

    function test_place_needsInitialMargin() public {
        // 1000 USD carry 166 lots of 60 USD at 10 %; the 167th is one too many.
        buy(poor, BTC, 59e6, 166);
        vm.prank(poor);
        vm.expectRevert(abi.encodeWithSelector(IPerpExchange.Undermargined.selector, int256(1000e6), 1002e6));
        exchange.place(BTC, true, 59e6, 1, GTC, false, 0);
    }

    function test_reduceOnly_needsOnlyMaintenance() public {
        sell(alice, BTC, 60e6, 150);
        buy(poor, BTC, 60e6, 150);
        setMark(BTC, 57.5e6);
        buy(carol, BTC, 57.5e6, 10);
        vm.prank(poor);
        vm.expectRevert();
        exchange.place(BTC, false, 57.5e6, 1, GTC, false, 0);
        place(poor, BTC, false, 57.5e6, 1, GTC, true);
        vm.assertEq(sizeOf(poor, BTC), int256(149), "reduced below initial margin");
        assertSound();
    }

    function test_withdraw_leavesInitialMargin_andNoUnrealisedProfit() public {
        sell(alice, BTC, 60e6, 100);
        buy(poor, BTC, 60e6, 100);
        int256 collateral = exchange.accountOf(poor);
        setMark(BTC, 70e6);
        uint256 free = uint256(collateral) - 700e6;
        vm.startPrank(poor);
        vm.expectRevert(abi.encodeWithSelector(IPerpExchange.Undermargined.selector, collateral, 700e6 + free + 1));
        exchange.withdraw(free + 1);
        exchange.withdraw(free);
        vm.stopPrank();
        vm.assertEq(token.balanceOf(poor), free, "paid out");
        assertSound();
    }

    function test_closing_paysTheQuoteOut() public {
        sell(alice, BTC, 60e6, 10);
        buy(bob, BTC, 60e6, 10);
        buy(carol, BTC, 61e6, 10);
        sell(bob, BTC, 61e6, 10);
        // profit 10 x 1 USD; fees 500 ppm of 600 and 610 USD
        vm.assertEq(exchange.accountOf(bob), int256(100_000e6 + 10e6 - 300_000 - 305_000), "profit less fees");
        (int256 size, int256 quote, int256 index,,) = exchange.positionOf(bob, BTC);
        vm.assertTrue(size == 0 && quote == 0 && index == 0, "an empty position is all zero");
        assertSound();
    }

    function test_stalePrice_stopsTradingAndWithdrawingWithPositions() public {
        sell(alice, BTC, 60e6, 10);
        buy(bob, BTC, 60e6, 10);
        vm.warp(block.timestamp + 1 hours + 1);
        vm.startPrank(bob);
        vm.expectRevert(abi.encodeWithSelector(IPerpExchange.StalePrice.selector, BTC));
        exchange.place(BTC, true, 60e6, 1, GTC, false, 0);
        vm.expectRevert(abi.encodeWithSelector(IPerpExchange.StalePrice.selector, BTC));
        exchange.withdraw(1);
        vm.stopPrank();
        vm.prank(carol);
        exchange.withdraw(1); // without positions no price matters
    }
}
