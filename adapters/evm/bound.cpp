#include "adapters/evm/bound.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace lockstep::evm {
namespace {

bool is_number(const abi::Type& type) {
  return type.kind == abi::Kind::boolean || type.kind == abi::Kind::int_ || type.kind == abi::Kind::uint_;
}

mirror::Wide wide(const abi::Type& type, const abi::Value& value) {
  const bool is_negative = type.kind == abi::Kind::int_ && boost::multiprecision::bit_test(value.word, 255);
  return {is_negative ? Uint256(~value.word + 1) : value.word, is_negative};
}

/// Below 2^127.
mirror::Int narrow(const mirror::Wide& number) {
  const auto high = static_cast<std::uint64_t>(number.magnitude >> 64);
  const auto low = static_cast<std::uint64_t>(number.magnitude & std::numeric_limits<std::uint64_t>::max());
  const auto size = (static_cast<mirror::Int>(high) << 64) | static_cast<mirror::Int>(low);
  return number.is_negative ? -size : size;
}

}  // namespace

std::string BoundError::text(const std::string& field, const std::string& source) const {
  return fmt::format("{} = \"{}\", column {}: {}", field, source, column,
                     kind == Kind::name ? fmt::format("nothing is named \"{}\"", why) : why);
}

std::expected<Bound, BoundError> Bound::parse(const std::string& text, const std::vector<abi::Type>& types) {
  auto parsed = mirror::Expression::parse(text);
  if (!parsed) return std::unexpected(BoundError{BoundError::Kind::syntax, parsed.error().column, parsed.error().why});
  Bound bound;
  for (const auto& name : parsed->names()) {
    const auto type = std::ranges::find(types, name.text, &abi::Type::name);
    if (type == types.end()) return std::unexpected(BoundError{BoundError::Kind::name, name.column, name.text});
    const auto place = static_cast<std::size_t>(type - types.begin());
    if (type->kind == abi::Kind::address && parsed->is_name()) {
      bound.account_ = place;
      return bound;
    }
    if (!is_number(*type)) {
      return std::unexpected(BoundError{BoundError::Kind::type, name.column,
                                        fmt::format("\"{}\" is of type {}, no number", name.text, type->canonical())});
    }
    bound.places_.push_back(place);
  }
  if (bound.places_.empty()) {
    const auto constant = parsed->evaluate({});
    if (!constant)
      return std::unexpected(BoundError{BoundError::Kind::syntax, constant.error().column, constant.error().why});
    bound.constant_ = *constant;
  }
  bound.number_ = *std::move(parsed);
  return bound;
}

Result<mirror::Value> Bound::value(const std::vector<abi::Type>& types, const std::vector<abi::Value>& values) const {
  if (account_) return abi::as_address(values[*account_]);
  if (places_.empty()) return constant_;
  if (number_.is_name()) {
    const mirror::Wide plain = wide(types[places_[0]], values[places_[0]]);
    if (plain.magnitude >> 127 == 0) return narrow(plain);
  }
  std::vector<mirror::Wide> named;
  named.reserve(places_.size());
  for (const std::size_t place : places_) named.push_back(wide(types[place], values[place]));
  const auto number = number_.evaluate(named);
  if (number) return *number;
  return fail("a value does not fit the mirror", {},
              fmt::format("column {}: {}", number.error().column, number.error().why));
}

}  // namespace lockstep::evm
