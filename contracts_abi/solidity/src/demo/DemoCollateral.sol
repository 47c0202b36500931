// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title Play money with 6 decimals that anyone may mint; for local chains only
contract DemoCollateral is ERC20 {
    constructor() ERC20("Demo USD", "dUSD") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    /// @notice Play money again: many accounts at once, each allowing `spender` to take it.
    function mintFor(address[] calldata accounts, uint256 amount, address spender) external {
        for (uint256 i = 0; i < accounts.length; ++i) {
            _mint(accounts[i], amount);
            _approve(accounts[i], spender, amount);
        }
    }

    function decimals() public pure override returns (uint8) {
        return 6;
    }
}
