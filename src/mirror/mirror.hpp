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

struct State;

class Mirror {
 public:
  Mirror();
  explicit Mirror(State state);  // which the mirror could have come to by itself
  ~Mirror();
  Mirror(const Mirror&);
  Mirror(Mirror&&) noexcept;
  Mirror& operator=(Mirror other) noexcept;

  std::expected<void, Contradiction> apply(const Operation& operation);

  /// The same state under declared parameter changes; unknown key or field is a refusal that names it.
  std::expected<Mirror, std::string> with(const std::vector<Delta>& deltas) const;

  Rows rows() const;
  const State& state() const;
  /// Canonical: equal states, equal digests, on every machine and whatever happened before. Costs what changed since
  /// the last call. Not for two threads at once.
  Hash32 digest() const;

  /// What the chain has still to say before anything else can happen: consequences of an order, cover of a bad debt.
  /// Empty at the end of every transaction; if it is not at the end of a block, events are missing.
  std::string outstanding() const;

  std::size_t account_count() const;
  std::size_t order_count() const;
  /// Σ deposits − Σ withdrawals − (Σ collateral + Σ position quote + Σ pot of series + insurance): zero while value is
  /// conserved (S15).
  Int imbalance() const;

 private:
  friend std::vector<Key> differing(const Mirror& a, const Mirror& b, std::size_t limit);
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// At most `limit` differences, in key order.
std::vector<Difference> compare(const Rows& expected, const Rows& found, std::size_t limit);
/// Of the rows of a whole state, whoever read them; equal to Mirror::digest() of that state.
Hash32 digest(const Rows& rows);
/// Entities whose stored fields differ (a key without position: global, market, account or order), in the digest's
/// order, at most `limit`: O(log n) each.
std::vector<Key> differing(const Mirror& a, const Mirror& b, std::size_t limit);

}  // namespace lockstep::mirror
