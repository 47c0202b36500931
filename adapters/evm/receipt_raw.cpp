// Receipts as the trie has them: nothing has to be encoded again to know their root.
#include "adapters/evm/json_fields.hpp"
#include "adapters/evm/ordered_trie.hpp"
#include "adapters/evm/receipt.hpp"
#include "adapters/evm/rlp_view.hpp"

namespace lockstep::evm {
namespace {

constexpr std::uint8_t last_type = 0x7f;  // EIP-2718
constexpr std::size_t most_topics = 4;

bool take_log(BytesView& logs, Log& log) {
  BytesView parts, topics, data;
  if (!rlp::take_list(logs, parts) || !rlp::take_fixed(parts, log.address) || !rlp::take_list(parts, topics))
    return false;
  while (!topics.empty()) {
    if (log.topics.size() == most_topics || !rlp::take_fixed(topics, log.topics.emplace_back())) return false;
  }
  if (!rlp::take_text(parts, data) || !parts.empty()) return false;
  log.data.assign(data.begin(), data.end());
  return true;
}

bool take_receipt(BytesView encoded, Receipt& receipt) {
  if (encoded.empty()) return false;
  if (encoded.front() <= last_type) {
    receipt.type = encoded.front();
    encoded = encoded.subspan(1);
  }
  BytesView fields, outcome, gas, bloom, logs;
  if (!rlp::open_list(encoded, fields) || !rlp::take_text(fields, outcome) || !rlp::take_text(fields, gas) ||
      !rlp::take_text(fields, bloom) || bloom.size() != Bloom::size || !rlp::take_list(fields, logs))
    return false;
  while (!logs.empty()) {
    if (!take_log(logs, receipt.logs.emplace_back())) return false;
  }
  return true;  // what follows is of a rollup's deposits
}

}  // namespace

std::expected<std::vector<Bytes>, NoAnswer> parse_raw_receipts(std::string& body) {
  od::document document;
  od::value root;
  if (!open(body, document, root)) return malformed("not JSON");
  std::vector<Bytes> encoded;
  auto why = answer(root, "raw receipts", [&](od::value result) {
    return each_element(result, [&](od::value one) {
      return encoded.size() < max_listed && read(one, encoded.emplace_back()) && !encoded.back().empty();
    });
  });
  if (why) return std::unexpected(*std::move(why));
  return encoded;
}

std::optional<std::vector<Receipt>> decode_logs(std::span<const Bytes> encoded) {
  std::vector<Receipt> receipts(encoded.size());
  for (std::size_t i = 0; i < receipts.size(); ++i) {
    receipts[i].index = i;
    if (!take_receipt(encoded[i], receipts[i])) return std::nullopt;
  }
  return receipts;
}

}  // namespace lockstep::evm
