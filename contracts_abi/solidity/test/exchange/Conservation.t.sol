// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IPerpExchange} from "../../src/exchange/IPerpExchange.sol";
import {ExchangeFixture} from "./ExchangeFixture.sol";

/// @notice Whatever happens, in whatever order: value, lots and priority stay consistent. Refused actions change nothing and are part of it.
contract ConservationTest is ExchangeFixture {
    uint256 private constant STEPS = 60;
    uint256 private done;
    uint64 private last;

    function setUp() public override {
        super.setUp();
        for (uint160 i = 1; i <= 4; ++i) fund(address(0x7000 + i), 2000e6 * i);
    }

    function testFuzz_anyFlow_conserves(uint256 seed) public {
        for (uint256 i = 0; i < STEPS; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            step(seed);
        }
        assertSound();
        assertSorted(BTC);
        assertSorted(ETH);
        vm.assertGe(done, STEPS / 4, "the flow is not all refusals");
    }

    function step(uint256 r) private {
        address who = traders[r % traders.length];
        uint32 market = (r >> 8) % 2 == 0 ? BTC : ETH;
        uint256 kind = (r >> 16) % 20;
        bytes memory data;
        if (kind < 13) {
            data = order(market, r);
        } else if (kind == 13) {
            data = abi.encodeCall(exchange.cancel, (uint64((r >> 24) % (last + 1))));
        } else if (kind == 14) {
            data = abi.encodeCall(exchange.withdraw, ((r >> 24) % 3000e6));
        } else if (kind == 15) {
            vm.warp(block.timestamp + 61);
            data = abi.encodeCall(exchange.updateFunding, (market));
        } else if (kind < 18) {
            uint128 mark = market == BTC ? BTC_MARK : ETH_MARK;
            setMark(market, mark * uint128(85 + (r >> 24) % 31) / 100);
            return;
        } else {
            data = abi.encodeCall(exchange.liquidate, (traders[(r >> 24) % traders.length], market, uint128((r >> 40) % 100 + 1)));
        }
        vm.prank(who);
        (bool ok,) = address(exchange).call(data);
        if (ok) ++done;
        (, last,) = exchange.globals();
    }

    function order(uint32 market, uint256 r) private view returns (bytes memory) {
        (uint128 mark,) = oracle.priceOf(market);
        uint128 price = mark * uint128(980 + (r >> 32) % 41) / 1000 / 10_000 * 10_000;
        uint128 size = uint128((r >> 48) % 60 + 1);
        return abi.encodeCall(exchange.place, (market, (r >> 25) % 2 == 0, price, size, IPerpExchange.TimeInForce((r >> 56) % 3), false, 0));
    }

    function assertSorted(uint32 market) private view {
        for (uint256 s = 0; s < 2; ++s) {
            uint64[] memory ids = side(market, s == 0);
            for (uint256 i = 1; i < ids.length; ++i) {
                (,,, uint128 better,,) = exchange.orderOf(ids[i - 1]);
                (,,, uint128 worse,,) = exchange.orderOf(ids[i]);
                bool ordered = s == 0 ? better > worse : better < worse;
                vm.assertTrue(ordered || (better == worse && ids[i - 1] < ids[i]), "price, then time");
            }
        }
        (uint64[] memory bids, uint64[] memory asks) = (side(market, true), side(market, false));
        if (bids.length == 0 || asks.length == 0) return;
        (,,, uint128 bid,,) = exchange.orderOf(bids[0]);
        (,,, uint128 ask,,) = exchange.orderOf(asks[0]);
        vm.assertTrue(bid < ask, "the book is not crossed");
    }
}
