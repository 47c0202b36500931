#pragma once
// The account of one upgrade as a document (schema lockstep.report/1): what a plan's journal records say, the records
// themselves with their hash chain, and the operator's signature over all of it. Whoever has the document can check it
// without a chain, a journal or us.
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "journal/sqlite_journal.hpp"
#include "ports/key.hpp"

namespace lockstep::app {

struct ReportSource {
  std::string service, version;
  UnixSeconds made_at = 0;
  std::string manifest;  // the plan's canonical document, as hashed
  Hash32 instance_id;    // of the journal
  std::uint64_t last_seq = 0;
  Hash32 last_hash;                                // chain_hash of that record
  std::vector<journal::LinkedEntry> entries = {};  // of the plan, as journal_excerpt() left them
};

/// Entries that a report needs, from all entries of a plan; called page by page.
class Excerpt {
 public:
  Excerpt();
  ~Excerpt();
  /// An error if a record cannot be read or the excerpt grows past its bound.
  Result<void> add(std::vector<journal::LinkedEntry> page);
  std::vector<journal::LinkedEntry> take();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// `key`: signs it; null: the document says that nobody did.
Result<nlohmann::json> make_report(const ReportSource& source, const ports::Key* key);

/// What an EIP-191 signature of the report is over: keccak256 of its canonical JSON without "signature". The prefix
/// keeps it apart from everything else an operator signs.
Result<Hash32> report_digest(const nlohmann::json& report);

/// plan_hash of a canonical document: of its own hash and the leaves it names.
std::optional<Hash32> manifest_hash(const std::string& canonical);

struct ReportCheck {
  std::string name;
  bool ok = false;
  std::string detail;
};
/// Signature, hash chain of the excerpt, every fact recomputed from the excerpt, manifest, every attestation. `signer`:
/// who must have signed it; else any operator of the plan. An error if it is no report at all.
Result<std::vector<ReportCheck>> verify_report(const nlohmann::json& report, const std::optional<Address>& signer);

std::string report_markdown(const nlohmann::json& report);
std::string report_html(const nlohmann::json& report);
/// Content-Security-Policy under which report_html() shows as meant and can do nothing.
std::string report_policy();

}  // namespace lockstep::app
