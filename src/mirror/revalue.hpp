#pragma once
// What every account is worth and must hold, under any rules: exact, whatever path computes it.
#include <expected>
#include <string>
#include <vector>

#include "mirror/columns.hpp"
#include "mirror/rules.hpp"

namespace lockstep::mirror {

/// By account, as in the columns.
struct Valuation {
  std::vector<Int> equity;       // haircut collateral + Σ (quote + size x mark - pending funding)
  std::vector<Int> initial;      // Σ over tiers, of the worst position resting orders could lead to
  std::vector<Int> maintenance;  // Σ over tiers
  std::vector<Int> closing_fee;  // taker fees of closing every position at the mark
};

/// Many positions side by side (narrow/) where the largest position, mark and rate of a market prove that nothing can
/// overflow, 128-bit with every step checked elsewhere. An overflow or a market without rules is a refusal that names
/// the account or market.
std::expected<void, std::string> revalue(const Columns& columns, const Rules& rules, Valuation& out);

/// Below its maintenance margin.
inline bool liquidatable(const Valuation& of, std::size_t account) {
  return of.equity[account] < of.maintenance[account];
}

}  // namespace lockstep::mirror
