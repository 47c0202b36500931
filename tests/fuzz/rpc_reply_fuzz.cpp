// A JSON-RPC reply. Whatever is accepted as the answer to a batch is written anew and accepted with the same meaning;
// it answers every call once. Results are then read as everything the adapter reads them as.
#include <nlohmann/json.hpp>

#include "adapters/evm/header.hpp"
#include "adapters/evm/ordered_trie.hpp"
#include "adapters/evm/receipt.hpp"
#include "adapters/transport/json_rpc.hpp"
#include "base/uint256.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/support/logs_text.hpp"

namespace lockstep::fuzz {
namespace {

using nlohmann::json;

bool same(const transport::RpcAnswer& a, const transport::RpcAnswer& b) {
  if (a.has_value() != b.has_value()) return false;
  if (a) return *a == *b;
  return a.error().kind == b.error().kind && a.error().code == b.error().code && a.error().detail == b.error().detail &&
         a.error().data == b.error().data;
}

json written(const transport::RpcAnswer& answer, std::uint64_t id) {
  json member = {{"jsonrpc", "2.0"}, {"id", id}};
  if (answer) {
    member["result"] = *answer;
  } else {
    member["error"] = {{"code", answer.error().code}, {"message", answer.error().detail}};
    if (!answer.error().data.empty()) member["error"]["data"] = answer.error().data;
  }
  return member;
}

const std::vector<Address> addresses = {Address{}, Address{{0x11}}};

void check(const std::vector<evm::Log>& logs) {
  for (const auto& log : logs) LOCKSTEP_ASSERT(log.block_num >= 1 && log.block_num <= 100 && log.topics.size() <= 4);
}

/// What is read without a tree of objects, from the body as it came.
void read_in_passing(std::string_view body) {
  std::string for_logs(body), for_receipts(body), for_batch(body), for_raw(body);
  if (const auto logs = evm::parse_logs(for_logs, addresses, 1, 100)) check(logs->logs);
  if (const auto receipts = evm::parse_block_receipts(for_receipts)) evm::receipts_root(*receipts);
  if (const auto raw = evm::parse_raw_receipts(for_raw)) {
    evm::ordered_root(*raw);
    evm::decode_logs(*raw);
  }
  if (const auto receipts = evm::parse_receipt_batch(for_batch))
    LOCKSTEP_ASSERT(std::ranges::is_sorted(*receipts, {}, &evm::Receipt::index));
}

void read_as_everything(const json& result) {
  if (const auto header = evm::parse_header(result)) {
    LOCKSTEP_ASSERT(fixed_from_hex<Hash32>(result.at("hash").get<std::string>()) == header->hash);
  }
  if (const auto logs = tests::logs_of(result, addresses, 1, 100)) {
    LOCKSTEP_ASSERT(logs->size() == result.size());
    check(*logs);
  }
  if (!result.is_string()) return;
  const auto& text = result.get_ref<const std::string&>();
  if (const auto number = parse_quantity(text)) LOCKSTEP_ASSERT(parse_quantity(to_quantity(*number)) == number);
  if (const auto bytes = bytes_from_hex(text)) LOCKSTEP_ASSERT(bytes_from_hex(to_hex(*bytes)) == bytes);
}

}  // namespace
}  // namespace lockstep::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lockstep;
  fuzz::Input input(data, size);
  const std::size_t count = input.u8() % 4;
  const std::uint64_t first_id = input.u8();
  const auto body = input.text();
  fuzz::read_in_passing(body);
  const auto answers = transport::decode_batch(body, count, first_id);
  if (!answers) return 0;
  LOCKSTEP_ASSERT(answers->size() == count);
  auto batch = nlohmann::json::array();
  for (std::size_t i = count; i-- > 0;) batch.push_back(fuzz::written((*answers)[i], first_id + i));
  const auto again = transport::decode_batch(batch.dump(), count, first_id);
  LOCKSTEP_ASSERT(again && std::ranges::equal(*answers, *again, fuzz::same));
  for (const auto& answer : *answers)
    if (answer) fuzz::read_as_everything(*answer);
  return 0;
}
