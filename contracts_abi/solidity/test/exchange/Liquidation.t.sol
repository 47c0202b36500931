// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IPerpExchange} from "../../src/exchange/IPerpExchange.sol";
import {ExchangeFixture} from "./ExchangeFixture.sol";

contract LiquidationTest is ExchangeFixture {
    address private poor = address(0x9002);
    uint64 private resting;

    function setUp() public override {
        super.setUp();
        fund(poor, 1000e6);
        sell(alice, BTC, 60e6, 150);
        buy(poor, BTC, 60e6, 150);
        resting = buy(poor, ETH, 20e6, 10);
    }

    function test_healthy_cannotBeLiquidated() public {
        (int256 equity,, uint256 maintenance) = exchange.marginOf(poor);
        vm.expectRevert(abi.encodeWithSelector(IPerpExchange.NotLiquidatable.selector, equity, maintenance));
        vm.prank(bob);
        exchange.liquidate(poor, BTC, 150);
    }

    function test_partial_takesOverAtTheMark_andCancelsOrders() public {
        setMark(BTC, 56e6);
        vm.expectEmit(true, true, true, true, address(exchange));
        emit IPerpExchange.Liquidated(poor, BTC, bob, 50, 56e6, 50 * 56e6 / 100);
        vm.prank(bob);
        exchange.liquidate(poor, BTC, 50);
        vm.assertEq(remainingOf(resting), 0, "orders are cancelled, in other markets too");
        vm.assertEq(sizeOf(poor, BTC), int256(100), "what is left");
        (int256 size, int256 quote,,,) = exchange.positionOf(bob, BTC);
        vm.assertTrue(size == 50 && quote == -50 * 56e6, "taken over at the mark");
        assertSound();
    }

    function test_badDebt_isCoveredAsFarAsTheFundGoes() public {
        setMark(BTC, 52e6);
        int256 before = insurance();
        int256 collateral = exchange.accountOf(poor);
        vm.prank(bob);
        exchange.liquidate(poor, BTC, type(uint128).max);
        int256 penalty = 150 * 52e6 / 100;
        vm.assertEq(sizeOf(poor, BTC), int256(0), "nothing left");
        vm.assertEq(insurance(), int256(0), "the fund is spent first");
        vm.assertEq(exchange.accountOf(poor), collateral - 150 * 8e6 - penalty + (before + penalty), "the rest stays owed");
        assertSound();
    }

    function test_badDebt_isForgivenByARichFund() public {
        token.mint(address(this), 5000e6);
        token.approve(address(exchange), 5000e6);
        exchange.topUpInsurance(5000e6);
        setMark(BTC, 52e6);
        vm.prank(bob);
        exchange.liquidate(poor, BTC, 150);
        vm.assertEq(exchange.accountOf(poor), int256(0), "nothing owed");
        vm.assertEq(int256(token.balanceOf(address(exchange))), 306_000e6, "tokens do not move");
        assertSound();
    }

    function test_liquidator_needsMargin() public {
        address thin = address(0x7417);
        fund(thin, 100e6);
        setMark(BTC, 56e6);
        vm.prank(thin);
        vm.expectRevert(abi.encodeWithSelector(IPerpExchange.Undermargined.selector, int256(100e6), 840e6));
        exchange.liquidate(poor, BTC, 150);
    }

    function test_nothing_isRefused() public {
        setMark(BTC, 56e6);
        vm.expectRevert(IPerpExchange.NothingToLiquidate.selector);
        exchange.liquidate(poor, ETH, 1);
        vm.prank(poor);
        vm.expectRevert(IPerpExchange.NothingToLiquidate.selector);
        exchange.liquidate(poor, BTC, 1);
    }
}
