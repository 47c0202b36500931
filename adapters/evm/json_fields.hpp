#pragma once
// Fields of an endpoint's answer, without building all of it as a tree of objects: large answers are what back-fill
// mostly reads. Everything is hexadecimal, as JSON-RPC of Ethereum has it; what is not well formed is false.
#include <simdjson.h>

#include <expected>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "adapters/evm/no_answer.hpp"
#include "base/bytes.hpp"

namespace lockstep::evm {

namespace od = simdjson::ondemand;

/// Twice as many hexadecimal digits as bytes.
bool read_bytes(od::value value, std::span<std::uint8_t> out);
template <class Fixed>
bool read(od::value value, Fixed& out) {
  return read_bytes(value, out.bytes);
}
bool read(od::value value, Bytes& out);
bool read(od::value value, std::uint64_t& out);
bool read(od::value value, std::uint32_t& out);
/// At most four.
bool read(od::value value, std::vector<Hash32>& topics);

bool is_null(od::value& value);

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

std::unexpected<NoAnswer> malformed(std::string why);
NoAnswer refusal(od::value error);

/// One answer of JSON-RPC 2.0: take(result), unless there is none; what says two things says nothing. `what`: is asked
/// for, "receipts".
template <class Take>
std::optional<NoAnswer> answer(od::value value, const char* what, Take take) {
  using Kind = NoAnswer::Kind;
  std::optional<NoAnswer> why{{Kind::malformed, "neither a result nor an error"}};
  unsigned said = 0;
  const bool good = each_field(value, [&](std::string_view key, od::value field) {
    if (key != "error" && key != "result") return true;
    if (is_null(field)) {
      if (key == "result" && said == 0) why = {Kind::absent, "it does not have that block"};
    } else if (++said > 1) {
      why = {Kind::malformed, "more than one result or error"};
    } else if (key == "error") {
      why = refusal(field);
    } else {
      why.reset();
      if (!take(field)) why = {Kind::malformed, std::string("not ") + what};
    }
    return true;
  });
  if (!good) return NoAnswer{Kind::malformed, "not an answer of JSON-RPC"};
  return why;
}

/// `document` must outlive `root`, and the body both; it is given room to read past its end. One at a time.
bool open(std::string& body, od::document& document, od::value& root);

}  // namespace lockstep::evm
