#include "adapters/evm/bound.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace lockstep::evm {
namespace {

bool is_number(const abi::Type& type) {
  return type.kind == abi::Kind::boolean || type.kind == abi::Kind::int_ || type.kind == abi::Kind::uint_;
}

mirror::Wide wide(bool is_signed, const abi::Value& value) {
  const bool is_negative = is_signed && boost::multiprecision::bit_test(value.word, 255);
  return {is_negative ? Uint256(~value.word + 1) : value.word, is_negative};
}

bool is_address(std::string_view text) {
  return text.size() == 42 && text.starts_with("0x") &&
         text.find_first_not_of("0123456789abcdefABCDEF", 2) == std::string_view::npos;
}

std::string names_of(const std::vector<abi::Type>& types) {
  std::string names;
  for (const auto& type : types)
    if (!type.name.empty()) names.append(names.empty() ? "" : ", ").append(type.name);
  return names.empty() ? "none has a name" : names;
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

struct Bound::Found {
  Place place;
  const abi::Type* type = nullptr;
};

std::expected<Bound::Found, BoundError> Bound::find(const std::vector<abi::Type>& types,
                                                    const mirror::Expression::Name& name) {
  Found found;
  const std::vector<abi::Type>* among = &types;
  for (std::size_t begin = 0; begin <= name.text.size();) {
    const auto end = std::min(name.text.find('.', begin), name.text.size());
    const auto word = name.text.substr(begin, end - begin);
    const std::size_t column = name.column + begin;
    if (found.type != nullptr && (found.type->kind != abi::Kind::tuple || found.type->indexed)) {
      const char* why = found.type->kind == abi::Kind::tuple ? "is indexed: only its hash is told" : "has no members";
      return std::unexpected(BoundError{BoundError::Kind::type, name.column,
                                        fmt::format("\"{}\" {}", name.text.substr(0, begin - 1), why)});
    }
    const auto type = std::ranges::find(*among, word, &abi::Type::name);
    if (type == among->end()) {
      if (found.type == nullptr) return std::unexpected(BoundError{BoundError::Kind::name, column, word});
      return std::unexpected(BoundError{BoundError::Kind::type, column,
                                        fmt::format("\"{}\" has no member \"{}\"; it has: {}",
                                                    name.text.substr(0, begin - 1), word, names_of(*among))});
    }
    found.place.push_back(static_cast<std::size_t>(type - among->begin()));
    found.type = &*type;
    among = &type->components;
    begin = end + 1;
  }
  return found;
}

const abi::Value& Bound::at(const std::vector<abi::Value>& values, const Place& place) {
  const abi::Value* value = &values[place.front()];
  for (std::size_t i = 1; i < place.size(); ++i) value = &value->elements[place[i]];
  return *value;
}

Constants constants_of(const settings::InstanceConfig& instance) {
  Constants constants;
  for (const auto& [name, contract] : instance.contracts) constants.emplace(name, contract.address);
  return constants;
}

std::expected<Bound, BoundError> Bound::parse(const std::string& text, const std::vector<abi::Type>& types,
                                              const Constants& constants) {
  Bound bound;
  if (is_address(text)) {
    abi::Type type;
    type.kind = abi::Kind::address;
    const auto address = abi::parse_value(type, text);
    if (!address) return std::unexpected(BoundError{BoundError::Kind::type, 1, address.error().text()});
    bound.fixed_ = abi::as_address(*address);
    return bound;
  }
  auto parsed = mirror::Expression::parse(text);
  if (!parsed) return std::unexpected(BoundError{BoundError::Kind::syntax, parsed.error().column, parsed.error().why});
  if (parsed->is_name() && !find(types, parsed->names().front())) {
    if (const auto constant = constants.find(text); constant != constants.end()) {
      bound.fixed_ = constant->second;
      return bound;
    }
  }
  for (const auto& name : parsed->names()) {
    auto found = find(types, name);
    if (!found) return std::unexpected(found.error());
    const abi::Type& type = *found->type;
    if (type.kind == abi::Kind::address && parsed->is_name()) {
      bound.account_ = std::move(found->place);
      return bound;
    }
    if (!is_number(type)) {
      return std::unexpected(BoundError{BoundError::Kind::type, name.column,
                                        fmt::format("\"{}\" is of type {}, no number", name.text, type.canonical())});
    }
    bound.numbers_.push_back({std::move(found->place), type.kind == abi::Kind::int_});
  }
  if (bound.numbers_.empty()) {
    const auto constant = parsed->evaluate({});
    if (!constant)
      return std::unexpected(BoundError{BoundError::Kind::syntax, constant.error().column, constant.error().why});
    bound.constant_ = *constant;
  }
  bound.number_ = *std::move(parsed);
  return bound;
}

Result<mirror::Value> Bound::value(const std::vector<abi::Value>& values) const {
  if (fixed_) return *fixed_;
  if (account_) return abi::as_address(at(values, *account_));
  if (numbers_.empty()) return constant_;
  const auto told = [&](const Number& number) { return wide(number.is_signed, at(values, number.place)); };
  if (number_.is_name()) {
    const mirror::Wide plain = told(numbers_[0]);
    if (plain.magnitude >> 127 == 0) return narrow(plain);
  }
  std::vector<mirror::Wide> named;
  named.reserve(numbers_.size());
  for (const Number& number : numbers_) named.push_back(told(number));
  const auto number = number_.evaluate(named);
  if (number) return *number;
  return fail("a value does not fit the mirror", {},
              fmt::format("column {}: {}", number.error().column, number.error().why));
}

std::expected<When, BoundError> When::parse(const std::string& text, const std::vector<abi::Type>& types,
                                            const Constants& constants) {
  When when;
  const auto condition = mirror::parse_condition(text);
  if (!condition)
    return std::unexpected(BoundError{BoundError::Kind::syntax, condition.error().column, condition.error().why});
  for (const auto& one : *condition) {
    Comparison comparison{.kind = one.kind, .left = {}, .right = {}};
    for (const auto& [side, into] :
         {std::pair{&one.left, &comparison.left}, std::pair{&one.right, &comparison.right}}) {
      auto bound = Bound::parse(side->text, types, constants);
      if (!bound) {
        bound.error().column += side->column - 1;
        return std::unexpected(bound.error());
      }
      *into = *std::move(bound);
    }
    using Kind = mirror::Comparison::Kind;
    const bool accounts = comparison.left.is_account();
    if (accounts != comparison.right.is_account())
      return std::unexpected(
          BoundError{BoundError::Kind::type, one.right.column, "an address is compared with a number"});
    if (accounts && one.kind != Kind::equal && one.kind != Kind::unequal)
      return std::unexpected(BoundError{BoundError::Kind::type, one.right.column, "addresses are equal or not"});
    when.all_.push_back(std::move(comparison));
  }
  return when;
}

Result<bool> When::holds(const std::vector<abi::Value>& values) const {
  for (const auto& comparison : all_) {
    const auto left = comparison.left.value(values), right = comparison.right.value(values);
    if (!left) return std::unexpected(left.error());
    if (!right) return std::unexpected(right.error());
    if (!mirror::holds(comparison.kind, *left, *right)) return false;
  }
  return true;
}

}  // namespace lockstep::evm
