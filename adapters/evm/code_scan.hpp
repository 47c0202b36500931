#pragma once
// What a contract's runtime code shows without running it.
#include <vector>

#include "base/bytes.hpp"

namespace lockstep::evm {

struct CodeScan {
  std::vector<std::size_t> selfdestructs;  // offsets
  std::size_t delegatecalls = 0;           // and CALLCODE
  /// Uses OpenZeppelin's Initializable: of v5 by the slot it keeps its version in, of older ones by what it says.
  bool initializable_v5 = false, initializable_old = false;
};

/// Instructions are those that may be reached: from the first on, and behind every JUMPDEST. Solidity's metadata is
/// left out, at the end and within: whoever means to hide code there can, as he can behind a DELEGATECALL.
CodeScan scan(BytesView code);

}  // namespace lockstep::evm
