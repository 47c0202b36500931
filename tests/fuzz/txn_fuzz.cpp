// Signed transactions. Whatever is decoded was canonical, and its members encode to the same bytes again; what is
// signed decodes to itself.
#include "adapters/evm/txn.hpp"
#include "crypto/keccak256.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/fuzz/strict_rlp.hpp"

namespace lockstep::fuzz {
namespace {

using namespace evm;

rlp::Item access_list(const Txn& txn) {
  std::vector<rlp::Item> entries;
  for (const auto& entry : txn.access_list) {
    std::vector<rlp::Item> slots;
    for (const auto& slot : entry.slots) slots.push_back(rlp::text(slot.view()));
    entries.push_back(rlp::sequence({rlp::text(entry.address.view()), rlp::sequence(slots)}));
  }
  return rlp::sequence(entries);
}

rlp::Item authorizations(const Txn& txn) {
  std::vector<rlp::Item> all;
  for (const auto& one : txn.authorizations)
    all.push_back(rlp::sequence({rlp::integer(one.chain_id), rlp::text(one.delegate.view()), rlp::integer(one.nonce),
                                 rlp::integer(one.parity), rlp::integer(one.r), rlp::integer(one.s)}));
  return rlp::sequence(all);
}

// All members but the signature, by the letter of EIP-155, EIP-1559 and EIP-7702.
std::vector<rlp::Item> members(const Txn& txn) {
  const auto to = rlp::text(txn.to ? txn.to->view() : BytesView{});
  if (txn.type == 0)
    return {rlp::integer(txn.nonce), rlp::integer(txn.max_fee), rlp::integer(txn.gas_limit), to,
            rlp::integer(txn.value), rlp::text(txn.data)};
  std::vector<rlp::Item> all{
      rlp::integer(txn.chain_id), rlp::integer(txn.nonce),     rlp::integer(txn.max_priority_fee),
      rlp::integer(txn.max_fee),  rlp::integer(txn.gas_limit), to,
      rlp::integer(txn.value),    rlp::text(txn.data),         access_list(txn)};
  if (txn.type == 4) all.push_back(authorizations(txn));
  return all;
}

void check_decoded(BytesView raw) {
  const auto decoded = decode_txn(raw);
  if (!decoded) return;
  const bool legacy = decoded->txn.type == 0;
  const auto body = legacy ? raw : raw.subspan(1);
  LOCKSTEP_ASSERT(is_canonical_rlp(body) && decoded->hash == crypto::keccak256(raw));
  auto items = rlp::decode(body)->items;
  const auto expected = members(decoded->txn);
  const auto unsigned_again = decode_signing_message(signing_message(decoded->txn));
  LOCKSTEP_ASSERT(decoded->txn.type == 4 ? !unsigned_again : unsigned_again && *unsigned_again == decoded->txn);
  LOCKSTEP_ASSERT(items.size() == expected.size() + 3);
  LOCKSTEP_ASSERT(std::equal(expected.begin(), expected.end(), items.begin()));
}

void check_signed(Input& input) {
  Txn txn;
  txn.type = input.u8() % 2 == 0 ? 0 : 2;
  txn.chain_id = 1 + input.u64() % (std::uint64_t{1} << 62);
  txn.nonce = input.u64();
  txn.gas_limit = input.u64();
  txn.max_fee = from_word(input.fixed<Hash32>());
  if (txn.type == 2) txn.max_priority_fee = from_word(input.fixed<Hash32>());
  if (input.u8() % 4 != 0) txn.to = input.fixed<Address>();
  txn.value = from_word(input.fixed<Hash32>());
  const auto text = input.rest();
  txn.data.assign(text.begin(), text.end());
  static const auto key = crypto::PrivateKey::from_bytes(Bytes(32, 0x42)).value();
  const auto raw = sign(txn, key);
  const auto decoded = decode_txn(raw.raw);
  LOCKSTEP_ASSERT(decoded && decoded->txn == txn && decoded->from == key.address() && decoded->hash == raw.hash);
}

}  // namespace
}  // namespace lockstep::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  lockstep::fuzz::Input input(data, size);
  if (size > 0 && data[0] == 0xff) {
    input.u8();
    lockstep::fuzz::check_signed(input);
  } else {
    lockstep::fuzz::check_decoded(input.rest());
  }
  return 0;
}
