#pragma once
// What was checked, and what was found. Rows are shown to people as they are; the coordinator looks at colours and
// digests only.
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "coordinator/gate.hpp"

namespace lockstep::coordinator {

enum class Colour : std::uint8_t { green, amber, red };

/// One readiness check or one piece of evidence. `level` is "" for readiness, "E1" … "E7" for evidence.
struct CheckRow {
  std::string name;  // constant per check, kebab-case: "code-exists", "shadow-run", "storage-root"
  std::string level;
  Colour colour = Colour::red;
  std::string detail;  // what was seen, what was expected; names the account, slot or call that differs
  bool operator==(const CheckRow&) const = default;
};

inline constexpr std::size_t max_check_rows = 256;

/// Facts about one instance at one block. `digest` is equal for every honest operator that looks at the same block.
struct EvidenceReport {
  BlockRef block;
  std::vector<CheckRow> rows;
  Hash32 digest;  // over fingerprint, storage roots and mirror digest; what goes into a vote
  bool operator==(const EvidenceReport&) const = default;
};

/// Red if any row is red or there is no row; amber if any is amber.
Colour worst(const std::vector<CheckRow>& rows);
const char* to_text(Colour colour);

}  // namespace lockstep::coordinator
