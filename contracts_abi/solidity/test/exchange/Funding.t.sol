// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {FixedMath} from "../../src/exchange/FixedMath.sol";
import {IPerpExchange} from "../../src/exchange/IPerpExchange.sol";
import {ExchangeFixture} from "./ExchangeFixture.sol";

contract FundingTest is ExchangeFixture {
    function test_update_followsThePremiumOfTheMid() public {
        buy(alice, BTC, 60.02e6, 1);
        sell(bob, BTC, 60.1e6, 1);
        setFunding(BTC);
        (,,,, int256 index,,,) = exchange.marketOf(BTC);
        vm.assertEq(index, int256(120_000) * 1e6 / 48, "2 x 0.06 USD over 48");
    }

    function test_update_isClampedAndSpaced() public {
        buy(alice, BTC, 65e6, 1);
        sell(bob, BTC, 66e6, 1);
        setFunding(BTC);
        (,,,, int256 index,,,) = exchange.marketOf(BTC);
        vm.assertEq(index, int256(uint256(BTC_MARK)) * 1000, "0.1 % of the mark");
        vm.expectRevert(IPerpExchange.TooEarly.selector);
        exchange.updateFunding(BTC);
        vm.warp(block.timestamp + 30 minutes);
        exchange.updateFunding(BTC);
        (,,,, index,,,) = exchange.marketOf(BTC);
        vm.assertEq(index, 2 * int256(uint256(BTC_MARK)) * 1000, "missed intervals are not made up");
    }

    function test_settle_paysTheFundAndConserves() public {
        openAndFund();
        (,,,, int256 index,,,) = exchange.marketOf(BTC);
        int256 owed = FixedMath.ceilDiv(int256(7) * index, 1e6);
        (int256 equity,,) = exchange.marginOf(bob);
        vm.assertEq(equity, exchange.accountOf(bob) - owed, "funding due is part of equity (price at the mark)");
        int256 fund_ = insurance();
        vm.expectEmit(true, true, false, true, address(exchange));
        emit IPerpExchange.FundingSettled(bob, BTC, owed, index);
        buy(bob, BTC, 60.1e6, 1);
        vm.assertTrue(insurance() > fund_ + owed, "payment and fees");
        (,, int256 settled,,) = exchange.positionOf(bob, BTC);
        vm.assertEq(settled, index, "settled up to now");
        assertSound();
    }

    function test_settle_closedPositionForgetsItsIndex() public {
        openAndFund();
        buy(carol, BTC, 60.03e6, 7);
        sell(bob, BTC, 60.03e6, 7);
        (int256 size,, int256 index,,) = exchange.positionOf(bob, BTC);
        vm.assertTrue(size == 0 && index == 0, "empty is zero");
        assertSound();
    }

    function testFuzz_ceilDiv_neverPaysOutMore(int128 size, int128 diff) public pure {
        int256 product = int256(size) * diff;
        int256 payment = FixedMath.ceilDiv(product, 1e6);
        vm.assertTrue(payment * 1e6 >= product && payment * 1e6 - product < 1e6, "the least integer not below");
    }

    function openAndFund() private {
        sell(alice, BTC, 60e6, 7);
        buy(bob, BTC, 60e6, 7);
        buy(carol, BTC, 60.02e6, 1);
        sell(alice, BTC, 60.1e6, 1);
        setFunding(BTC);
    }
}
