#include "adapters/evm/trie_values.hpp"

#include <algorithm>
#include <limits>

#include "crypto/keccak256.hpp"

namespace lockstep::evm::trie::detail {
namespace {

std::optional<Uint256> number(const rlp::Item& item) {
  if (item.list || item.bytes.size() > Hash32::size || (!item.bytes.empty() && item.bytes[0] == 0)) return std::nullopt;
  Hash32 word;
  std::ranges::copy(item.bytes, word.bytes.end() - static_cast<std::ptrdiff_t>(item.bytes.size()));
  return from_word(word);
}

std::optional<Hash32> hash(const rlp::Item& item) {
  if (item.list || item.bytes.size() != Hash32::size) return std::nullopt;
  Hash32 value;
  std::ranges::copy(item.bytes, value.bytes.begin());
  return value;
}

std::unexpected<Error> no_account(std::string why) { return fail("state proof refused", "account", std::move(why)); }

}  // namespace

Result<Account> account_of(const Result<std::optional<Bytes>>& shown) {
  if (!shown) return std::unexpected(shown.error());
  static const Hash32 no_code = crypto::keccak256(BytesView{});
  Account account{.nonce = 0, .balance = 0, .storage_root = empty_root(), .code_hash = no_code};
  if (!*shown) return account;
  const auto item = rlp::decode(**shown);
  if (!item || !item->list || item->items.size() != 4) return no_account("not a list of four");
  const auto nonce = number(item->items[0]), balance = number(item->items[1]);
  const auto storage_root = hash(item->items[2]), code_hash = hash(item->items[3]);
  if (!nonce || *nonce > std::numeric_limits<std::uint64_t>::max())
    return no_account("the nonce is not a number of 64 bits");
  if (!balance || !storage_root || !code_hash)
    return no_account("the balance, storage root or code hash has the wrong form");
  account.nonce = static_cast<std::uint64_t>(*nonce);
  account.balance = *balance;
  account.storage_root = *storage_root;
  account.code_hash = *code_hash;
  return account;
}

Result<Uint256> slot_value(BytesView slot, const Result<std::optional<Bytes>>& shown) {
  if (!shown) return std::unexpected(shown.error());
  if (!*shown) return Uint256(0);
  const auto item = rlp::decode(**shown);
  const auto value = item ? number(*item) : std::nullopt;
  if (!value)
    return fail("state proof refused", "slot " + to_hex(slot), "the value is not a number of at most 256 bits");
  return *value;
}

}  // namespace lockstep::evm::trie::detail
