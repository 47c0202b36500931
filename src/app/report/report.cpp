#include "app/report/report.hpp"

#include <algorithm>
#include <set>

#include "adapters/evm/jcs.hpp"
#include "adapters/evm/leaf.hpp"
#include "app/report/facts.hpp"
#include "coordinator/codec.hpp"
#include "crypto/eip191.hpp"
#include "crypto/eip712.hpp"
#include "crypto/keccak256.hpp"
#include "crypto/secp256k1.hpp"
#include "journal/hash_chain.hpp"

namespace lockstep::app {
namespace {

using nlohmann::json;

// A report is read whole, by people and over HTTP. A plan that has more to tell has its journal for that.
constexpr std::size_t max_entries = 20'000, max_record_bytes = std::size_t{4} << 20;

json entry_json(const journal::LinkedEntry& one) {
  return {{"seq", one.entry.seq},
          {"time_ms", std::to_string(one.entry.time_ms)},
          {"previous", to_hex(one.previous)},
          {"record", to_hex(BytesView(one.entry.record))},
          {"chain_hash", to_hex(one.entry.chain_hash)}};
}

Result<std::vector<StoryRecord>> decoded(const std::vector<journal::LinkedEntry>& entries) {
  std::vector<StoryRecord> records;
  for (const auto& [entry, previous] : entries) {
    auto record = coordinator::decode_record(entry.record);
    if (!record)
      return fail("a record cannot be read", "record " + std::to_string(entry.seq),
                  coordinator::to_text(record.error()), "use the version of lockstep that wrote it");
    records.push_back({entry.seq, entry.time_ms, std::move(*record)});
  }
  return records;
}

std::optional<std::uint64_t> as_number(const json& object, const char* key) {
  const auto it = object.find(key);
  if (it == object.end()) return std::nullopt;
  if (it->is_number_unsigned()) return it->get<std::uint64_t>();
  const auto value = it->is_string() ? parse_uint256(it->get_ref<const std::string&>()) : std::nullopt;
  if (!value || *value > ~std::uint64_t{0}) return std::nullopt;
  return static_cast<std::uint64_t>(*value);
}

std::string text(const json& object, const char* key) {
  const auto it = object.is_object() ? object.find(key) : object.end();
  return object.is_object() && it != object.end() && it->is_string() ? it->get<std::string>() : std::string{};
}

std::optional<journal::LinkedEntry> parse_entry(const json& one) {
  if (!one.is_object()) return std::nullopt;
  const auto seq = as_number(one, "seq"), time = as_number(one, "time_ms");
  const auto record = bytes_from_hex(text(one, "record"));
  const auto previous = fixed_from_hex<Hash32>(text(one, "previous")),
             hash = fixed_from_hex<Hash32>(text(one, "chain_hash"));
  if (!seq || !time || !record || !previous || !hash) return std::nullopt;
  return journal::LinkedEntry{{*seq, *time, *record, *hash}, *previous};
}

struct Verifier {
  const json& report;
  std::vector<ReportCheck> checks = {};
  std::vector<journal::LinkedEntry> entries = {};
  std::optional<Story> story = {};

  void add(std::string name, bool ok, std::string detail) {
    checks.push_back({std::move(name), ok, std::move(detail)});
  }
  void excerpt();
  void facts();
  void manifest();
  void attestations();
  void signature(const std::optional<Address>& wanted);
};

void Verifier::excerpt() {
  const auto& journal = report["journal"];
  const auto instance = fixed_from_hex<Hash32>(text(journal, "instance_id"));
  for (const auto& one : journal["entries"]) {
    auto entry = parse_entry(one);
    if (!entry) return add("journal", false, "an entry of the excerpt is malformed");
    const auto where = "record " + std::to_string(entry->entry.seq);
    if (journal::link(entry->previous, entry->entry.seq, entry->entry.time_ms, entry->entry.record) !=
        entry->entry.chain_hash)
      return add("journal", false, where + " does not fit its hash");
    const bool first = entry->entry.seq == 1 && entry->previous != instance;
    const bool next = !entries.empty() && entry->entry.seq == entries.back().entry.seq + 1 &&
                      entry->previous != entries.back().entry.chain_hash;
    if (first || next) return add("journal", false, where + " is not chained to what is before it");
    entries.push_back(std::move(*entry));
  }
  const auto last_seq = as_number(journal, "last_seq");
  const auto last_hash = fixed_from_hex<Hash32>(text(journal, "last_hash"));
  if (entries.empty() || !last_seq || !last_hash || entries.back().entry.seq > *last_seq ||
      (entries.back().entry.seq == *last_seq && entries.back().entry.chain_hash != *last_hash))
    return add("journal", false, "the excerpt does not end where the journal ended");
  const auto records = decoded(entries);
  auto told = records ? tell_story(*records) : std::unexpected(records.error());
  if (!told) return add("journal", false, told.error().text());
  story = std::move(*told);
  add("journal", true, std::to_string(entries.size()) + " records, each fits its hash and those before it");
}

void Verifier::facts() {
  if (!story) return;
  const auto recomputed = facts_of(*story);
  for (const auto& [key, value] : recomputed.items()) {
    if (report.contains(key) && report[key] == value) continue;
    return add("facts", false, "\"" + key + "\" is not what the records say");
  }
  add("facts", true, "everything it says follows from the records");
}

void Verifier::manifest() {
  const auto canonical = text(report, "manifest");
  const auto hash = manifest_hash(canonical);
  const auto id = text(report["plan"], "id");
  if (!hash || to_hex(*hash) != id) return add("manifest", false, "the plan document does not hash to the plan's id");
  add("manifest", true, "the plan document hashes to " + id);
}

void Verifier::attestations() {
  if (!story) return;
  const auto& home = story->plan.instances[story->plan.home];
  const auto domain = crypto::domain_separator(home.chain_id, home.gate);
  const auto& set = story->plan.operators.operators;
  std::set<Address> outcome;
  for (const auto& one : story->attestations) {
    const auto signer = crypto::recover(crypto::digest(domain, one.statement), one.signature);
    if (!signer || *signer != one.signer || std::ranges::find(set, *signer) == set.end())
      return add("attestations", false,
                 std::string{"a signature of "} + to_text(one.statement.kind) + " is not of an operator");
    if (one.statement.kind == coordinator::Kind::outcome && one.statement.outcome == story->decision)
      outcome.insert(*signer);
  }
  const bool enough = story->decision == coordinator::Outcome::none || outcome.empty() ||
                      outcome.size() >= story->plan.operators.threshold;
  add("attestations", true,
      std::to_string(story->attestations.size()) + " signatures, all of operators" +
          (enough ? "" : "; too few here for an outcome, others held the rest"));
}

void Verifier::signature(const std::optional<Address>& wanted) {
  const auto& signature = report["signature"];
  if (signature.is_null()) return add("signature", false, "nobody signed it");
  const auto claimed = fixed_from_hex<Address>(text(signature, "signer"));
  const auto bytes = bytes_from_hex(text(signature, "signature"));
  const auto digest = report_digest(report);
  const auto signer = bytes && digest ? crypto::recover(crypto::eip191_digest(digest->view()), *bytes) : std::nullopt;
  if (!signer || signer != claimed) return add("signature", false, "it does not fit the document");
  const bool known =
      story && std::ranges::find(story->plan.operators.operators, *signer) != story->plan.operators.operators.end();
  const bool right = wanted ? *signer == *wanted : known;
  add("signature", right,
      "by " + to_hex(*signer) +
          (right    ? wanted ? ", as wanted" : ", an operator of the plan"
           : wanted ? ", not by " + to_hex(*wanted)
                    : ", who is no operator of the plan"));
}

/// Direct mode, as the plan's own document says.
bool without_gate(const std::string& canonical) {
  const auto document = json::parse(canonical, nullptr, false);
  if (!document.is_object() || !document.contains("instances")) return false;
  return std::ranges::any_of(document["instances"], [](const json& one) { return one.contains("direct"); });
}

}  // namespace

struct Excerpt::State {
  Selection selection;
  std::vector<journal::LinkedEntry> kept;
  std::size_t bytes = 0;
};

Excerpt::Excerpt() : state_(std::make_unique<State>()) {}
Excerpt::~Excerpt() = default;

Result<void> Excerpt::add(std::vector<journal::LinkedEntry> page) {
  for (auto& one : page) {
    const auto record = coordinator::decode_record(one.entry.record);
    if (!record)
      return fail("a journal record cannot be read", "record " + std::to_string(one.entry.seq),
                  coordinator::to_text(record.error()), "run the version of lockstepd that wrote it");
    if (!state_->selection.wants(*record)) continue;
    state_->bytes += one.entry.record.size();
    if (state_->kept.size() == max_entries || state_->bytes > max_record_bytes)
      return fail("the report would be too long", {}, "the plan has more records than a report may hold",
                  "use lockstep journal export");
    state_->kept.push_back(std::move(one));
  }
  return {};
}

std::vector<journal::LinkedEntry> Excerpt::take() { return std::move(state_->kept); }

std::optional<Hash32> manifest_hash(const std::string& canonical) {
  const auto document = json::parse(canonical, nullptr, false);
  if (!document.is_object() || !document.contains("instances") || !document["instances"].is_array())
    return std::nullopt;
  std::vector<Hash32> leaves;
  for (const auto& instance : document["instances"]) {
    const auto leaf = fixed_from_hex<Hash32>(text(instance, "leaf_hash"));
    if (!leaf) return std::nullopt;
    leaves.push_back(*leaf);
  }
  if (leaves.empty()) return std::nullopt;
  return evm::plan_hash(crypto::keccak256(std::string_view{canonical}), evm::leaves_root(leaves));
}

Result<Hash32> report_digest(const json& report) {
  auto unsigned_report = report;
  unsigned_report.erase("signature");
  const auto canonical = evm::canonical_json(unsigned_report);
  if (!canonical) return std::unexpected(canonical.error());
  return crypto::keccak256(std::string_view{*canonical});
}

Result<json> make_report(const ReportSource& source, const ports::Key* key) {
  const auto records = decoded(source.entries);
  if (!records) return std::unexpected(records.error());
  const auto story = tell_story(*records);
  if (!story) return std::unexpected(story.error());
  auto report = facts_of(*story);
  report["schema"] = "lockstep.report/1";
  report["made"] = {{"service", source.service}, {"version", source.version}, {"time", to_rfc3339(source.made_at)}};
  report["manifest"] = source.manifest;
  if (without_gate(source.manifest)) report["assurance"] = "degraded";
  json entries = json::array();
  for (const auto& one : source.entries) entries.push_back(entry_json(one));
  report["journal"] = {{"instance_id", to_hex(source.instance_id)},
                       {"last_seq", source.last_seq},
                       {"last_hash", to_hex(source.last_hash)},
                       {"entries", entries}};
  report["signature"] = nullptr;
  if (key == nullptr) return report;
  const auto digest = report_digest(report);
  if (!digest) return std::unexpected(digest.error());
  const auto signature = key->sign(crypto::eip191_message(digest->view()));
  if (!signature) return std::unexpected(signature.error().error);
  report["signature"] = {{"scheme", "eip191"},
                         {"signer", to_hex(key->address())},
                         {"digest", to_hex(*digest)},
                         {"signature", to_hex(BytesView(*signature))}};
  return report;
}

Result<std::vector<ReportCheck>> verify_report(const json& report, const std::optional<Address>& signer) {
  const auto is = [&](const char* key, auto what) { return report.contains(key) && what(report[key]); };
  const auto object = [](const json& value) { return value.is_object(); };
  const bool whole = report.is_object() && text(report, "schema") == "lockstep.report/1" && is("plan", object) &&
                     is("journal", object) && report.contains("signature") &&
                     is("journal", [](const json& j) { return j.contains("entries") && j["entries"].is_array(); });
  if (!whole)
    return fail("this is no report", {}, "it is not a JSON document of schema lockstep.report/1",
                "make one with: lockstep report ID --format json");
  Verifier verifier{report};
  verifier.excerpt();
  verifier.facts();
  verifier.manifest();
  verifier.attestations();
  verifier.signature(signer);
  return std::move(verifier.checks);
}

}  // namespace lockstep::app
