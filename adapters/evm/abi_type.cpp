#include <algorithm>

#include "adapters/evm/abi.hpp"
#include "base/assert.hpp"
#include "crypto/keccak256.hpp"

namespace lockstep::evm::abi {
namespace {

std::string listed(const std::vector<Type>& types) {
  std::string text = "(";
  for (const auto& type : types) {
    if (text.size() > 1) text += ',';
    text += type.canonical();
  }
  text += ')';
  return text;
}

}  // namespace

std::string Type::canonical() const {
  switch (kind) {
    case Kind::uint_:
      return "uint" + std::to_string(size);
    case Kind::int_:
      return "int" + std::to_string(size);
    case Kind::address:
      return "address";
    case Kind::boolean:
      return "bool";
    case Kind::fixed_bytes:
      return "bytes" + std::to_string(size);
    case Kind::bytes:
      return "bytes";
    case Kind::string:
      return "string";
    case Kind::array: {
      LOCKSTEP_ASSERT(components.size() == 1);
      auto text = components[0].canonical() + '[';
      if (length != 0) text += std::to_string(length);
      return text + ']';
    }
    case Kind::tuple:
      return listed(components);
  }
  assertion_failed("a known kind", __FILE__, __LINE__);
}

bool Type::is_dynamic() const {
  if (kind == Kind::bytes || kind == Kind::string || (kind == Kind::array && length == 0)) return true;
  return std::ranges::any_of(components, &Type::is_dynamic);
}

std::string Function::canonical() const { return name + listed(inputs); }

std::array<std::uint8_t, 4> Function::selector() const {
  const auto hash = crypto::keccak256(canonical());
  return {hash.bytes[0], hash.bytes[1], hash.bytes[2], hash.bytes[3]};
}

std::string Event::canonical() const { return name + listed(inputs); }

}  // namespace lockstep::evm::abi
