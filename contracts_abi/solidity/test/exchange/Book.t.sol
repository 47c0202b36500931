// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IPerpExchange} from "../../src/exchange/IPerpExchange.sol";
import {ExchangeFixture} from "./ExchangeFixture.sol";

contract BookTest is ExchangeFixture {
    function test_place_restsInPriceTimePriority() public {
        uint64 first = buy(alice, BTC, 59e6, 5);
        uint64 second = buy(bob, BTC, 59.5e6, 5);
        uint64 third = buy(carol, BTC, 59e6, 5);
        uint64 fourth = buy(alice, BTC, 58e6, 5);
        uint64[] memory bids = side(BTC, true);
        vm.assertEq(bids.length, 4, "four bids rest");
        vm.assertTrue(bids[0] == second && bids[1] == first && bids[2] == third && bids[3] == fourth, "better price first, then older");
        assertSound();
    }

    function test_match_takesBestThenOldest_atMakerPrice() public {
        uint64 late = sell(carol, BTC, 60.1e6, 4);
        uint64 best = sell(alice, BTC, 60e6, 4);
        uint64 same = sell(bob, BTC, 60.1e6, 4);
        uint64 taker = buy(address(fresh()), BTC, 61e6, 10);
        vm.assertEq(remainingOf(best), 0, "best price fills first");
        vm.assertEq(remainingOf(late), 0, "then the older of the next price");
        vm.assertEq(remainingOf(same), 2, "the younger fills last");
        vm.assertEq(remainingOf(taker), 0, "the taker is filled");
        (int256 size, int256 quote,,,) = exchange.positionOf(traders[3], BTC);
        vm.assertEq(size, int256(10), "bought");
        vm.assertEq(quote, -int256(4 * 60e6 + 6 * 60.1e6), "each fill at the resting price");
        assertSound();
    }

    function test_fees_areRoundedUp_andGoToInsurance() public {
        sell(alice, BTC, 60e6 + 10_000, 1);
        buy(bob, BTC, 60e6 + 10_000, 1);
        // 60,010,000 x 100 ppm = 6001 exactly; x 500 ppm = 30,005
        vm.assertEq(exchange.accountOf(alice), int256(100_000e6 - 6001), "maker fee");
        vm.assertEq(exchange.accountOf(bob), int256(100_000e6 - 30_005), "taker fee");
        vm.assertEq(insurance(), int256(36_006), "both fees insure");
        (uint256 makerFee, uint256 takerFee) = exchange.feesOf(BTC, 1);
        vm.assertTrue(makerFee == 1 && takerFee == 1, "a fraction of a unit costs a unit");
    }

    function test_ioc_cancelsItsRemainder() public {
        sell(alice, BTC, 60e6, 3);
        vm.expectEmit(true, false, false, true, address(exchange));
        emit IPerpExchange.OrderCancelled(2, 7, uint8(IPerpExchange.CancelReason.IOC_REMAINDER));
        uint64 id = place(bob, BTC, true, 60e6, 10, IOC, false);
        vm.assertEq(remainingOf(id), 0, "nothing rests");
        vm.assertEq(sizeOf(bob, BTC), int256(3), "what was there is filled");
    }

    function test_fok_fillsWholeOrReverts() public {
        sell(alice, BTC, 60e6, 3);
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(IPerpExchange.NotFilled.selector, 1));
        exchange.place(BTC, true, 60e6, 4, FOK, false, 0);
        place(bob, BTC, true, 60e6, 3, FOK, false);
        vm.assertEq(sizeOf(bob, BTC), int256(3), "filled whole");
    }

    function test_postOnly_revertsIfItWouldTake() public {
        sell(alice, BTC, 60e6, 3);
        vm.prank(bob);
        vm.expectRevert(IPerpExchange.WouldTake.selector);
        exchange.place(BTC, true, 60e6, 1, POST_ONLY, false, 0);
        uint64 id = place(bob, BTC, true, 59.99e6, 1, POST_ONLY, false);
        vm.assertEq(remainingOf(id), 1, "rests below the ask");
    }

    function test_selfTrade_cancelsTheRestingOrder() public {
        uint64 own = sell(alice, BTC, 60e6, 3);
        uint64 other = sell(bob, BTC, 60e6, 3);
        buy(alice, BTC, 60e6, 2);
        vm.assertEq(remainingOf(own), 0, "own order is gone");
        vm.assertEq(remainingOf(other), 1, "the next maker is filled");
        vm.assertEq(sizeOf(alice, BTC), int256(2), "bought from bob");
        assertSound();
    }

    function test_reduceOnly_takesNoMoreThanThePosition() public {
        sell(alice, BTC, 60e6, 5);
        buy(bob, BTC, 60e6, 5);
        buy(carol, BTC, 59.9e6, 20);
        uint64 id = place(bob, BTC, false, 59.9e6, 8, GTC, true);
        vm.assertEq(sizeOf(bob, BTC), int256(0), "closed, not turned");
        vm.assertEq(remainingOf(id), 0, "the excess is cancelled");
        assertSound();
    }

    function test_reduceOnlyMaker_isCutWhenReached() public {
        sell(alice, BTC, 60e6, 5);
        buy(bob, BTC, 60e6, 5);
        uint64 resting = place(bob, BTC, false, 60.5e6, 8, GTC, true);
        (,,,, uint256 askLots) = exchange.positionOf(bob, BTC);
        vm.assertEq(askLots, 0, "reduce-only lots need no margin");
        vm.expectEmit(true, false, false, true, address(exchange));
        emit IPerpExchange.OrderCancelled(resting, 3, uint8(IPerpExchange.CancelReason.NOTHING_TO_REDUCE));
        uint64 taker = buy(carol, BTC, 60.5e6, 8);
        vm.assertEq(sizeOf(bob, BTC), int256(0), "bob is flat");
        vm.assertEq(remainingOf(taker), 3, "carol's rest stays in the book");
    }

    function test_cancel_isTheOwnersAlone() public {
        uint64 id = buy(alice, BTC, 59e6, 5);
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(IPerpExchange.NotOwner.selector, id));
        exchange.cancel(id);
        vm.prank(alice);
        exchange.cancel(id);
        vm.assertEq(side(BTC, true).length, 0, "the book is empty");
        assertSound();
    }

    function test_hint_neverChangesThePlace() public {
        uint64 first = buy(alice, BTC, 59e6, 1);
        buy(bob, BTC, 59e6, 1);
        vm.prank(carol);
        uint64 id = exchange.place(BTC, true, 59e6, 1, GTC, false, first);
        vm.assertTrue(side(BTC, true)[2] == id, "behind its price level");
        vm.prank(carol);
        vm.expectRevert(abi.encodeWithSelector(IPerpExchange.BadHint.selector, first));
        exchange.place(BTC, true, 59.5e6, 1, GTC, false, first);
    }

    function test_openOrders_areBounded() public {
        for (uint128 i = 0; i < 32; ++i) buy(alice, BTC, 59e6 - i * 10_000, 1);
        vm.prank(alice);
        vm.expectRevert(IPerpExchange.TooManyOrders.selector);
        exchange.place(BTC, true, 50e6, 1, GTC, false, 0);
    }

    function test_price_mustBeTickedAndInsideTheBand() public {
        vm.startPrank(alice);
        vm.expectRevert(IPerpExchange.BadPrice.selector);
        exchange.place(BTC, true, 59e6 + 1, 1, GTC, false, 0);
        vm.expectRevert(abi.encodeWithSelector(IPerpExchange.PriceOutOfBand.selector, 66.01e6, BTC_MARK));
        exchange.place(BTC, true, 66.01e6, 1, GTC, false, 0);
        vm.expectRevert(abi.encodeWithSelector(IPerpExchange.PriceOutOfBand.selector, 53.99e6, BTC_MARK));
        exchange.place(BTC, false, 53.99e6, 1, GTC, false, 0);
        vm.stopPrank();
    }

    function fresh() private returns (address account) {
        account = address(0xF2E54);
        fund(account, 100_000e6);
    }
}
