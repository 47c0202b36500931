// The contract ABI. A line of text is read as a type, a function and an event: whatever is accepted has a canonical
// form that reads back as itself. What follows the line is decoded as values of these types: whatever is accepted
// encodes to the same bytes, and its text reads back as the same value. And values made of the same bytes survive the
// way through their encoding.
#include "adapters/evm/abi.hpp"

#include "adapters/evm/abi_word.hpp"
#include "tests/fuzz/input.hpp"

namespace lockstep::fuzz {
namespace {

using namespace evm;
using abi::Kind;
using abi::Type;
using abi::Value;

// Strings whose text JSON can carry; others are shown with replacement characters and do not read back.
bool is_plain(const Type& type, const Value& value) {
  if (type.kind == Kind::string) return std::ranges::all_of(value.bytes, [](auto byte) { return byte < 0x80; });
  for (std::size_t i = 0; i < value.elements.size(); ++i)
    if (!is_plain(type.components[type.kind == Kind::tuple ? i : 0], value.elements[i])) return false;
  return true;
}

void check_values(const std::vector<Type>& types, BytesView data) {
  const auto values = abi::decode(types, data);
  if (!values) return;
  LOCKSTEP_ASSERT(std::ranges::equal(abi::encode(types, *values), data));
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (!is_plain(types[i], (*values)[i])) continue;
    const auto again = abi::parse_value(types[i], abi::to_text(types[i], (*values)[i]));
    LOCKSTEP_ASSERT(again && *again == (*values)[i]);
  }
}

Value scalar(const Type& type, Input& input) {
  const auto word = input.fixed<Hash32>();
  auto number = from_word(word);
  if (type.kind == Kind::boolean) return abi::of(Uint256(number & 1));
  if (type.kind == Kind::address) return abi::of(Uint256(number >> 96));
  if (type.kind == Kind::fixed_bytes) {
    const unsigned unused = 8 * (32 - type.size);
    return abi::of(Uint256((number >> unused) << unused));
  }
  const unsigned unused = 256 - type.size;
  const bool negative = type.kind == Kind::int_ && (number & 1) != 0;
  number = unused == 256 ? Uint256(0) : Uint256(number >> (unused + (type.kind == Kind::int_ ? 1 : 0)));
  return abi::of(negative ? Uint256(~number) : number);
}

// Nothing if it would be larger than `budget` parts.
std::optional<Value> made(const Type& type, Input& input, std::size_t& budget) {
  if (budget == 0) return std::nullopt;
  --budget;
  if (abi::is_scalar(type)) return scalar(type, input);
  if (type.kind == Kind::bytes || type.kind == Kind::string) return abi::of(input.bytes(input.u8()));
  Value value;
  const std::size_t count = type.kind == Kind::tuple ? type.components.size()
                            : type.length != 0       ? type.length
                                                     : input.u8() % 5;
  for (std::size_t i = 0; i < count; ++i) {
    auto element = made(type.components[type.kind == Kind::tuple ? i : 0], input, budget);
    if (!element) return std::nullopt;
    value.elements.push_back(std::move(*element));
  }
  return value;
}

void check_made(const std::vector<Type>& types, Input input) {
  std::size_t budget = 500;
  std::vector<Value> values;
  for (const auto& type : types) {
    auto value = made(type, input, budget);
    if (!value) return;
    values.push_back(std::move(*value));
  }
  const auto decoded = abi::decode(types, abi::encode(types, values));
  LOCKSTEP_ASSERT(decoded && *decoded == values);
}

void check(const std::vector<Type>& types, const Input& input) {
  std::size_t heads = 0;
  for (const auto& type : types) heads += abi::head_size(type);
  if (heads > 65536) return;
  auto rest = input;
  check_values(types, rest.rest());
  check_made(types, input);
}

}  // namespace
}  // namespace lockstep::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lockstep;
  using namespace lockstep::evm;
  fuzz::Input input(data, size);
  const auto text = input.line();
  if (const auto type = abi::parse_type(text)) {
    const auto again = abi::parse_type(type->canonical());
    LOCKSTEP_ASSERT(again && again->canonical() == type->canonical());
    fuzz::check({*type}, input);
  }
  if (const auto function = abi::parse_function(text)) {
    const auto again = abi::parse_function(function->canonical());
    LOCKSTEP_ASSERT(again && again->canonical() == function->canonical() && again->selector() == function->selector());
    fuzz::check(function->inputs, input);
    fuzz::check(function->outputs, input);
  }
  if (const auto event = abi::parse_event(text)) {
    const auto again = abi::parse_event(event->canonical());
    LOCKSTEP_ASSERT(again && again->topic0 == event->topic0);
    auto rest = input;
    std::vector<Hash32> topics = {event->topic0};
    for (const auto& parameter : event->inputs)
      if (parameter.indexed) topics.push_back(rest.fixed<Hash32>());
    const auto values = abi::decode_log(*event, topics, rest.rest());
    LOCKSTEP_ASSERT(!values || values->size() == event->inputs.size());
  }
  return 0;
}
