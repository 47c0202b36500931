#include "adapters/evm/abi_word.hpp"

namespace lockstep::evm::abi {

bool is_scalar(const Type& type) {
  return type.kind != Kind::bytes && type.kind != Kind::string && type.kind != Kind::array && type.kind != Kind::tuple;
}

bool is_clean(const Type& type, const Uint256& word) {
  switch (type.kind) {
    case Kind::uint_:
      return type.size == 256 || (word >> type.size) == 0;
    case Kind::int_: {
      const Uint256 sign = word >> (type.size - 1);
      return sign == 0 || sign == (~Uint256(0) >> (type.size - 1));
    }
    case Kind::address:
      return (word >> 160) == 0;
    case Kind::boolean:
      return word <= 1;
    case Kind::fixed_bytes:
      return type.size == 32 || (word & (~Uint256(0) >> (8 * type.size))) == 0;
    case Kind::bytes:
    case Kind::string:
    case Kind::array:
    case Kind::tuple:
      return false;
  }
  return false;
}

std::size_t head_size(const Type& type) {
  if (type.is_dynamic()) return word_size;
  if (type.kind == Kind::array) return type.length * head_size(type.components.at(0));
  if (type.kind != Kind::tuple) return word_size;
  std::size_t size = 0;
  for (const auto& member : type.components) size += head_size(member);
  return size;
}

}  // namespace lockstep::evm::abi
