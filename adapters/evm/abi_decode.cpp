#include <algorithm>

#include "adapters/evm/abi_word.hpp"
#include "base/assert.hpp"

namespace lockstep::evm::abi {
namespace {

// Reads one canonical encoding from front to back: every tail has to lie where the encoder puts it, so each byte is
// read once, nothing is shared, skipped or left over, and the work is linear in the data.
class Reader {
 public:
  explicit Reader(BytesView data) : data_(data) {}

  Result<std::vector<Value>> sequence(const std::vector<Type>& types) {
    return sequence(
        types.size(), [&](std::size_t i) -> const Type& { return types[i]; }, 0);
  }
  std::size_t end() const { return end_; }

 private:
  std::unexpected<Error> refuse(std::size_t at, const Type& type, std::string why) const {
    auto where = "byte " + std::to_string(at) + " of " + std::to_string(data_.size()) + ", " + type.canonical();
    if (!type.name.empty()) where += " " + type.name;
    return fail("ABI data refused", std::move(where), std::move(why), "check the signature against the contract");
  }

  Result<Uint256> word(std::size_t at, const Type& type) const {
    if (at > data_.size() || data_.size() - at < word_size) return refuse(at, type, "the data ends here");
    Hash32 word;
    std::ranges::copy(data_.subspan(at, word_size), word.bytes.begin());
    return from_word(word);
  }

  // Members start at `start`; end_ is where the tails, or what follows them, go.
  template <class TypeAt>
  Result<std::vector<Value>> sequence(std::size_t count, const TypeAt& type_at, std::size_t start) {
    std::size_t heads = 0;
    for (std::size_t i = 0; i < count; ++i) heads += head_size(type_at(i));
    std::vector<Value> values;
    values.reserve(count);
    std::size_t head = start;
    end_ = start + heads;
    for (std::size_t i = 0; i < count; ++i) {
      auto value = member(type_at(i), head, start);
      if (!value) return std::unexpected(std::move(value.error()));
      values.push_back(std::move(*value));
      head += head_size(type_at(i));
    }
    return values;
  }

  Result<Value> member(const Type& type, std::size_t head, std::size_t start) {
    if (!type.is_dynamic()) return fixed(type, head);
    const auto offset = word(head, type);
    if (!offset) return std::unexpected(offset.error());
    if (*offset != Uint256(end_ - start))
      return refuse(head, type,
                    "offset " + to_decimal(*offset) + " where " + std::to_string(end_ - start) + " is canonical");
    return tail(type, end_);
  }

  // A static value in place; does not move end_.
  Result<Value> fixed(const Type& type, std::size_t at) const {
    Value value;
    if (is_scalar(type)) {
      const auto read = word(at, type);
      if (!read) return std::unexpected(read.error());
      if (!is_clean(type, *read)) return refuse(at, type, "the word has bits that the type does not have");
      value.word = *read;
      return value;
    }
    const std::size_t count = type.kind == Kind::array ? type.length : type.components.size();
    for (std::size_t i = 0; i < count; ++i) {
      const auto& part = type.kind == Kind::array ? type.components[0] : type.components[i];
      auto element = fixed(part, at);
      if (!element) return element;
      value.elements.push_back(std::move(*element));
      at += head_size(part);
    }
    return value;
  }

  Result<Value> tail(const Type& type, std::size_t at) {
    if (type.kind == Kind::bytes || type.kind == Kind::string) return text(type, at);
    Value value;
    Result<std::vector<Value>> elements;
    if (type.kind == Kind::tuple) {
      elements = sequence(
          type.components.size(), [&](std::size_t i) -> const Type& { return type.components[i]; }, at);
    } else {
      std::size_t count = type.length;
      if (count == 0) {
        const auto length = counted(type, at, head_size(type.components[0]));
        if (!length) return std::unexpected(length.error());
        count = *length;
        at += word_size;
      }
      elements = sequence(
          count, [&](std::size_t) -> const Type& { return type.components[0]; }, at);
    }
    if (!elements) return std::unexpected(std::move(elements.error()));
    value.elements = std::move(*elements);
    return value;
  }

  // A length at `at`, such that so many parts of `part` bytes can still follow.
  Result<std::size_t> counted(const Type& type, std::size_t at, std::size_t part) const {
    LOCKSTEP_ASSERT(part > 0);
    const auto length = word(at, type);
    if (!length) return std::unexpected(length.error());
    const std::size_t left = data_.size() - at - word_size;
    if (*length > Uint256(left / part))
      return refuse(at, type, "length " + to_decimal(*length) + " is more than the data holds");
    return static_cast<std::size_t>(*length);
  }

  Result<Value> text(const Type& type, std::size_t at) {
    const auto length = counted(type, at, 1);
    if (!length) return std::unexpected(length.error());
    const std::size_t first = at + word_size;
    const std::size_t padded = (*length + word_size - 1) / word_size * word_size;
    if (data_.size() - first < padded) return refuse(at, type, "the padding is missing");
    const auto rest = data_.subspan(first + *length, padded - *length);
    if (std::ranges::any_of(rest, [](std::uint8_t byte) { return byte != 0; }))
      return refuse(first + *length, type, "the padding is not zero");
    end_ = first + padded;
    const auto content = data_.subspan(first, *length);
    Value value;
    value.bytes.assign(content.begin(), content.end());
    return value;
  }

  BytesView data_;
  std::size_t end_ = 0;
};

// Solidity hashes these when they are indexed; only the hash is in the log.
bool is_hashed(const Type& type) { return !is_scalar(type); }

}  // namespace

Result<std::vector<Value>> decode(const std::vector<Type>& types, BytesView data) {
  Reader reader(data);
  auto values = reader.sequence(types);
  if (values && reader.end() != data.size())
    return fail("ABI data refused", "byte " + std::to_string(reader.end()) + " of " + std::to_string(data.size()),
                "data is left over after the last value", "check the signature against the contract");
  return values;
}

Result<std::vector<Value>> decode_log(const Event& event, const std::vector<Hash32>& topics, BytesView data) {
  const auto indexed = event.inputs.size() - event.data.size();
  if (topics.size() != indexed + 1)
    return fail("log refused", event.canonical(),
                std::to_string(topics.size()) + " topics where " + std::to_string(indexed + 1) + " are declared",
                "check which parameters are indexed");
  if (topics[0] != event.topic0) return fail("log refused", event.canonical(), "topic 0 is of another event");
  auto rest = decode(event.data, data);
  if (!rest) return rest;
  std::vector<Value> values;
  values.reserve(event.inputs.size());
  std::size_t next_topic = 1, next_plain = 0;
  for (const auto& type : event.inputs) {
    if (!type.indexed) {
      values.push_back(std::move((*rest)[next_plain++]));
      continue;
    }
    auto value = of(topics[next_topic++]);
    if (!is_hashed(type) && !is_clean(type, value.word))
      return fail("log refused", event.canonical() + ", topic " + std::to_string(next_topic - 1),
                  "the word has bits that " + type.canonical() + " does not have");
    values.push_back(std::move(value));
  }
  return values;
}

}  // namespace lockstep::evm::abi
