#pragma once
// The contract ABI (Solidity ABI specification): types from human signatures, strict encoding and decoding.
// Decoding accepts the canonical encoding only: it refuses offsets outside the data or not where the encoder puts them,
// lengths over the data, dirty padding of anything, and bytes left over, so that what is shown decoded is all there is.
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/uint256.hpp"

namespace lockstep::evm::abi {

enum class Kind : std::uint8_t { uint_, int_, address, boolean, fixed_bytes, bytes, string, array, tuple };

struct Type {
  Kind kind = Kind::uint_;
  unsigned size = 256;            // bits for integers, bytes for fixed_bytes
  std::vector<Type> components;   // element type of an array (one), members of a tuple
  std::size_t length = 0;         // of a fixed array; 0 with kind array = dynamic
  std::string name;               // of a parameter or member, may be empty
  bool indexed = false;           // event parameters
  std::string canonical() const;  // "uint256", "(address,bytes)[]"
  bool is_dynamic() const;
};

/// A value: words for static scalars (two's complement for ints; bytesN in the first N bytes, as in the encoding),
/// bytes for bytes and string, elements for arrays and tuples. An indexed event parameter that is not a static scalar
/// is its topic, a hash, as the word.
struct Value {
  Uint256 word = 0;
  Bytes bytes;
  std::vector<Value> elements;
  bool operator==(const Value&) const = default;
};

struct Function {
  std::string name;
  std::vector<Type> inputs, outputs;
  std::string canonical() const;  // "transfer(address,uint256)"
  std::array<std::uint8_t, 4> selector() const;
};

/// As parse_event makes it: what every log is compared with is kept.
struct Event {
  std::string name;
  std::vector<Type> inputs;
  std::vector<Type> data;  // those of `inputs` that are not indexed: what the data of a log holds
  Hash32 topic0;
  std::string canonical() const;
};

/// "upgradeToAndCall(address,bytes)", "version()(uint256)", "marginOf(address account) view returns (uint256 initial,
/// uint256 maintenance)".
Result<Function> parse_function(std::string_view signature);
/// "Deposited(address indexed account, uint256 amount)".
Result<Event> parse_event(std::string_view signature);
Result<Type> parse_type(std::string_view text);

Bytes encode(const std::vector<Type>& types, const std::vector<Value>& values);  // asserts that shapes agree
Result<std::vector<Value>> decode(const std::vector<Type>& types, BytesView data);
Bytes encode_call(const Function& function, const std::vector<Value>& arguments);  // selector ‖ arguments
Result<std::vector<Value>> decode_log(const Event& event, const std::vector<Hash32>& topics,
                                      BytesView data);  // in declaration order

/// Text as people write it in a plan: decimal or 0x integers in range, 0x addresses (EIP-55 checked if mixed case) and
/// bytes, true/false, strings, JSON arrays for arrays and tuples.
Result<Value> parse_value(const Type& type, std::string_view text);
std::string to_text(const Type& type, const Value& value);

Value of(const Uint256& value);
Value of(const Address& value);
Value of(const Hash32& value);
Value of(BytesView bytes);
Address as_address(const Value& value);
Hash32 as_hash(const Value& value);
std::uint64_t as_u64(const Value& value);      // asserts that it fits
std::string checksum(const Address& address);  // EIP-55

}  // namespace lockstep::evm::abi
