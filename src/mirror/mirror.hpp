#pragma once
// The replica of one instance: fed with operations in chain order, it matches, margins and settles by its own rules,
// and refuses (never repairs) an operation that contradicts what it computed. Pure and deterministic.
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "mirror/op.hpp"
#include "mirror/row.hpp"

namespace lockstep::mirror {

/// 256-bit hash given by the caller (Keccak-256), so that this layer depends on no crypto.
using HashFn = Hash32 (*)(BytesView);

/// Why an operation cannot be: names the field, what the chain said and what the mirror computed.
struct Contradiction {
  std::uint64_t block_num = 0;
  std::uint32_t log_index = 0;
  std::string detail;
};

/// "Set field of key to value": a parameter change declared by a plan. Absolute, so applying it twice changes nothing.
struct Delta {
  Key key;
  std::string field;
  Value value;
};

struct Difference {
  Key key;
  std::string field;  // "" = the row is missing on one side
  std::string expected;
  std::string found;
};

class Mirror {
 public:
  Mirror();
  ~Mirror();
  Mirror(const Mirror&);
  Mirror(Mirror&&) noexcept;
  Mirror& operator=(Mirror other) noexcept;

  std::expected<void, Contradiction> apply(const Operation& operation);

  /// The same state under declared parameter changes; unknown key or field is a refusal that names it.
  std::expected<Mirror, std::string> with(const std::vector<Delta>& deltas) const;

  Rows rows() const;
  Hash32 digest(HashFn hash) const;  // canonical: equal states, equal digests, on every machine

  /// What the chain has still to say before anything else can happen: consequences of an order, cover of a bad debt.
  /// Empty at the end of every transaction; if it is not at the end of a block, events are missing.
  std::string outstanding() const;

  std::size_t account_count() const;
  std::size_t order_count() const;
  /// Σ deposits − Σ withdrawals − (Σ collateral + Σ position quote + insurance): zero while value is conserved (S15).
  Int imbalance() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// At most `limit` differences, in key order.
std::vector<Difference> compare(const Rows& expected, const Rows& found, std::size_t limit);
Hash32 digest(const Rows& rows, HashFn hash);

}  // namespace lockstep::mirror
