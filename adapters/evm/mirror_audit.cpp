#include "adapters/evm/mirror_audit.hpp"

#include <algorithm>

#include "mirror/mirror.hpp"

namespace lockstep::evm {
namespace {

bool is_computed(const std::string& field) {
  return field == "equity" || field == "initial_margin" || field == "maintenance_margin";
}

std::size_t field_place(mirror::Table table, std::string_view name) {
  const auto& fields = mirror::info(table).fields;
  return static_cast<std::size_t>(std::ranges::find(fields, name) - fields.begin());
}

std::string in_words(const mirror::Difference& d) {
  return fmt::format("{} {}: expected {}, found {}", mirror::to_text(d.key), d.field, d.expected, d.found);
}

void add_difference_row(Rows& rows, const char* name, const char* level,
                        const std::vector<mirror::Difference>& differences, const Audit& audit) {
  if (differences.empty()) {
    rows.add(name, level, Colour::green, "{} rows, {} views: equal", audit.found.size(), audit.views);
    return;
  }
  std::string named;
  for (std::size_t i = 0; i < std::min(differences.size(), max_named); ++i)
    named += (i == 0 ? "" : "; ") + in_words(differences[i]);
  rows.add(name, level, Colour::red, "{} of {} rows differ: {}", differences.size(), audit.found.size(), named);
}

}  // namespace

Result<Audit> audit(EndpointPool& pool, const ViewBindings& views, const mirror::Rows& expected, const Hash32& block) {
  Audit result{.found = expected, .reverted = {}};
  const auto calls = views.calls_for(expected);
  result.views = calls.size();
  std::vector<RpcCall> requests;
  requests.reserve(calls.size());
  for (const auto& call : calls) requests.push_back(call_at(call.target, call.data, block));
  const auto answers = agreed_all(pool, requests);
  if (!answers) return std::unexpected(answers.error());
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const auto& answer = (*answers)[i];
    if (!answer && !is_revert(answer.error()))
      return std::unexpected(rpc_error("a view was not answered", answer.error()));
    if (!answer) {
      if (result.reverts++ < max_named) {
        result.reverted.push_back(mirror::to_text(expected[calls[i].row].key) + ": " + why_reverted(answer.error()));
      }
      continue;
    }
    const auto bytes = as_bytes(answer);
    if (!bytes) return std::unexpected(bytes.error());
    if (auto read = views.read_into(result.found, calls[i], *bytes); !read) return std::unexpected(read.error());
  }
  return result;
}

void add_mirror_rows(Rows& rows, const mirror::Rows& expected, const Audit& audit) {
  auto differences = mirror::compare(expected, audit.found, expected.size() * 8 + 1);
  const auto computed = std::ranges::stable_partition(differences, [](const auto& d) { return !is_computed(d.field); });
  const std::vector<mirror::Difference> behaviour(computed.begin(), computed.end());
  differences.erase(computed.begin(), computed.end());
  if (audit.reverts > 0) {
    std::string named;
    for (const auto& text : audit.reverted) named += (named.empty() ? "" : "; ") + text;
    rows.add("views-answer", "E4", Colour::red, "{} of {} views revert: {}", audit.reverts, audit.views, named);
  }
  if (audit.views == 0) {
    rows.add("mirror-state", "E4", Colour::amber, "the protocol binds no views, so {} rows could not be compared",
             expected.size());
    return;
  }
  add_difference_row(rows, "mirror-state", "E4", differences, audit);
  add_difference_row(rows, "mirror-margin", "E5", behaviour, audit);
}

std::pair<std::uint64_t, std::vector<std::string>> in_words(const mirror::Rows& expected, const Audit& audit) {
  const auto differences = mirror::compare(expected, audit.found, expected.size() * 8 + 1);
  std::vector<std::string> words;
  for (const auto& text : audit.reverted) words.push_back("a view reverts: " + text);
  for (const auto& difference : differences)
    if (words.size() < max_named) words.push_back(in_words(difference));
  return {differences.size() + audit.reverts, std::move(words)};
}

std::vector<Address> liquidatable(const mirror::Rows& rows) {
  const auto equity = field_place(mirror::Table::account, "equity");
  const auto maintenance = field_place(mirror::Table::account, "maintenance_margin");
  std::vector<Address> below;
  for (const auto& row : rows) {
    if (row.key.table != mirror::Table::account) continue;
    if (std::get<mirror::Int>(row.values[equity]) < std::get<mirror::Int>(row.values[maintenance]))
      below.push_back(row.key.account);
  }
  return below;
}

}  // namespace lockstep::evm
