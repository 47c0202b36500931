// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ERC1967Proxy} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol";
import {DemoCollateral} from "../../src/demo/DemoCollateral.sol";
import {IPerpExchange} from "../../src/exchange/IPerpExchange.sol";
import {PerpExchangeV1} from "../../src/exchange/PerpExchangeV1.sol";
import {PriceOracle} from "../../src/exchange/PriceOracle.sol";
import {ILockstepGate} from "../../src/gate/ILockstepGate.sol";
import {Check} from "../support/Check.sol";
import {MaskGate} from "./MaskGate.sol";

/// @notice An exchange of two markets behind a proxy, a gate that is only a mask, and accounts with collateral.
abstract contract ExchangeFixture is Check {
    uint32 internal constant BTC = 1;
    uint32 internal constant ETH = 2;
    uint128 internal constant BTC_MARK = 60e6; // per lot of 0.001
    uint128 internal constant ETH_MARK = 25e6; // per lot of 0.01
    IPerpExchange.TimeInForce internal constant GTC = IPerpExchange.TimeInForce.GTC;
    IPerpExchange.TimeInForce internal constant IOC = IPerpExchange.TimeInForce.IOC;
    IPerpExchange.TimeInForce internal constant FOK = IPerpExchange.TimeInForce.FOK;
    IPerpExchange.TimeInForce internal constant POST_ONLY = IPerpExchange.TimeInForce.POST_ONLY;

    MaskGate internal gate;
    DemoCollateral internal token;
    PriceOracle internal oracle;
    PerpExchangeV1 internal exchange;
    address internal alice = address(0xA11CE);
    address internal bob = address(0xB0B);
    address internal carol = address(0xCA801);
    address[] internal traders;

    function setUp() public virtual {
        vm.warp(1_790_000_000);
        gate = new MaskGate();
        token = new DemoCollateral();
        oracle = new PriceOracle(ILockstepGate(address(gate)), address(this), 2);
        IPerpExchange.MarketConfig[] memory markets = new IPerpExchange.MarketConfig[](2);
        markets[0] = IPerpExchange.MarketConfig(10_000, 1000, 500, 100, 500);
        markets[1] = IPerpExchange.MarketConfig(10_000, 1000, 600, 100, 500);
        bytes memory init = abi.encodeCall(PerpExchangeV1.initialize, (ILockstepGate(address(gate)), token, oracle, 1 hours, 60, markets));
        exchange = PerpExchangeV1(address(new ERC1967Proxy(address(new PerpExchangeV1()), init)));
        setMark(BTC, BTC_MARK);
        setMark(ETH, ETH_MARK);
        fund(alice, 100_000e6);
        fund(bob, 100_000e6);
        fund(carol, 100_000e6);
    }

    function fund(address account, uint256 amount) internal {
        traders.push(account);
        token.mint(account, amount);
        vm.startPrank(account);
        token.approve(address(exchange), type(uint256).max);
        exchange.deposit(amount);
        vm.stopPrank();
    }

    function buy(address account, uint32 market, uint128 price, uint128 size) internal returns (uint64) {
        return place(account, market, true, price, size, GTC, false);
    }

    function sell(address account, uint32 market, uint128 price, uint128 size) internal returns (uint64) {
        return place(account, market, false, price, size, GTC, false);
    }

    function place(address account, uint32 market, bool isBuy, uint128 price, uint128 size, IPerpExchange.TimeInForce tif, bool reduceOnly)
        internal
        returns (uint64)
    {
        vm.prank(account);
        return exchange.place(market, isBuy, price, size, tif, reduceOnly, 0);
    }

    function setMark(uint32 market, uint128 price) internal {
        uint32[] memory markets = new uint32[](1);
        uint128[] memory prices = new uint128[](1);
        (markets[0], prices[0]) = (market, price);
        oracle.push(markets, prices);
    }

    function setFunding(uint32 market) internal {
        vm.warp(block.timestamp + 61);
        exchange.updateFunding(market);
    }

    function sizeOf(address account, uint32 market) internal view returns (int256 size) {
        (size,,,,) = exchange.positionOf(account, market);
    }

    function remainingOf(uint64 order) internal view returns (uint128 remaining) {
        (,,,, remaining,) = exchange.orderOf(order);
    }

    function insurance() internal view returns (int256 fund_) {
        (fund_,,) = exchange.globals();
    }

    /// @notice Ids of a side in price-time priority, as the views tell it.
    function side(uint32 market, bool isBuy) internal view returns (uint64[] memory ids) {
        (,,,,,, uint64 bid, uint64 ask) = exchange.marketOf(market);
        uint64[] memory all = new uint64[](256);
        uint256 count;
        for (uint64 id = isBuy ? bid : ask; id != 0; ++count) {
            all[count] = id;
            (,,,,, id) = exchange.orderOf(id);
        }
        ids = new uint64[](count);
        for (uint256 i = 0; i < count; ++i) ids[i] = all[i];
    }

    /// @notice What README.md calls conservation, and the sums that every view must agree on.
    function assertSound() internal view {
        int256 held = insurance();
        for (uint256 i = 0; i < traders.length; ++i) held += exchange.accountOf(traders[i]);
        for (uint32 market = BTC; market <= ETH; ++market) {
            int256 net;
            uint256 long;
            for (uint256 i = 0; i < traders.length; ++i) {
                (int256 size, int256 quote, int256 index,,) = exchange.positionOf(traders[i], market);
                held += quote;
                net += size;
                if (size > 0) long += uint256(size);
                if (size == 0) vm.assertTrue(quote == 0 && index == 0, "an empty position is all zero");
                assertLots(traders[i], market);
            }
            (,,,,, uint256 openInterest,,) = exchange.marketOf(market);
            vm.assertEq(net, int256(0), "longs and shorts cancel");
            vm.assertEq(openInterest, long, "open interest is the sum of longs");
        }
        vm.assertEq(held, int256(token.balanceOf(address(exchange))), "value is conserved");
    }

    /// @notice bidLots and askLots are the sums over the book (these tests rest no reduce-only orders when they call it).
    function assertLots(address account, uint32 market) private view {
        (,,, uint256 bidLots, uint256 askLots) = exchange.positionOf(account, market);
        vm.assertEq(lotsIn(side(market, true), account), bidLots, "bid lots are what rests");
        vm.assertEq(lotsIn(side(market, false), account), askLots, "ask lots are what rests");
    }

    function lotsIn(uint64[] memory ids, address account) private view returns (uint256 lots) {
        for (uint256 i = 0; i < ids.length; ++i) {
            (address owner,,,, uint128 remaining,) = exchange.orderOf(ids[i]);
            if (owner == account) lots += remaining;
        }
    }
}
