// Receipts out of JSON.
#include <algorithm>

#include "adapters/evm/json_fields.hpp"
#include "adapters/evm/ordered_trie.hpp"
#include "adapters/evm/receipt.hpp"

namespace lockstep::evm {
namespace {

bool read_content(od::value value, Log& log) {
  unsigned seen = 0;
  const bool good = each_field(value, [&](std::string_view key, od::value field) {
    if (key == "address") return seen |= 1U, read(field, log.address);
    if (key == "data") return seen |= 2U, read(field, log.data);
    if (key == "topics") return seen |= 4U, read(field, log.topics);
    return true;
  });
  return good && seen == 7U;
}

/// A field that is of no use where it is null.
bool read_optional(od::value value, std::optional<std::uint64_t>& out) {
  if (is_null(value)) return true;
  std::uint64_t number = 0;
  if (!read(value, number)) return false;
  out = number;
  return true;
}

bool read_status(od::value value, Receipt& receipt) {
  std::optional<std::uint64_t> status;
  if (!read_optional(value, status) || status.value_or(0) > 1) return false;
  if (status) receipt.outcome = *status == 1 ? Bytes{1} : Bytes{};
  return true;
}

bool read_root(od::value value, Receipt& receipt) {
  if (is_null(value)) return true;
  Bytes root;
  if (!read(value, root)) return false;
  if (root.size() == Hash32::size) receipt.outcome = std::move(root);
  return true;
}

bool read_receipt(od::value value, Receipt& receipt) {
  unsigned seen = 0;
  const bool good = each_field(value, [&](std::string_view key, od::value field) {
    if (key == "logs") {
      seen |= 1U;
      receipt.logs.clear();
      return each_element(field, [&](od::value log) { return read_content(log, receipt.logs.emplace_back()); });
    }
    if (key == "logsBloom") return seen |= 2U, read(field, receipt.bloom);
    if (key == "cumulativeGasUsed") return seen |= 4U, read(field, receipt.cumulative_gas);
    if (key == "transactionIndex") return seen |= 8U, read(field, receipt.index);
    if (key == "transactionHash") return seen |= 16U, read(field, receipt.txn);
    if (key == "status") return read_status(field, receipt);
    if (key == "root") return read_root(field, receipt);
    if (key == "depositNonce") return read_optional(field, receipt.deposit_nonce);
    if (key == "depositReceiptVersion") return read_optional(field, receipt.deposit_version);
    if (key != "type") return true;
    std::uint64_t type = 0;
    if (!read(field, type) || type > 0x7f) return false;
    receipt.type = static_cast<std::uint8_t>(type);
    return true;
  });
  return good && seen == 31U;
}

}  // namespace

Receipts parse_block_receipts(std::string& body) {
  od::document document;
  od::value root;
  if (!open(body, document, root)) return malformed("not JSON");
  std::vector<Receipt> receipts;
  auto why = answer(root, "receipts", [&](od::value result) {
    return each_element(result, [&](od::value one) {
      return receipts.size() < max_listed && read_receipt(one, receipts.emplace_back());
    });
  });
  if (why) return std::unexpected(*std::move(why));
  return receipts;
}

Receipts parse_receipt_batch(std::string& body) {
  od::document document;
  od::value root;
  if (!open(body, document, root)) return malformed("not JSON");
  std::vector<Receipt> receipts;
  std::optional<NoAnswer> why;
  const bool list = each_element(root, [&](od::value one) {
    if (receipts.size() == max_listed) return false;
    why = answer(one, "receipts", [&](od::value result) { return read_receipt(result, receipts.emplace_back()); });
    return !why;
  });
  if (why) return std::unexpected(*std::move(why));
  if (!list) return malformed("not a batch of receipts");
  std::ranges::sort(receipts, {}, &Receipt::index);
  return receipts;
}

}  // namespace lockstep::evm
