#pragma once
// What signs for an address: a key in this process, or one that somebody else keeps.
#include <expected>
#include <memory>
#include <string_view>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace lockstep::ports {

/// again: nothing is wrong with what was asked, only whoever keeps the key does not answer now.
struct NotSigned {
  Error error;
  bool again = false;
};

/// What is signed is keccak256(bytes). Of EIP-712 the bytes hold hashes and no more, so that it comes as its document
/// too (the JSON of EIP-712), for keepers who sign what they can read. Views: the caller keeps what they are of.
struct ToSign {
  ToSign(const Bytes& message) : bytes(message) {}
  ToSign(BytesView message) : bytes(message) {}
  ToSign(const Bytes& message, std::string_view document) : bytes(message), typed_data(document) {}
  BytesView bytes;
  std::string_view typed_data;
};

class Key {
 public:
  virtual ~Key() = default;
  virtual Address address() const = 0;
  /// 65 bytes r‖s‖v over keccak256(message.bytes), v = 27 or 28, s in the lower half, by this very address: what
  /// another key signed is never returned. Any thread. The same message may be signed otherwise each time.
  virtual std::expected<Bytes, NotSigned> sign(const ToSign& message) const = 0;
  /// sign() may take long, for a network or a person is asked: not where others wait.
  virtual bool lasts() const { return false; }
  /// Makes every sign(), under way or to come, end soon, as one to be asked again. Any thread.
  virtual void give_up() const {}
};

using KeyPtr = std::shared_ptr<const Key>;

}  // namespace lockstep::ports
