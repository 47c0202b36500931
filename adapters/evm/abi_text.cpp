#include <algorithm>
#include <nlohmann/json.hpp>

#include "adapters/evm/abi_word.hpp"
#include "base/assert.hpp"
#include "base/json_nesting.hpp"

namespace lockstep::evm::abi {
namespace {

using nlohmann::json;

constexpr std::size_t max_value_text = 1 << 22;

std::unexpected<Error> refuse(const Type& type, std::string_view text, std::string why, std::string next = {}) {
  auto where = type.canonical();
  if (!type.name.empty()) where += " " + type.name;
  return fail("cannot read '" + std::string(text.substr(0, 100)) + "' as " + type.canonical(), std::move(where),
              std::move(why), std::move(next));
}

Result<Value> integer(const Type& type, std::string_view text) {
  const bool negative = text.starts_with('-');
  const auto magnitude = parse_uint256(negative ? text.substr(1) : text);
  if (!magnitude)
    return refuse(type, text, "not a whole number that fits 256 bits",
                  "write a decimal or 0x integer, without exponent");
  if (negative && type.kind == Kind::uint_) return refuse(type, text, "the type has no negative values");
  const Uint256 word = negative ? Uint256(~*magnitude + 1) : *magnitude;
  const bool sign = (word >> 255) != 0;
  if (!is_clean(type, word) || (type.kind == Kind::int_ && *magnitude != 0 && sign != negative))
    return refuse(type, text, "out of range");
  return of(word);
}

Result<Value> address(const Type& type, std::string_view text) {
  const auto value = fixed_from_hex<Address>(text);
  if (!value) return refuse(type, text, "an address is 0x and 40 hexadecimal digits");
  const auto digits = text.substr(2);
  const bool lower = std::ranges::any_of(digits, [](char c) { return c >= 'a' && c <= 'f'; });
  const bool upper = std::ranges::any_of(digits, [](char c) { return c >= 'A' && c <= 'F'; });
  if (lower && upper && text != checksum(*value))
    return refuse(type, text, "the EIP-55 checksum does not match", "copy the address again from its source");
  return of(*value);
}

Result<Value> octets(const Type& type, std::string_view text) {
  const auto bytes = bytes_from_hex(text);
  if (!bytes) return refuse(type, text, "bytes are 0x and an even number of hexadecimal digits");
  if (type.kind == Kind::bytes) return of(BytesView(*bytes));
  if (bytes->size() != type.size)
    return refuse(type, text,
                  std::to_string(bytes->size()) + " bytes where " + std::to_string(type.size) + " are needed");
  Hash32 word;
  std::ranges::copy(*bytes, word.bytes.begin());
  return of(word);
}

Result<Value> scalar(const Type& type, std::string_view text) {
  switch (type.kind) {
    case Kind::uint_:
    case Kind::int_:
      return integer(type, text);
    case Kind::address:
      return address(type, text);
    case Kind::boolean:
      if (text != "true" && text != "false") return refuse(type, text, "a boolean is true or false");
      return of(Uint256(text == "true" ? 1 : 0));
    case Kind::fixed_bytes:
    case Kind::bytes:
      return octets(type, text);
    case Kind::string:
      return of(BytesView(to_bytes(text)));
    case Kind::array:
    case Kind::tuple:
      break;
  }
  assertion_failed("a scalar, bytes or string", __FILE__, __LINE__);
}

Result<Value> from_json(const Type& type, const json& node) {
  if (type.kind != Kind::array && type.kind != Kind::tuple) {
    if (node.is_string()) return scalar(type, node.get_ref<const std::string&>());
    const bool whole = node.is_number_integer() && (type.kind == Kind::uint_ || type.kind == Kind::int_);
    if (whole || (node.is_boolean() && type.kind == Kind::boolean)) return scalar(type, node.dump());
    return refuse(type, node.dump(), "the wrong kind of JSON value",
                  "put numbers of more than 64 bits, and all else, in quotes");
  }
  if (!node.is_array()) return refuse(type, node.dump(), "expected a JSON array");
  const std::size_t want = type.kind == Kind::tuple ? type.components.size() : type.length;
  if (node.size() != want && (type.kind == Kind::tuple || type.length != 0))
    return refuse(type, node.dump(),
                  std::to_string(node.size()) + " elements where " + std::to_string(want) + " are needed");
  Value value;
  for (std::size_t i = 0; i < node.size(); ++i) {
    auto element = from_json(type.kind == Kind::tuple ? type.components[i] : type.components.at(0), node[i]);
    if (!element) {
      element.error().where = "element " + std::to_string(i) + " of " + type.canonical() + ", " + element.error().where;
      return element;
    }
    value.elements.push_back(std::move(*element));
  }
  return value;
}

std::string plain_text(const Type& type, const Value& value) {
  switch (type.kind) {
    case Kind::uint_:
      return to_decimal(value.word);
    case Kind::int_: {
      if ((value.word >> 255) == 0) return to_decimal(value.word);
      std::string text = "-";
      return text += to_decimal(Uint256(~value.word + 1));
    }
    case Kind::address:
      return checksum(as_address(value));
    case Kind::boolean:
      return value.word == 0 ? "false" : "true";
    case Kind::fixed_bytes: {
      const auto word = to_word(value.word);
      return to_hex(word.view().first(type.size));
    }
    case Kind::bytes:
      return to_hex(value.bytes);
    case Kind::string:
      return {value.bytes.begin(), value.bytes.end()};
    case Kind::array:
    case Kind::tuple:
      break;
  }
  assertion_failed("a scalar, bytes or string", __FILE__, __LINE__);
}

json to_json(const Type& type, const Value& value) {
  if (type.kind == Kind::boolean) return value.word != 0;
  if (type.kind != Kind::array && type.kind != Kind::tuple) return plain_text(type, value);
  auto list = json::array();
  for (std::size_t i = 0; i < value.elements.size(); ++i)
    list.push_back(
        to_json(type.kind == Kind::tuple ? type.components.at(i) : type.components.at(0), value.elements[i]));
  return list;
}

}  // namespace

Result<Value> parse_value(const Type& type, std::string_view text) {
  if (text.size() > max_value_text) return refuse(type, text, "longer than 4 MiB");
  if (type.kind != Kind::array && type.kind != Kind::tuple) return scalar(type, text);
  const auto node = nests_too_deep(text) ? json(json::value_t::discarded) : json::parse(text, nullptr, false);
  if (node.is_discarded()) return refuse(type, text, "not a JSON array");
  return from_json(type, node);
}

std::string to_text(const Type& type, const Value& value) {
  if (type.kind != Kind::array && type.kind != Kind::tuple) return plain_text(type, value);
  return to_json(type, value).dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace lockstep::evm::abi
