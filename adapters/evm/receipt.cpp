#include "adapters/evm/receipt.hpp"

#include "adapters/evm/ordered_trie.hpp"
#include "adapters/evm/rlp.hpp"

namespace lockstep::evm {
namespace {

constexpr std::size_t address_size = 1 + Address::size, topic_size = 1 + Hash32::size;

std::size_t payload_of(const Log& log) {
  return address_size + rlp::size_of_list(log.topics.size() * topic_size) + rlp::size_of_text(log.data);
}

void put(Bytes& out, const Log& log) {
  rlp::put_list_head(out, payload_of(log));
  rlp::put_text(out, log.address.view());
  rlp::put_list_head(out, log.topics.size() * topic_size);
  for (const auto& topic : log.topics) rlp::put_text(out, topic.view());
  rlp::put_text(out, log.data);
}

}  // namespace

Bytes encode(const Receipt& receipt) {
  std::size_t logs = 0;
  for (const auto& log : receipt.logs) logs += rlp::size_of_list(payload_of(log));
  const auto gas = rlp::minimal(receipt.cumulative_gas);
  std::vector<Bytes> tail;
  if (receipt.deposit_version) {
    tail.push_back(rlp::minimal(receipt.deposit_nonce.value_or(0)));
    tail.push_back(rlp::minimal(*receipt.deposit_version));
  }
  auto payload = rlp::size_of_text(receipt.outcome) + rlp::size_of_text(gas) + rlp::size_of_text(receipt.bloom.view()) +
                 rlp::size_of_list(logs);
  for (const auto& more : tail) payload += rlp::size_of_text(more);
  Bytes out;
  out.reserve(1 + rlp::size_of_list(payload));
  if (receipt.type != 0) out.push_back(receipt.type);
  rlp::put_list_head(out, payload);
  rlp::put_text(out, receipt.outcome);
  rlp::put_text(out, gas);
  rlp::put_text(out, receipt.bloom.view());
  rlp::put_list_head(out, logs);
  for (const auto& log : receipt.logs) put(out, log);
  for (const auto& more : tail) rlp::put_text(out, more);
  return out;
}

Hash32 receipts_root(const std::vector<Receipt>& receipts) {
  std::vector<Bytes> values;
  values.reserve(receipts.size());
  for (const auto& receipt : receipts) values.push_back(encode(receipt));
  return ordered_root(values);
}

}  // namespace lockstep::evm
