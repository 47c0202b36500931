// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {BadBook} from "../../src/exchange/bad/BadBook.sol";
import {BadFee} from "../../src/exchange/bad/BadFee.sol";
import {BadFeeCode} from "../../src/exchange/bad/BadFeeCode.sol";
import {BadInitializer} from "../../src/exchange/bad/BadInitializer.sol";
import {BadLayout} from "../../src/exchange/bad/BadLayout.sol";
import {BadMargin} from "../../src/exchange/bad/BadMargin.sol";
import {BadRevert} from "../../src/exchange/bad/BadRevert.sol";
import {BadRollback} from "../../src/exchange/bad/BadRollback.sol";
import {BadRounding} from "../../src/exchange/bad/BadRounding.sol";
import {PerpExchangeV2} from "../../src/exchange/PerpExchangeV2.sol";
import {UpgradeFixture} from "./UpgradeFixture.sol";

/// @notice Each is wrong in its one way, and only in that: what it hides matters as much as what it shows.
contract BadVersionsTest is UpgradeFixture {
    function test_layout_switches_answersGetters_andLosesAccounts() public {
        address bad = address(new BadLayout());
        vm.assertEq(roundTripAndCount(bad), 0, "it can be rolled back");
        vm.assertTrue(upgradeAndCount(bad) != 0, "its writes are not the declared ones");
        assertGettersAsDeclared(500);
        vm.assertTrue(exchange.accountOf(alice) < 100, "balances are read elsewhere (from a count of orders)");
        vm.assertEq(sizeOf(bob, BTC), int256(0), "positions too");
    }

    function test_initializer_leavesCapsZero() public {
        address bad = address(new BadInitializer());
        vm.assertEq(roundTripAndCount(bad), 0, "it can be rolled back");
        vm.assertEq(upgradeAndCount(bad), 5, "caps, parameter and what was saved are missing");
        vm.assertEq(PerpExchangeV2(address(exchange)).capOf(BTC), 0, "a safety parameter is 0");
        assertSound();
    }

    function test_margin_isWrongInCodeOnly() public {
        address bad = address(new BadMargin());
        (, uint256 initial, uint256 maintenance) = exchange.marginOf(bob);
        vm.assertEq(roundTripAndCount(bad), 0, "it can be rolled back");
        vm.assertEq(upgradeAndCount(bad), 0, "storage is right");
        assertGettersAsDeclared(500);
        (, uint256 badInitial, uint256 badMaintenance) = exchange.marginOf(bob);
        vm.assertTrue(badInitial * 10 <= initial && badMaintenance * 10 <= maintenance && badInitial != 0, "a tenth");
        assertSound();
    }

    function test_rounding_touchesOneCollateral() public {
        address bad = address(new BadRounding());
        int256 before = exchange.accountOf(bob);
        vm.assertEq(roundTripAndCount(bad), 0, "it can be rolled back");
        vm.assertEq(upgradeAndCount(bad), 3, "one balance and its own two words");
        assertGettersAsDeclared(500);
        vm.assertEq(exchange.accountOf(bob), before - before % 1e6, "the best bidder lost the fraction");
        vm.assertTrue(before % 1e6 != 0, "there was one");
    }

    function test_fee_changesInsideTheDeclaredWord() public {
        address bad = address(new BadFee());
        vm.assertEq(roundTripAndCount(bad), 0, "it can be rolled back");
        vm.assertEq(upgradeAndCount(bad), 1, "the parameter word has another value");
        assertGettersAsDeclared(1000);
        assertSound();
    }

    function test_feeCode_isWrongInCodeOnly() public {
        address bad = address(new BadFeeCode());
        vm.assertEq(roundTripAndCount(bad), 0, "it can be rolled back");
        vm.assertEq(upgradeAndCount(bad), 0, "storage is right");
        assertGettersAsDeclared(500);
        (uint256 makerFee, uint256 takerFee) = exchange.feesOf(BTC, 1e6);
        vm.assertTrue(makerFee == 101 && takerFee == 501, "one ppm more than the parameters say");
        assertSound();
    }

    function test_book_losesTheBids() public {
        address bad = address(new BadBook());
        vm.assertEq(side(BTC, true).length, 2, "two bids rest");
        vm.assertEq(roundTripAndCount(bad), 0, "it can be rolled back");
        vm.assertEq(upgradeAndCount(bad), 2, "the best bid, and where it was put");
        assertGettersAsDeclared(500);
        vm.assertEq(side(BTC, true).length, 0, "bids of market 1 are gone");
        vm.assertEq(side(ETH, true).length, 1, "others are not");
    }

    function test_revert_doesNotSwitch() public {
        address bad = address(new BadRevert());
        vm.expectRevert();
        gate.run(address(exchange), abi.encodeCall(exchange.upgradeToAndCall, (bad, initV2())));
        vm.assertEq(exchange.version(), 1, "still the old code");
        assertSound();
    }

    function test_rollback_leavesThingsBehind() public {
        address bad = address(new BadRollback());
        vm.assertEq(roundTripAndCount(bad), 3, "the parameter and what was saved of it stay");
        vm.assertEq(upgradeAndCount(bad), 0, "the way there is right");
        assertGettersAsDeclared(500);
        downgrade();
        vm.assertEq(exchange.version(), 1, "old code");
        (, uint32 maintenance,,,,,,) = exchange.marketOf(BTC);
        vm.assertEq(maintenance, NEW_MAINTENANCE, "under a new parameter");
    }

    function test_noCode_isRefusedByTheProxy() public {
        vm.expectRevert();
        gate.run(address(exchange), abi.encodeCall(exchange.upgradeToAndCall, (address(0xDEAD), initV2())));
        vm.assertEq(exchange.version(), 1, "still the old code");
    }

    function assertGettersAsDeclared(uint32 wantTakerFee) private view {
        vm.assertEq(exchange.version(), 2, "version");
        vm.assertEq(PerpExchangeV2(address(exchange)).capOf(BTC), 1000, "cap");
        (uint32 initial, uint32 maintenance, uint32 maker, uint32 taker,,,,) = exchange.marketOf(BTC);
        vm.assertTrue(initial == 1000 && maintenance == NEW_MAINTENANCE && maker == 100 && taker == wantTakerFee, "parameters");
    }
}
