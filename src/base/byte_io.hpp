#pragma once
// The one binary encoding of journal records: little-endian fixed-width integers, u32 length before bytes, text and
// lists. A reader never reads past the end: after any failure ok() is false and every further value is zero.
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/bytes.hpp"

namespace lockstep {

class ByteWriter {
 public:
  void u8(std::uint8_t value) { out_.push_back(value); }
  void u16(std::uint16_t value) { integer(value, 2); }
  void u32(std::uint32_t value) { integer(value, 4); }
  void u64(std::uint64_t value) { integer(value, 8); }
  void boolean(bool value) { u8(value ? 1 : 0); }
  void bytes(BytesView value) {
    u32(static_cast<std::uint32_t>(value.size()));
    append(out_, value);
  }
  void text(std::string_view value) {
    u32(static_cast<std::uint32_t>(value.size()));
    out_.insert(out_.end(), value.begin(), value.end());
  }
  template <class Fixed>
  void fixed(const Fixed& value) {
    append(out_, value.view());
  }
  Bytes take() { return std::move(out_); }

 private:
  void integer(std::uint64_t value, int width) {
    for (int i = 0; i < width; ++i) out_.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  }
  Bytes out_;
};

class ByteReader {
 public:
  explicit ByteReader(BytesView input) : input_(input) {}
  bool ok() const { return ok_; }
  bool at_end() const { return ok_ && at_ == input_.size(); }
  void refuse() { ok_ = false; }
  std::uint8_t u8() { return static_cast<std::uint8_t>(integer(1)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(integer(2)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(integer(4)); }
  std::uint64_t u64() { return integer(8); }
  bool boolean() {
    const auto value = u8();
    if (value > 1) ok_ = false;
    return value == 1;
  }
  Bytes bytes() {
    const auto part = take(u32());
    return {part.begin(), part.end()};
  }
  std::string text() {
    const auto part = take(u32());
    return {part.begin(), part.end()};
  }
  template <class Fixed>
  Fixed fixed() {
    Fixed value;
    const auto part = take(Fixed::size);
    for (std::size_t i = 0; i < part.size(); ++i) value.bytes[i] = part[i];
    return value;
  }

 private:
  BytesView take(std::size_t length) {
    if (!ok_ || input_.size() - at_ < length) {
      ok_ = false;
      return {};
    }
    const auto part = input_.subspan(at_, length);
    at_ += length;
    return part;
  }
  std::uint64_t integer(int width) {
    std::uint64_t value = 0;
    int shift = 0;
    for (const auto byte : take(static_cast<std::size_t>(width))) {
      value |= static_cast<std::uint64_t>(byte) << shift;
      shift += 8;
    }
    return value;
  }
  BytesView input_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

}  // namespace lockstep
