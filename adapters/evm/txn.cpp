#include "adapters/evm/txn.hpp"

#include <algorithm>
#include <limits>

#include "base/assert.hpp"
#include "crypto/keccak256.hpp"

namespace lockstep::evm {
namespace {

constexpr std::uint8_t type_1559 = 2, type_7702 = 4;
constexpr std::uint8_t authorization_magic = 5;  // EIP-7702
constexpr std::uint64_t v_offset = 35;           // EIP-155: v = parity + 35 + 2 · chain id
constexpr std::size_t max_txn_size = 1 << 20;

using rlp::Item;

std::unexpected<Error> refuse_txn(std::string why) { return fail("transaction refused", {}, std::move(why)); }

Item destination(const std::optional<Address>& to) { return rlp::text(to ? to->view() : BytesView{}); }

Item item_of(const std::vector<AccessEntry>& list) {
  std::vector<Item> entries;
  for (const auto& entry : list) {
    std::vector<Item> slots;
    for (const auto& slot : entry.slots) slots.push_back(rlp::text(slot.view()));
    entries.push_back(rlp::sequence({rlp::text(entry.address.view()), rlp::sequence(std::move(slots))}));
  }
  return rlp::sequence(std::move(entries));
}

std::vector<Item> signed_members(const Authorization& one) {
  return {rlp::integer(one.chain_id), rlp::text(one.delegate.view()), rlp::integer(one.nonce)};
}

Item item_of(const std::vector<Authorization>& list) {
  std::vector<Item> items;
  for (const auto& one : list) {
    auto parts = signed_members(one);
    for (const auto& part : {Uint256(one.parity), one.r, one.s}) parts.push_back(rlp::integer(part));
    items.push_back(rlp::sequence(std::move(parts)));
  }
  return rlp::sequence(std::move(items));
}

// The members that are signed, in order; type 0 without the EIP-155 tail.
std::vector<Item> members(const Txn& txn) {
  std::vector<Item> items;
  if (txn.type != 0) items = {rlp::integer(txn.chain_id), rlp::integer(txn.nonce), rlp::integer(txn.max_priority_fee)};
  if (txn.type == 0) items = {rlp::integer(txn.nonce)};
  items.push_back(rlp::integer(txn.max_fee));
  items.push_back(rlp::integer(txn.gas_limit));
  items.push_back(destination(txn.to));
  items.push_back(rlp::integer(txn.value));
  items.push_back(rlp::text(txn.data));
  if (txn.type != 0) items.push_back(item_of(txn.access_list));
  if (txn.type == type_7702) items.push_back(item_of(txn.authorizations));
  return items;
}

Bytes typed(std::uint8_t type, std::vector<Item> items) {
  auto body = rlp::encode(rlp::sequence(std::move(items)));
  if (type == 0) return body;
  Bytes out = {type};
  append(out, body);
  return out;
}

Uint256 scalar(BytesView big_endian) {
  Hash32 word;
  std::ranges::copy(big_endian, word.bytes.end() - static_cast<std::ptrdiff_t>(big_endian.size()));
  return from_word(word);
}

// Reads a list's members in order. After a failure every further value is zero and why() says what was first wrong.
class Members {
 public:
  explicit Members(const std::vector<Item>& items) : items_(items) {}

  Uint256 number(const char* name) {
    const auto& bytes = octets(name);
    if (bytes.size() > 32) return refused(name, "longer than 256 bits");
    if (!bytes.empty() && bytes[0] == 0) return refused(name, "has leading zeros");
    return scalar(bytes);
  }
  std::uint64_t small(const char* name) {
    const auto value = number(name);
    if (value > std::numeric_limits<std::uint64_t>::max())
      return static_cast<std::uint64_t>(refused(name, "longer than 64 bits"));
    return static_cast<std::uint64_t>(value);
  }
  template <class Fixed>
  Fixed fixed(const char* name) {
    const auto& bytes = octets(name);
    Fixed value;
    if (bytes.size() == Fixed::size)
      std::ranges::copy(bytes, value.bytes.begin());
    else
      refused(name, "is not " + std::to_string(Fixed::size) + " bytes");
    return value;
  }
  std::optional<Address> to() {
    if (next_ < items_.size() && items_[next_] == Item{}) {
      ++next_;
      return std::nullopt;
    }
    return fixed<Address>("to");
  }
  const std::vector<Item>& list(const char* name) {
    static const std::vector<Item> none;
    if (next_ < items_.size() && items_[next_].list) return items_[next_++].items;
    refused(name, "is not a list");
    return none;
  }
  /// Of a member that is a list of exactly so many.
  Members within(const Item& item, const char* name, std::size_t count) {
    static const std::vector<Item> none;
    const bool good = item.list && item.items.size() == count;
    if (!good) refused(name, "has another form than it must");
    return Members(good ? item.items : none);
  }
  void take_refusal(const Members& inner) {
    if (why_.empty()) why_ = inner.why_;
  }
  const Bytes& octets(const char* name) {
    static const Bytes none;
    if (next_ < items_.size() && !items_[next_].list) return items_[next_++].bytes;
    refused(name, "is not a string");
    return none;
  }
  void no_access_list() {
    if (next_ >= items_.size() || !items_[next_].list || !items_[next_].items.empty())
      refused("access list", "is not an empty list");
    ++next_;
  }
  std::uint8_t octet(const char* name) {
    const auto value = number(name);
    if (value > 0xff) return static_cast<std::uint8_t>(refused(name, "longer than 8 bits"));
    return static_cast<std::uint8_t>(value);
  }
  const std::string& why() const { return why_; }

 private:
  Uint256 refused(const char* name, const std::string& reason) {
    if (why_.empty()) why_ = std::string(name) + " " + reason;
    return 0;
  }
  const std::vector<Item>& items_;
  std::size_t next_ = 0;
  std::string why_;
};

struct Signature {
  std::uint64_t parity = 0;
  Uint256 r = 0, s = 0;
};

Bytes in_one(const Signature& signature) {
  Bytes bytes;
  append(bytes, to_word(signature.r).view());
  append(bytes, to_word(signature.s).view());
  bytes.push_back(static_cast<std::uint8_t>(27 + signature.parity));
  return bytes;
}

Result<DecodedTxn> finish(Txn txn, const Signature& signature, BytesView raw) {
  if (signature.parity > 1) return refuse_txn("the signature's parity is not 0 or 1");
  auto bytes = in_one(signature);
  const auto from = crypto::recover(crypto::keccak256(signing_message(txn)), bytes);
  if (!from) return refuse_txn("the signature fits no key, or its s is high (EIP-2)");
  return DecodedTxn{
      .txn = std::move(txn), .from = *from, .signature = std::move(bytes), .hash = crypto::keccak256(raw)};
}

std::vector<AccessEntry> access_list(Members& in) {
  std::vector<AccessEntry> list;
  for (const auto& item : in.list("access list")) {
    auto parts = in.within(item, "access list", 2);
    auto& entry = list.emplace_back(AccessEntry{parts.fixed<Address>("address in access list"), {}});
    const auto& slots = parts.list("slots in access list");
    Members each(slots);
    for (std::size_t i = 0; i < slots.size(); ++i) entry.slots.push_back(each.fixed<Hash32>("slot in access list"));
    parts.take_refusal(each);
    in.take_refusal(parts);
  }
  return list;
}

std::optional<Address> authority_of(const Authorization& one) {
  if (one.parity > 1) return std::nullopt;
  Bytes message{authorization_magic};
  append(message, rlp::encode(rlp::sequence(signed_members(one))));
  const auto authority =
      crypto::recover(crypto::keccak256(BytesView(message)), in_one({.parity = one.parity, .r = one.r, .s = one.s}));
  return authority ? std::optional(*authority) : std::nullopt;
}

std::vector<Authorization> authorizations(Members& in) {
  std::vector<Authorization> list;
  for (const auto& item : in.list("authorizations")) {
    auto parts = in.within(item, "authorization", 6);
    Authorization one;
    one.chain_id = parts.number("chain id of an authorization");
    one.delegate = parts.fixed<Address>("address of an authorization");
    one.nonce = parts.small("nonce of an authorization");
    one.parity = parts.octet("parity of an authorization");
    one.r = parts.number("r of an authorization");
    one.s = parts.number("s of an authorization");
    in.take_refusal(parts);
    one.authority = authority_of(one);
    list.push_back(std::move(one));
  }
  return list;
}

/// The members of an EIP-1559 transaction that are signed, but for its access list.
Txn signed_fees(Members& in) {
  Txn txn;
  txn.type = type_1559;
  txn.chain_id = in.small("chain id");
  txn.nonce = in.small("nonce");
  txn.max_priority_fee = in.number("max priority fee");
  txn.max_fee = in.number("max fee");
  txn.gas_limit = in.small("gas limit");
  txn.to = in.to();
  txn.value = in.number("value");
  txn.data = in.octets("data");
  return txn;
}

Txn signed_1559(Members& in) {
  auto txn = signed_fees(in);
  in.no_access_list();
  return txn;
}

Txn signed_7702(Members& in) {
  auto txn = signed_fees(in);
  txn.type = type_7702;
  txn.access_list = access_list(in);
  txn.authorizations = authorizations(in);
  return txn;
}

/// The members of a legacy transaction that are signed, without the chain's.
Txn signed_legacy(Members& in) {
  Txn txn;
  txn.type = 0;
  txn.nonce = in.small("nonce");
  txn.max_fee = in.number("gas price");
  txn.gas_limit = in.small("gas limit");
  txn.to = in.to();
  txn.value = in.number("value");
  txn.data = in.octets("data");
  return txn;
}

Result<DecodedTxn> decode_legacy(const std::vector<Item>& items, BytesView raw) {
  if (items.size() != 9)
    return refuse_txn("a legacy transaction has 9 members, this has " + std::to_string(items.size()));
  Members in(items);
  auto txn = signed_legacy(in);
  const auto v = in.small("v");
  Signature signature;
  signature.r = in.number("r");
  signature.s = in.number("s");
  if (!in.why().empty()) return refuse_txn(in.why());
  if (v < v_offset + 2) return refuse_txn("not bound to a chain (EIP-155)");
  txn.chain_id = (v - v_offset) / 2;
  signature.parity = (v - v_offset) % 2;
  return finish(std::move(txn), signature, raw);
}

Result<DecodedTxn> decode_typed(std::uint8_t type, const std::vector<Item>& items, BytesView raw) {
  const std::size_t count = type == type_7702 ? 13 : 12;
  if (items.size() != count)
    return refuse_txn("a transaction of type " + std::to_string(type) + " has " + std::to_string(count) +
                      " members, this has " + std::to_string(items.size()));
  Members in(items);
  auto txn = type == type_7702 ? signed_7702(in) : signed_1559(in);
  Signature signature;
  signature.parity = in.small("parity");
  signature.r = in.number("r");
  signature.s = in.number("s");
  if (!in.why().empty()) return refuse_txn(in.why());
  if (type == type_7702 && !txn.to) return refuse_txn("a transaction of type 4 creates no contract (EIP-7702)");
  if (type == type_7702 && txn.authorizations.empty()) return refuse_txn("no authorization (EIP-7702)");
  return finish(std::move(txn), signature, raw);
}

}  // namespace

Bytes signing_message(const Txn& txn) {
  auto items = members(txn);
  if (txn.type == 0) {
    items.push_back(rlp::integer(txn.chain_id));
    items.push_back(rlp::integer(0));
    items.push_back(rlp::integer(0));
  }
  return typed(txn.type, std::move(items));
}

Result<Txn> decode_signing_message(BytesView message) {
  if (message.empty() || message.size() > max_txn_size)
    return refuse_txn("empty, or longer than " + std::to_string(max_txn_size) + " bytes");
  const bool legacy = message[0] >= 0xc0;
  if (!legacy && message[0] != type_1559)
    return refuse_txn("type " + std::to_string(message[0]) + " is not known here");
  const auto item = rlp::decode(legacy ? message : message.subspan(1));
  if (!item || !item->list || item->items.size() != 9) return refuse_txn("not the list of members that is signed");
  Members in(item->items);
  auto txn = legacy ? signed_legacy(in) : signed_1559(in);
  if (legacy) txn.chain_id = in.small("chain id");
  if (!in.why().empty()) return refuse_txn(in.why());
  if (!std::ranges::equal(signing_message(txn), message))
    return refuse_txn("not the encoding of a message to be signed");
  return txn;
}

SignedTxn with_signature(const Txn& txn, BytesView signature) {
  LOCKSTEP_ASSERT(txn.type == type_1559 || (txn.type == 0 && txn.max_priority_fee == 0));
  LOCKSTEP_ASSERT(txn.chain_id > 0 && txn.chain_id < (std::numeric_limits<std::uint64_t>::max() - v_offset) / 2);
  LOCKSTEP_ASSERT(signature.size() == 65);
  const std::uint64_t parity = signature[64] - 27U;
  auto items = members(txn);
  items.push_back(rlp::integer(txn.type == 0 ? parity + v_offset + 2 * txn.chain_id : parity));
  items.push_back(rlp::integer(scalar(signature.first(32))));
  items.push_back(rlp::integer(scalar(signature.subspan(32, 32))));
  SignedTxn out;
  out.raw = typed(txn.type, std::move(items));
  out.hash = crypto::keccak256(out.raw);
  return out;
}

SignedTxn sign(const Txn& txn, const crypto::PrivateKey& key) {
  return with_signature(txn, key.sign(crypto::keccak256(signing_message(txn))));
}

Result<DecodedTxn> decode_txn(BytesView raw) {
  if (raw.empty() || raw.size() > max_txn_size)
    return refuse_txn("empty, or longer than " + std::to_string(max_txn_size) + " bytes");
  const bool legacy = raw[0] >= 0xc0;
  if (!legacy && raw[0] != type_1559 && raw[0] != type_7702)
    return refuse_txn("type " + std::to_string(raw[0]) + " is not known here");
  const auto item = rlp::decode(legacy ? raw : raw.subspan(1));
  if (!item || !item->list) return refuse_txn("not an RLP list");
  return legacy ? decode_legacy(item->items, raw) : decode_typed(raw[0], item->items, raw);
}

}  // namespace lockstep::evm
