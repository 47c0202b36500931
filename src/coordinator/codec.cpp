#include "coordinator/codec.hpp"

#include <array>
#include <map>
#include <optional>
#include <utility>

#include "base/assert.hpp"
#include "base/byte_io.hpp"
#include "coordinator/fields.hpp"

namespace lockstep::coordinator {
namespace {

class Writer {
 public:
  template <class... Ts>
  void operator()(const Ts&... values) {
    (put(values), ...);
  }
  template <class T>
  void list(const std::vector<T>& values, std::size_t limit) {
    LOCKSTEP_ASSERT(values.size() <= limit);  // limits are enforced where values come in
    out_.u32(static_cast<std::uint32_t>(values.size()));
    for (const auto& value : values) put(value);
  }
  template <class... Ts>
  void since(std::uint8_t, const Ts&... values) {
    (put(values), ...);
  }
  Bytes take() { return out_.take(); }

 private:
  template <class T>
  void put(const T& value) {
    if constexpr (std::same_as<T, bool>)
      out_.boolean(value);
    else if constexpr (std::same_as<T, std::uint16_t>)
      out_.u16(value);
    else if constexpr (std::same_as<T, std::uint32_t>)
      out_.u32(value);
    else if constexpr (std::same_as<T, std::uint64_t>)
      out_.u64(value);
    else if constexpr (std::is_enum_v<T>)
      out_.u8(static_cast<std::uint8_t>(value));
    else if constexpr (std::same_as<T, std::string>)
      out_.text(value);
    else if constexpr (std::same_as<T, Bytes>)
      out_.bytes(value);
    else if constexpr (requires {
                         T::size;
                         value.view();
                       })
      out_.fixed(value);
    else
      fields(*this, value);
  }
  template <class T>
  void put(const std::optional<T>& value) {
    out_.boolean(value.has_value());
    if (value) put(*value);
  }
  template <class K, class V>
  void put(const std::map<K, V>& map) {
    out_.u32(static_cast<std::uint32_t>(map.size()));
    for (const auto& [k, v] : map) (*this)(k, v);
  }
  ByteWriter out_;
};

class Reader {
 public:
  Reader(ByteReader& in, std::uint8_t version) : in_(in), version_(version) {}
  template <class... Ts>
  void operator()(Ts&... values) {
    (get(values), ...);
  }
  template <class T>
  void list(std::vector<T>& values, std::size_t limit) {
    const std::size_t size = in_.u32();
    if (size > limit) in_.refuse();
    for (std::size_t i = 0; i < size && in_.ok(); ++i) get(values.emplace_back());
  }

  template <class... Ts>
  void since(std::uint8_t version, Ts&... values) {
    if (version_ >= version) (get(values), ...);
  }

 private:
  template <class T>
  void get(T& value) {
    if constexpr (std::same_as<T, bool>)
      value = in_.boolean();
    else if constexpr (std::same_as<T, std::uint16_t>)
      value = in_.u16();
    else if constexpr (std::same_as<T, std::uint32_t>)
      value = in_.u32();
    else if constexpr (std::same_as<T, std::uint64_t>)
      value = in_.u64();
    else if constexpr (std::is_enum_v<T>)
      value = get_enum<T>();
    else if constexpr (std::same_as<T, std::string>)
      value = in_.text();
    else if constexpr (std::same_as<T, Bytes>)
      value = in_.bytes();
    else if constexpr (requires {
                         T::size;
                         value.view();
                       })
      value = in_.fixed<T>();
    else
      fields(*this, value);
  }
  template <class T>
  void get(std::optional<T>& value) {
    if (in_.boolean()) get(value.emplace());
  }
  template <class E>
  E get_enum() {
    const auto number = in_.u8();
    if (number > static_cast<std::uint8_t>(last_of(E{}))) in_.refuse();
    return in_.ok() ? static_cast<E>(number) : E{};
  }
  ByteReader& in_;
  std::uint8_t version_;
};

template <class Variant>
Bytes encode_variant(const Variant& variant) {
  Writer body;
  std::visit([&](const auto& value) { fields(body, value); }, variant);
  Bytes out{codec_version, static_cast<std::uint8_t>(variant.index())};
  append(out, body.take());
  return out;
}

template <class T, class Variant>
std::optional<Variant> read_as(ByteReader& in, std::uint8_t version) {
  T value;
  Reader reader(in, version);
  fields(reader, value);
  if (!in.at_end()) return std::nullopt;
  return Variant(std::move(value));
}

template <class Variant, std::size_t... I>
std::expected<Variant, CodecRefusal> decode_variant(BytesView input, std::index_sequence<I...>) {
  using Read = std::optional<Variant> (*)(ByteReader&, std::uint8_t);
  constexpr std::array<Read, sizeof...(I)> readers{&read_as<std::variant_alternative_t<I, Variant>, Variant>...};
  ByteReader in(input);
  const auto version = in.u8();
  const auto type = in.u8();
  if (!in.ok()) return std::unexpected(CodecRefusal::malformed);
  if (version == 0 || version > codec_version) return std::unexpected(CodecRefusal::unknown_version);
  if (type >= readers.size()) return std::unexpected(CodecRefusal::unknown_type);
  auto value = readers[type](in, version);
  if (!value) return std::unexpected(CodecRefusal::malformed);
  return std::move(*value);
}

template <class Variant>
std::expected<Variant, CodecRefusal> decode_variant(BytesView input) {
  return decode_variant<Variant>(input, std::make_index_sequence<std::variant_size_v<Variant>>{});
}

}  // namespace

Bytes encode(const Record& record) { return encode_variant(record); }
Bytes encode(const Effect& effect) { return encode_variant(effect); }

Bytes encode(const State& state) {
  Writer out;
  fields(out, state);
  return out.take();
}

std::expected<Record, CodecRefusal> decode_record(BytesView input) { return decode_variant<Record>(input); }
std::expected<Effect, CodecRefusal> decode_effect(BytesView input) { return decode_variant<Effect>(input); }

}  // namespace lockstep::coordinator
