// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Initializable} from "@openzeppelin/contracts/proxy/utils/Initializable.sol";
import {IPerpExchange} from "../../src/exchange/IPerpExchange.sol";
import {PerpExchangeV1} from "../../src/exchange/PerpExchangeV1.sol";
import {PerpExchangeV2} from "../../src/exchange/PerpExchangeV2.sol";
import {ILockstepGate} from "../../src/gate/ILockstepGate.sol";
import {UpgradeFixture} from "./UpgradeFixture.sol";

contract UpgradeTest is UpgradeFixture {
    PerpExchangeV2 private v2;

    function setUp() public override {
        super.setUp();
        v2 = new PerpExchangeV2();
    }

    function test_upgrade_writesWhatIsDeclared_andNothingElse() public {
        vm.assertEq(upgradeAndCount(address(v2)), 0, "words that differ from the declared ones");
        vm.assertEq(exchange.version(), 2, "version");
        vm.assertEq(exchange.implementation(), address(v2), "implementation");
        (, uint32 maintenance,,,,,,) = exchange.marketOf(BTC);
        vm.assertEq(maintenance, NEW_MAINTENANCE, "declared parameter");
        vm.assertEq(PerpExchangeV2(address(exchange)).capOf(ETH), 2000, "cap");
        assertSound();
    }

    function test_upgrade_emitsTheDeclaredChange() public {
        vm.expectEmit(true, false, false, true, address(exchange));
        emit IPerpExchange.ParametersChanged(BTC, 1000, NEW_MAINTENANCE, 100, 500);
        upgrade(address(v2));
    }

    function test_downgrade_restoresEveryWord() public {
        vm.assertEq(roundTripAndCount(address(v2)), 0, "words that differ after the way back");
        upgrade(address(v2));
        vm.expectEmit(true, false, false, true, address(exchange));
        emit IPerpExchange.ParametersChanged(BTC, 1000, 500, 100, 500);
        downgrade();
        vm.assertEq(exchange.version(), 1, "old code");
        assertSound();
    }

    function test_downgrade_leavesTheUpgradeRepeatable() public {
        upgrade(address(v2));
        downgrade();
        vm.assertEq(upgradeAndCount(address(v2)), 0, "the same again");
    }

    function test_downgrade_withoutMigration_onlyChangesCode() public {
        gate.run(address(exchange), abi.encodeCall(exchange.upgradeToAndCall, (address(v2), "")));
        vm.assertEq(PerpExchangeV2(address(exchange)).capOf(BTC), 0, "a forgotten initializer leaves caps of 0");
        downgrade();
        vm.assertEq(vm.load(address(exchange), VERSION_SLOT), bytes32(uint256(1)), "initialised version as before");
        vm.assertEq(exchange.version(), 1, "old code");
    }

    function test_cap_boundsOpeningButNotClosing() public {
        upgrade(address(v2));
        setMark(ETH, ETH_MARK);
        fund(address(0xBEEF), 1_000_000e6);
        fund(address(0xFEED), 1_000_000e6);
        sell(address(0xBEEF), ETH, 25e6, 3000);
        vm.prank(address(0xFEED));
        vm.expectRevert(abi.encodeWithSelector(PerpExchangeV2.OpenInterestCap.selector, ETH, 2001, 2000));
        exchange.place(ETH, true, 25e6, 1911, IOC, false, 0);
        place(address(0xFEED), ETH, true, 25e6, 1910, IOC, false);
        buy(carol, ETH, 25e6, 50);
        assertSound();
    }

    function test_authority_isTheGateAlone() public {
        bytes memory refusal = abi.encodeWithSelector(IPerpExchange.NotGate.selector, address(this));
        vm.expectRevert(refusal);
        exchange.upgradeToAndCall(address(v2), "");
        vm.expectRevert(refusal);
        exchange.setParameters(BTC, 1000, 500, 0, 0);
        vm.expectRevert(refusal);
        exchange.addMarket(IPerpExchange.MarketConfig(1, 1000, 500, 0, 0));
        upgrade(address(v2));
        vm.expectRevert(refusal);
        PerpExchangeV2(address(exchange)).downgrade(v1);
    }

    function test_initializers_runOnce() public {
        PerpExchangeV1.MarketConfig[] memory none = new PerpExchangeV1.MarketConfig[](0);
        vm.expectRevert(Initializable.InvalidInitialization.selector);
        exchange.initialize(ILockstepGate(address(gate)), token, oracle, 1, 1, none);
        vm.expectRevert(Initializable.InvalidInitialization.selector);
        v2.initialize(ILockstepGate(address(gate)), token, oracle, 1, 1, none);
        upgrade(address(v2));
        vm.expectRevert();
        gate.run(address(exchange), initV2());
    }
}
