#pragma once
// Receipts of one block, as eth_getBlockReceipts gives them, and the root that commits to them. What a block's header
// says about receipts proves every log of the block: none is missing, none is added, all are in order.
#include <expected>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "adapters/evm/bloom.hpp"
#include "adapters/evm/log.hpp"
#include "adapters/evm/no_answer.hpp"

namespace lockstep::evm {

struct Receipt {
  std::uint8_t type = 0;  // EIP-2718; 0 = legacy
  Bytes outcome;          // status: {1} or empty; before Byzantium a state root
  std::uint64_t cumulative_gas = 0;
  Bloom bloom;
  std::vector<Log> logs;  // address, topics and data; the rest is what the endpoint says
  std::uint64_t index = 0;
  Hash32 txn;
  /// Deposits of the OP Stack (type 0x7e) since Canyon; before it, receipts commit to neither.
  std::optional<std::uint64_t> deposit_nonce, deposit_version;
};

/// EIP-2718: type || rlp([outcome, cumulative gas, bloom, logs …]); a legacy receipt has no type byte.
Bytes encode(const Receipt& receipt);
Hash32 receipts_root(const std::vector<Receipt>& receipts);

using Receipts = std::expected<std::vector<Receipt>, NoAnswer>;

/// From the body of an answer to eth_getBlockReceipts, in the order given; or of a batch of eth_getTransactionReceipt,
/// ordered by transactionIndex. `body` is given room to read past its end (simdjson).
Receipts parse_block_receipts(std::string& body);
Receipts parse_receipt_batch(std::string& body);

/// From the body of an answer to debug_getRawReceipts: each as its block's receiptsRoot commits to it, none empty.
std::expected<std::vector<Bytes>, NoAnswer> parse_raw_receipts(std::string& body);
/// The logs of each, and nothing else of it but its place; nothing if one is no receipt (encode()).
std::optional<std::vector<Receipt>> decode_logs(std::span<const Bytes> encoded);

}  // namespace lockstep::evm
