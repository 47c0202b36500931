#include "adapters/evm/mirror_value.hpp"

namespace lockstep::evm {

std::optional<bool> is_account(const abi::Type& type) {
  switch (type.kind) {
    case abi::Kind::address:
      return true;
    case abi::Kind::boolean:
    case abi::Kind::int_:
    case abi::Kind::uint_:
      return false;
    default:
      return std::nullopt;
  }
}

std::optional<mirror::Value> to_mirror(const abi::Type& type, const abi::Value& value) {
  const auto account = is_account(type);
  if (!account) return std::nullopt;
  if (*account) return abi::as_address(value);
  const bool negative = type.kind == abi::Kind::int_ && boost::multiprecision::bit_test(value.word, 255);
  const Uint256 magnitude = negative ? Uint256(~value.word + 1) : value.word;
  if (magnitude >> 127 != 0) return std::nullopt;
  const auto high = static_cast<std::uint64_t>(magnitude >> 64);
  const auto low = static_cast<std::uint64_t>(magnitude & std::numeric_limits<std::uint64_t>::max());
  const auto number = (static_cast<mirror::Int>(high) << 64) | static_cast<mirror::Int>(low);
  return negative ? -number : number;
}

}  // namespace lockstep::evm
