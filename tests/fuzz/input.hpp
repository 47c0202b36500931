#pragma once
// What a fuzz target reads its input with, and the entry point each of them defines (libFuzzer's name and form).
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.hpp"
#include "base/bytes.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace lockstep::fuzz {

/// Takes values off the front; zeros once nothing is left.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : rest_(data, size) {}

  bool empty() const { return rest_.empty(); }
  std::uint8_t u8() {
    if (rest_.empty()) return 0;
    const auto value = rest_[0];
    rest_ = rest_.subspan(1);
    return value;
  }
  std::uint16_t u16() { return static_cast<std::uint16_t>(u8() << 8 | u8()); }
  std::uint64_t u64() {
    std::uint64_t value = 0;
    for (int i = 0; i < 8; ++i) value = value << 8 | u8();
    return value;
  }
  std::size_t below(std::size_t limit) { return u16() % limit; }
  BytesView bytes(std::size_t count) {
    const auto taken = rest_.first(std::min(count, rest_.size()));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }
  template <class Fixed>
  Fixed fixed() {
    Fixed value;
    std::ranges::copy(bytes(Fixed::size), value.bytes.begin());
    return value;
  }
  std::string_view line() {
    const auto end = std::ranges::find(rest_, std::uint8_t{'\n'});
    const auto length = static_cast<std::size_t>(end - rest_.begin());
    const auto text = as_text(bytes(length));
    bytes(1);
    return text;
  }
  BytesView rest() { return bytes(rest_.size()); }
  std::string_view text() { return as_text(rest()); }

 private:
  static std::string_view as_text(BytesView view) { return {reinterpret_cast<const char*>(view.data()), view.size()}; }
  BytesView rest_;
};

}  // namespace lockstep::fuzz
