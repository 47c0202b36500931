#pragma once
// Where a secret is, and the secret itself. A Secret cannot be formatted, logged, compared or served; it is zeroed when
// it goes.
#include <cstdint>
#include <string>

#include "base/result.hpp"

namespace lockstep::settings {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  Secret(const Secret&) = default;
  Secret(Secret&&) noexcept = default;
  Secret& operator=(const Secret&) = default;
  Secret& operator=(Secret&&) noexcept = default;
  ~Secret();
  /// The only way to the value; every call site is a place to review.
  const std::string& reveal() const { return value_; }
  bool empty() const { return value_.empty(); }

 private:
  std::string value_;
};

enum class SecretSource : std::uint8_t {
  none,
  literal,
  env,
  file,
  credential
};  // literal: URLs only, never a passphrase

struct SecretRef {
  SecretSource source = SecretSource::none;
  std::string name;   // variable, path or credential name; for literal the value
  std::string where;  // file:line:col of the reference
};

/// Reads it now. Files and credentials must not be readable by others; a missing or empty secret is an error.
Result<Secret> resolve(const SecretRef& ref);

}  // namespace lockstep::settings
