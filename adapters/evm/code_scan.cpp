#include "adapters/evm/code_scan.hpp"

#include <algorithm>

#include "adapters/evm/prove.hpp"

namespace lockstep::evm {
namespace {

enum Op : std::uint8_t {
  stop = 0x00,
  jump = 0x56,
  jumpdest = 0x5b,
  push1 = 0x60,
  push32 = 0x7f,
  callcode = 0xf2,
  return_ = 0xf3,
  delegatecall = 0xf4,
  revert = 0xfd,
  invalid = 0xfe,
  selfdestruct = 0xff
};

constexpr std::size_t metadata_size = 53;

bool ends_block(std::uint8_t op) {
  return op == stop || op == jump || op == return_ || op == revert || op == invalid || op == selfdestruct;
}

bool contains(BytesView code, BytesView part) { return !std::ranges::search(code, part).empty(); }

/// CBOR whose length is in the last two bytes: a map of one to four pairs.
std::size_t metadata_at_the_end(BytesView code) {
  if (code.size() < 4) return code.size();
  const std::size_t length = code[code.size() - 2] * 256U + code.back();
  if (length + 2 > code.size()) return code.size();
  const auto begin = code.size() - 2 - length;
  return length > 0 && code[begin] >= 0xa1 && code[begin] <= 0xa4 ? begin : code.size();
}

/// Where the next metadata begins at or behind `from`: a contract that makes others has their code, and metadata,
/// within its own. {"ipfs": 34 bytes, "solc": 3 bytes}, and its length.
std::size_t next_metadata(BytesView code, std::size_t from) {
  static const Bytes begins{0xa2, 0x64, 'i', 'p', 'f', 's', 0x58, 0x22};
  const auto found = std::ranges::search(code.subspan(from), begins);
  const auto at = static_cast<std::size_t>(found.begin() - code.begin());
  return found.empty() || at + metadata_size > code.size() ? code.size() : at;
}

}  // namespace

CodeScan scan(BytesView whole) {
  static const auto old_words = to_bytes("Initializable: contract is alrea");  // the first word of it
  CodeScan found;
  found.initializable_v5 = contains(whole, initializable_slot.view());
  found.initializable_old = contains(whole, old_words);
  const auto code = whole.first(metadata_at_the_end(whole));
  auto metadata = next_metadata(code, 0);
  bool reached = true;
  for (std::size_t at = 0; at < code.size(); ++at) {
    if (at >= metadata) {
      at = std::max(at, metadata + metadata_size);
      metadata = next_metadata(code, std::min(at, code.size()));
      reached = false;
      if (at >= code.size()) break;
    }
    const auto op = code[at];
    reached = reached || op == jumpdest;
    if (reached && op == selfdestruct) found.selfdestructs.push_back(at);
    if (reached && (op == delegatecall || op == callcode)) found.delegatecalls++;
    if (ends_block(op)) reached = false;
    if (op >= push1 && op <= push32) at += op - push1 + 1U;
  }
  return found;
}

}  // namespace lockstep::evm
