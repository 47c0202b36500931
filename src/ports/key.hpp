#pragma once
// What signs for an address: a key in this process, or one that somebody else keeps.
#include <expected>
#include <memory>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace lockstep::ports {

/// again: nothing is wrong with what was asked, only whoever keeps the key does not answer now.
struct NotSigned {
  Error error;
  bool again = false;
};

class Key {
 public:
  virtual ~Key() = default;
  virtual Address address() const = 0;
  /// 65 bytes r‖s‖v over keccak256(message), v = 27 or 28, s in the lower half, by this very address: what another key
  /// signed is never returned. Any thread; may take seconds. The same message may be signed otherwise each time.
  virtual std::expected<Bytes, NotSigned> sign(BytesView message) const = 0;
};

using KeyPtr = std::shared_ptr<const Key>;

}  // namespace lockstep::ports
