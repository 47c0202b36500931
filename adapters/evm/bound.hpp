#pragma once
// A field of the mirror as the protocol file says it: an address that a contract tells, or arithmetic on numbers it
// tells (mirror/expression.hpp).
#include <optional>
#include <string>
#include <vector>

#include "adapters/evm/abi.hpp"
#include "mirror/expression.hpp"
#include "mirror/value.hpp"

namespace lockstep::evm {

struct BoundError {
  enum class Kind : std::uint8_t { syntax, name, type };
  Kind kind = Kind::syntax;
  std::size_t column = 0;  // from 1, in the text
  std::string why;         // of an unknown name: the name
  /// "amount = "sum * 2", column 1: why"
  std::string text(const std::string& field, const std::string& source) const;
};

class Bound {
 public:
  /// Zero.
  Bound() = default;
  /// Names are those of `types`: parameters of an event, return values of a view.
  static std::expected<Bound, BoundError> parse(const std::string& text, const std::vector<abi::Type>& types);

  bool is_account() const { return account_.has_value(); }
  /// `values` are of the types it was parsed with. An error says why it is no number of the mirror.
  Result<mirror::Value> value(const std::vector<abi::Type>& types, const std::vector<abi::Value>& values) const;

 private:
  std::optional<std::size_t> account_;  // place among the types
  mirror::Int constant_ = 0;            // if it names nothing
  mirror::Expression number_;
  std::vector<std::size_t> places_;  // of its names
};

}  // namespace lockstep::evm
