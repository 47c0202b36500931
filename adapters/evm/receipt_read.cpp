// Receipts out of JSON, without building the whole answer as a tree of objects: it is what back-fill mostly does.
#include <simdjson.h>

#include <algorithm>

#include "adapters/evm/ordered_trie.hpp"
#include "adapters/evm/receipt.hpp"
#include "adapters/transport/failure.hpp"

namespace lockstep::evm {
namespace {

namespace od = simdjson::ondemand;
using Kind = NoReceipts::Kind;

constexpr std::size_t max_topics = 4;

constexpr auto digit_values = [] {
  std::array<std::uint8_t, 256> table{};
  table.fill(0xff);
  for (unsigned i = 0; i < 10; ++i) table['0' + i] = static_cast<std::uint8_t>(i);
  for (unsigned i = 0; i < 6; ++i) table['a' + i] = table['A' + i] = static_cast<std::uint8_t>(10 + i);
  return table;
}();

std::uint8_t digit(char c) { return digit_values[static_cast<unsigned char>(c)]; }

/// The digits of a string "0x…" as it stands in the text: escapes are none of ours.
std::optional<std::string_view> digits(od::value value) {
  std::string_view token = value.raw_json_token();
  while (!token.empty() && token.back() <= ' ') token.remove_suffix(1);
  if (token.size() < 4 || !token.starts_with("\"0x") || token.back() != '"') return std::nullopt;
  return token.substr(3, token.size() - 4);
}

bool decode(std::string_view text, std::uint8_t* out) {
  std::uint8_t bad = 0;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    const auto high = digit(text[i]), low = digit(text[i + 1]);
    bad |= static_cast<std::uint8_t>(high | low);
    *out++ = static_cast<std::uint8_t>(high << 4 | low);
  }
  return text.size() % 2 == 0 && (bad & 0xf0) == 0;
}

template <class Fixed>
bool read(od::value value, Fixed& out) {
  const auto text = digits(value);
  return text && text->size() == 2 * Fixed::size && decode(*text, out.bytes.data());
}

bool read(od::value value, Bytes& out) {
  const auto text = digits(value);
  if (!text) return false;
  out.resize(text->size() / 2);
  return decode(*text, out.data());
}

bool read(od::value value, std::uint64_t& out) {
  const auto text = digits(value);
  if (!text || text->empty() || text->size() > 16) return false;
  out = 0;
  std::uint8_t bad = 0;
  for (const auto c : *text) {
    bad |= digit(c);
    out = out << 4 | (digit(c) & 0xf);
  }
  return (bad & 0xf0) == 0;
}

bool is_null(od::value& value) {
  bool null = false;
  return value.is_null().get(null) == simdjson::SUCCESS && null;
}

/// Calls field(key, value) for every field of the object; false where it is no object or a field says so.
template <class Field>
bool each_field(od::value value, Field field) {
  od::object object;
  if (value.get_object().get(object) != simdjson::SUCCESS) return false;
  for (auto entry : object) {
    std::string_view key;
    od::value inner;
    if (entry.unescaped_key().get(key) != simdjson::SUCCESS || entry.value().get(inner) != simdjson::SUCCESS)
      return false;
    if (!field(key, inner)) return false;
  }
  return true;
}

template <class Element>
bool each_element(od::value value, Element element) {
  od::array array;
  if (value.get_array().get(array) != simdjson::SUCCESS) return false;
  for (auto entry : array) {
    od::value inner;
    if (entry.get(inner) != simdjson::SUCCESS || !element(inner)) return false;
  }
  return true;
}

bool read(od::value value, Log& log) {
  unsigned seen = 0;
  const bool good = each_field(value, [&](std::string_view key, od::value field) {
    if (key == "address") return seen |= 1U, read(field, log.address);
    if (key == "data") return seen |= 2U, read(field, log.data);
    if (key != "topics") return true;
    seen |= 4U;
    log.topics.clear();
    return each_element(field, [&](od::value topic) {
      return log.topics.size() < max_topics && read(topic, log.topics.emplace_back());
    });
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

bool read(od::value value, Receipt& receipt) {
  unsigned seen = 0;
  const bool good = each_field(value, [&](std::string_view key, od::value field) {
    if (key == "logs") {
      seen |= 1U;
      receipt.logs.clear();
      return each_element(field, [&](od::value log) { return read(log, receipt.logs.emplace_back()); });
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

NoReceipts refusal(od::value error) {
  std::int64_t code = 0;
  std::string message = "an error without a message";
  each_field(error, [&](std::string_view key, od::value field) {
    std::string_view text;
    if (key == "code" && field.get_int64().get(code) != simdjson::SUCCESS) code = 0;
    if (key == "message" && field.get_string().get(text) == simdjson::SUCCESS) message = text.substr(0, 300);
    return true;
  });
  const transport::Failure failure{.kind = transport::FailureKind::rpc, .detail = message, .code = code};
  const bool unknown = transport::limit_of(failure) == transport::Limit::unknown_method;
  const auto kind = unknown ? Kind::unknown_method : transport::asks_for_less(failure) ? Kind::too_much : Kind::absent;
  return {kind, "rpc error " + std::to_string(code) + ": " + message};
}

/// One answer of JSON-RPC 2.0: take(result), unless there is none.
template <class Take>
std::optional<NoReceipts> answer(od::value value, Take take) {
  std::optional<NoReceipts> why{{Kind::malformed, "neither a result nor an error"}};
  const bool good = each_field(value, [&](std::string_view key, od::value field) {
    if (key == "error" && !is_null(field)) {
      why = refusal(field);
    } else if (key == "result") {
      why.reset();
      if (is_null(field))
        why = {Kind::absent, "it does not have that block"};
      else if (!take(field))
        why = {Kind::malformed, "not receipts"};
    }
    return true;
  });
  if (!good) return NoReceipts{Kind::malformed, "not an answer of JSON-RPC"};
  return why;
}

simdjson::padded_string_view padded(std::string& body) {
  body.reserve(body.size() + simdjson::SIMDJSON_PADDING);
  return simdjson::padded_string_view(body.data(), body.size(), body.capacity());
}

std::unexpected<NoReceipts> not_json() { return std::unexpected(NoReceipts{Kind::malformed, "not JSON"}); }

/// `document` must outlive `root`, and the body both.
bool open(std::string& body, od::document& document, od::value& root) {
  thread_local od::parser parser;  // its buffers grow to the largest answer and are used again
  return parser.iterate(padded(body)).get(document) == simdjson::SUCCESS &&
         document.get_value().get(root) == simdjson::SUCCESS;
}

}  // namespace

Receipts parse_block_receipts(std::string& body) {
  od::document document;
  od::value root;
  if (!open(body, document, root)) return not_json();
  std::vector<Receipt> receipts;
  auto why = answer(root, [&](od::value result) {
    return each_element(
        result, [&](od::value one) { return receipts.size() < max_listed && read(one, receipts.emplace_back()); });
  });
  if (why) return std::unexpected(*std::move(why));
  return receipts;
}

Receipts parse_receipt_batch(std::string& body) {
  od::document document;
  od::value root;
  if (!open(body, document, root)) return not_json();
  std::vector<Receipt> receipts;
  std::optional<NoReceipts> why;
  const bool list = each_element(root, [&](od::value one) {
    if (receipts.size() == max_listed) return false;
    why = answer(one, [&](od::value result) { return read(result, receipts.emplace_back()); });
    return !why;
  });
  if (why) return std::unexpected(*std::move(why));
  if (!list) return std::unexpected(NoReceipts{Kind::malformed, "not a batch of receipts"});
  std::ranges::sort(receipts, {}, &Receipt::index);
  return receipts;
}

}  // namespace lockstep::evm
