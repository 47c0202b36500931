#pragma once
// A field of the mirror as the protocol file says it: an address, told by a contract or always the same, or arithmetic
// on numbers it tells (mirror/expression.hpp). "trade.price" is a member of a tuple.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "adapters/evm/abi.hpp"
#include "mirror/condition.hpp"
#include "mirror/expression.hpp"
#include "mirror/value.hpp"
#include "settings/protocol.hpp"

namespace lockstep::evm {

struct BoundError {
  enum class Kind : std::uint8_t { syntax, name, type };
  Kind kind = Kind::syntax;
  std::size_t column = 0;  // from 1, in the text
  std::string why;         // of an unknown name: the name
  /// "amount = "sum * 2", column 1: why"
  std::string text(const std::string& field, const std::string& source) const;
};

/// Names of addresses that are always the same on one chain: contracts of the instance.
using Constants = std::map<std::string, Address>;
Constants constants_of(const settings::InstanceConfig& instance);

class Bound {
 public:
  /// Zero.
  Bound() = default;
  /// Names are those of `types`: parameters of an event, return values of a view; else of a constant. 0x and 40 digits
  /// are an address.
  static std::expected<Bound, BoundError> parse(const std::string& text, const std::vector<abi::Type>& types,
                                                const Constants& constants = {});

  bool is_account() const { return account_.has_value() || fixed_.has_value(); }
  /// The same whatever a contract tells.
  bool is_constant() const { return fixed_.has_value() || (!account_ && numbers_.empty()); }
  /// `values` are of the types it was parsed with. An error says why it is no number of the mirror.
  Result<mirror::Value> value(const std::vector<abi::Value>& values) const;

 private:
  using Place = std::vector<std::size_t>;  // among the types, then among the members of a tuple, and so on
  struct Found;
  static std::expected<Found, BoundError> find(const std::vector<abi::Type>& types,
                                               const mirror::Expression::Name& name);
  static const abi::Value& at(const std::vector<abi::Value>& values, const Place& place);

  std::optional<Address> fixed_;
  std::optional<Place> account_;
  mirror::Int constant_ = 0;  // if it names nothing
  mirror::Expression number_;
  struct Number {
    Place place;
    bool is_signed = false;
  };
  std::vector<Number> numbers_;  // its names
};

/// Which events a binding is about (mirror/condition.hpp).
class When {
 public:
  /// Of all events.
  When() = default;
  static std::expected<When, BoundError> parse(const std::string& text, const std::vector<abi::Type>& types,
                                               const Constants& constants);
  Result<bool> holds(const std::vector<abi::Value>& values) const;

 private:
  struct Comparison {
    mirror::Comparison::Kind kind = mirror::Comparison::Kind::equal;
    Bound left, right;
  };
  std::vector<Comparison> all_;
};

}  // namespace lockstep::evm
