#include "adapters/evm/abi_word.hpp"
#include "base/assert.hpp"

namespace lockstep::evm::abi {
namespace {

void put_word(Bytes& out, const Uint256& word) { append(out, to_word(word).view()); }

void put(Bytes& out, const Type& type, const Value& value);

// Heads first, then the tails that dynamic members' offsets point to; offsets count from where the sequence starts.
template <class TypeAt>
void put_sequence(Bytes& out, std::size_t count, const TypeAt& type_at, const std::vector<Value>& values) {
  LOCKSTEP_ASSERT(values.size() == count);
  std::size_t heads = 0;
  for (std::size_t i = 0; i < count; ++i) heads += head_size(type_at(i));
  Bytes tails;
  for (std::size_t i = 0; i < count; ++i) {
    if (type_at(i).is_dynamic()) {
      put_word(out, Uint256(heads + tails.size()));
      put(tails, type_at(i), values[i]);
    } else {
      put(out, type_at(i), values[i]);
    }
  }
  append(out, tails);
}

void put(Bytes& out, const Type& type, const Value& value) {
  switch (type.kind) {
    case Kind::bytes:
    case Kind::string: {
      LOCKSTEP_ASSERT(value.elements.empty());
      put_word(out, Uint256(value.bytes.size()));
      append(out, value.bytes);
      out.resize(out.size() + (word_size - value.bytes.size() % word_size) % word_size);
      return;
    }
    case Kind::array: {
      const auto& element = type.components.at(0);
      if (type.length == 0) put_word(out, Uint256(value.elements.size()));
      const std::size_t count = type.length == 0 ? value.elements.size() : type.length;
      put_sequence(
          out, count, [&](std::size_t) -> const Type& { return element; }, value.elements);
      return;
    }
    case Kind::tuple: {
      const auto& members = type.components;
      put_sequence(
          out, members.size(), [&](std::size_t i) -> const Type& { return members[i]; }, value.elements);
      return;
    }
    default:
      LOCKSTEP_ASSERT(value.bytes.empty() && value.elements.empty() && is_clean(type, value.word));
      put_word(out, value.word);
  }
}

}  // namespace

Bytes encode(const std::vector<Type>& types, const std::vector<Value>& values) {
  Bytes out;
  put_sequence(
      out, types.size(), [&](std::size_t i) -> const Type& { return types[i]; }, values);
  return out;
}

Bytes encode_call(const Function& function, const std::vector<Value>& arguments) {
  const auto selector = function.selector();
  Bytes out(selector.begin(), selector.end());
  append(out, encode(function.inputs, arguments));
  return out;
}

}  // namespace lockstep::evm::abi
