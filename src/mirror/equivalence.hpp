#pragma once
// Two states, or one under two rule sets, account by account: what is worth or asked for something else, why, and who
// may be liquidated that could not be before.
#include <expected>
#include <string>
#include <vector>

#include "mirror/revalue.hpp"

namespace lockstep::mirror {

/// Everything about one side; all of it outlives the comparison.
struct Side {
  const Columns& columns;
  const Valuation& valuation;
  const Rules& rules;
};

struct Worth {
  Int collateral = 0, equity = 0, initial = 0, maintenance = 0, closing_fee = 0;
  bool operator==(const Worth&) const = default;
};

struct AccountChange {
  Address account;
  bool was = false, is = false;  // there at all
  Worth before, after;
  bool newly_liquidatable = false;
  std::vector<std::string> reasons;  // "position 2 size 5 → 4", "mark of market 1 1000 → 990", "rules of market 1"
};

struct Equivalence {
  std::size_t accounts_before = 0, accounts_after = 0;
  std::size_t changed = 0, newly_liquidatable = 0, no_longer_liquidatable = 0;
  Worth before, after;  // totals
  std::vector<AccountChange>
      accounts;  // newly liquidatable ones first, then the others; each ascending, at most `limit`
};

/// Refused if a total overflows.
std::expected<Equivalence, std::string> compare(const Side& before, const Side& after, std::size_t limit);

}  // namespace lockstep::mirror
