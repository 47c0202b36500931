// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";
import {ILockstepGate} from "../../../src/gate/ILockstepGate.sol";

/// @notice The smallest thing a gate can upgrade: its version is in its code, one parameter is in its storage.
contract Market is UUPSUpgradeable {
    error NotAuthority();

    uint256 public immutable version;
    address public authority;
    uint256 public fee;

    constructor(uint256 version_) {
        version = version_;
    }

    function initialize(address authority_, uint256 fee_) external {
        require(authority == address(0), "initialized");
        authority = authority_;
        fee = fee_;
    }

    function setFee(uint256 fee_) external onlyProxy {
        if (msg.sender != authority) revert NotAuthority();
        fee = fee_;
    }

    function _authorizeUpgrade(address) internal view override {
        if (msg.sender != authority) revert NotAuthority();
    }
}

contract Oracle {
    uint256 public price = 1;
    uint256 public time;

    function post(uint256 price_, uint256 time_) external {
        price = price_;
        time = time_;
    }

    function latest() external view returns (uint256, uint256) {
        return (price, time);
    }
}

/// @notice A breaker that has to be pushed.
contract PushBreaker {
    bool public paused;
    bool public jammed;

    function pause() external {
        require(!paused, "already paused");
        paused = true;
    }

    function unpause() external {
        require(!jammed, "jammed");
        require(paused, "not paused");
        paused = false;
    }

    function jam(bool jammed_) external {
        jammed = jammed_;
    }
}

/// @notice A payload that does what it was told with the gate that calls it.
contract Payload {
    error Refused(uint256 code);

    bytes[] public returned;
    bool public lastHalted;
    bool public lastAllowed;
    uint256 public received;

    function refuse(uint256 code) external pure {
        revert Refused(code);
    }

    /// Calls back, and lets whatever that reverts with through.
    function callBack(bytes calldata data) external {
        (bool ok, bytes memory result) = msg.sender.call(data);
        if (!ok) {
            assembly ("memory-safe") {
                revert(add(result, 0x20), mload(result))
            }
        }
    }

    function look() external payable {
        lastHalted = ILockstepGate(msg.sender).halted();
        lastAllowed = ILockstepGate(msg.sender).allowed(ILockstepGate.ActionClass.TRADE);
        received += msg.value;
    }

    /// Reverts with a megabyte, which a caller that copies everything would have to pay for.
    function bomb() external pure {
        assembly ("memory-safe") {
            revert(0x80, 1000000)
        }
    }
}
