// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @notice The cheatcodes of forge these tests use. Kept here, and short, because every line of it is compiled with every test.
interface Vm {
    struct Log { bytes32[] topics; bytes data; address emitter; }

    function warp(uint256 time) external;
    function roll(uint256 number) external;
    function chainId(uint256 id) external;
    function deal(address account, uint256 balance) external;
    function etch(address account, bytes calldata code) external;
    function load(address account, bytes32 slot) external view returns (bytes32);
    function store(address account, bytes32 slot, bytes32 value) external;
    function prank(address sender) external;
    function startPrank(address sender) external;
    function stopPrank() external;
    function addr(uint256 key) external pure returns (address);
    function sign(uint256 key, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);
    function expectRevert() external;
    function expectRevert(bytes4 selector) external;
    function expectRevert(bytes calldata data) external;
    function expectEmit(bool topic1, bool topic2, bool topic3, bool data, address emitter) external;
    function recordLogs() external;
    function getRecordedLogs() external returns (Log[] memory);
    function assume(bool condition) external pure;
    function label(address account, string calldata name) external;
    function snapshotState() external returns (uint256 id);
    function revertToState(uint256 id) external returns (bool);
    function assertTrue(bool got, string calldata what) external pure;
    function assertFalse(bool got, string calldata what) external pure;
    function assertEq(uint256 got, uint256 want, string calldata what) external pure;
    function assertEq(int256 got, int256 want, string calldata what) external pure;
    function assertEq(address got, address want, string calldata what) external pure;
    function assertEq(bytes32 got, bytes32 want, string calldata what) external pure;
    function assertEq(bytes calldata got, bytes calldata want, string calldata what) external pure;
    function assertEq(string calldata got, string calldata want, string calldata what) external pure;
    function assertGe(uint256 got, uint256 want, string calldata what) external pure;
    function assertLe(uint256 got, uint256 want, string calldata what) external pure;
    function assertApproxEqAbs(uint256 got, uint256 want, uint256 by, string calldata what) external pure;
}

/// @notice What a test inherits. forge takes a contract with test functions as a test; IS_TEST says so to the invariant runner.
abstract contract Check {
    struct FuzzSelector { address addr; bytes4[] selectors; }

    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    bool public constant IS_TEST = true;

    address[] private _targets;
    FuzzSelector[] private _selectors;

    /// @notice Confines an invariant run to `target`; without it forge would call every contract it knows.
    function targetContract(address target) internal {
        _targets.push(target);
    }

    /// @notice Confines an invariant run to these functions of `target`.
    function targetSelectors(address target, bytes4[] memory selectors) internal {
        _selectors.push(FuzzSelector(target, selectors));
    }

    /// forge asks for these two by name.
    function targetContracts() external view returns (address[] memory) {
        return _targets;
    }

    function targetSelectors() external view returns (FuzzSelector[] memory) {
        return _selectors;
    }

    /// @notice Folds any `x` into [low, high], keeping values that are already inside.
    function bound(uint256 x, uint256 low, uint256 high) internal pure returns (uint256) {
        require(low <= high, "bound: low > high");
        if (x >= low && x <= high) return x;
        uint256 size = high - low + 1;
        return size == 0 ? x : low + x % size;
    }
}
