#include "adapters/evm/mirror_audit.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <span>

#include "mirror/mirror.hpp"
#include "mirror/reckon.hpp"

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

std::string first_ones(const std::vector<mirror::Difference>& differences) {
  std::string named;
  for (std::size_t i = 0; i < std::min(differences.size(), max_named); ++i)
    named += (i == 0 ? "" : "; ") + in_words(differences[i]);
  return named;
}

std::vector<mirror::Difference> all_differences(const mirror::Rows& expected, const Audit& audit) {
  return mirror::compare(expected, audit.found, std::numeric_limits<std::size_t>::max());
}

void add_difference_row(Rows& rows, const char* name, const char* level,
                        const std::vector<mirror::Difference>& differences, const Audit& audit) {
  if (differences.empty()) {
    rows.add(name, level, Colour::green, "{} rows, {} views: equal", audit.found.size(), audit.views);
    return;
  }
  rows.add(name, level, Colour::red, "{} of {} rows differ: {}", differences.size(), audit.found.size(),
           first_ones(differences));
}

constexpr std::size_t page_rows = 1000;  // whose requests and answers are there at once

Result<void> read_answers(Audit& result, const ViewBindings& views, const std::vector<ViewBindings::Call>& calls,
                          const std::vector<RpcAnswer>& answers) {
  mirror::Rows& into = result.found;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const auto& answer = answers[i];
    if (!answer && !is_revert(answer.error()))
      return std::unexpected(rpc_error("a view was not answered", answer.error()));
    if (!answer) {
      if (result.reverts++ < max_named) {
        result.reverted.push_back(mirror::to_text(into[calls[i].row].key) + ": " + why_reverted(answer.error()));
      }
      continue;
    }
    const auto bytes = as_bytes(answer);
    if (!bytes) return std::unexpected(bytes.error());
    if (auto read = views.read_into(into, calls[i], *bytes); !read) return std::unexpected(read.error());
  }
  return {};
}

/// Views that are believed, or those that are compared, of all rows.
Result<void> read_views(const AskViews& ask, const ViewBindings& views, bool observed, Audit& result) {
  for (std::size_t first = 0; first < result.found.size(); first += page_rows) {
    auto calls = views.calls_for(result.found, first, std::min(first + page_rows, result.found.size()));
    if (!calls) return std::unexpected(calls.error());
    std::erase_if(*calls, [&](const ViewBindings::Call& call) { return call.observes != observed; });
    const auto answers = ask(*calls);
    if (!answers) return std::unexpected(answers.error());
    result.views += calls->size();
    if (auto read = read_answers(result, views, *calls, *answers); !read) return read;
  }
  return {};
}

bool has_pools(const mirror::Rows& rows) {
  return std::ranges::binary_search(rows, mirror::Table::pool_terms, {},
                                    [](const mirror::Row& row) { return row.key.table; });
}

/// What accounts are worth that provide liquidity is only the chain's to say.
void believe_margins(mirror::Rows& known, const mirror::Rows& found, const std::vector<std::size_t>& providers) {
  const auto& fields = mirror::info(mirror::Table::account).fields;
  for (const std::size_t row : providers) {
    for (std::size_t field = 0; field < fields.size(); ++field)
      if (is_computed(std::string(fields[field]))) known[row].values[field] = found[row].values[field];
  }
}

}  // namespace

Result<Audit> audit(EndpointPool& pool, const ViewBindings& views, const mirror::Rows& expected, const Hash32& block) {
  const auto ask = [&](const std::vector<ViewBindings::Call>& calls) {
    std::vector<RpcCall> requests;
    requests.reserve(calls.size());
    for (const auto& call : calls) requests.push_back(call_at(call.target, call.data, block));
    return agreed_all(pool, requests);
  };
  return audit(ask, views, expected);
}

Result<Audit> audit(const AskViews& ask, const ViewBindings& views, const mirror::Rows& expected) {
  Audit result{.found = expected, .known = std::nullopt, .reverted = {}};
  std::vector<std::size_t> providers;
  if (views.observe() || has_pools(expected)) {
    if (auto read = read_views(ask, views, true, result); !read) return std::unexpected(read.error());
    auto reckoned = mirror::reckon(result.found);
    if (!reckoned) return fail("what the views say does not fit the mirror", {}, reckoned.error());
    providers = *std::move(reckoned);
    result.known = result.found;
  }
  if (auto read = read_views(ask, views, false, result); !read) return std::unexpected(read.error());
  if (result.known) believe_margins(*result.known, result.found, providers);
  return result;
}

void add_mirror_rows(Rows& rows, const mirror::Rows& before, const Audit& audit,
                     std::span<const mirror::Tolerance> tolerances) {
  const mirror::Rows& expected = audit.against(before);
  auto judged = mirror::judge(expected, audit.found, all_differences(expected, audit), tolerances, true);
  auto& differences = judged.beyond;
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
  if (!judged.within.empty())
    rows.add("mirror-tolerated", "E4", green_if(judged.sums.empty()), "{} fields within the plan's tolerances: {}{}{}",
             judged.within.size(), first_ones(judged.within), judged.sums.empty() ? "" : "; but ",
             fmt::join(judged.sums, "; "));
}

std::pair<std::uint64_t, std::vector<std::string>> in_words(const mirror::Rows& before, const Audit& audit,
                                                            std::span<const mirror::Tolerance> tolerances) {
  const mirror::Rows& expected = audit.against(before);
  const auto differences =
      mirror::judge(expected, audit.found, all_differences(expected, audit), tolerances, false).beyond;
  const auto named = std::span(differences).first(std::min(differences.size(), max_named));
  std::vector<std::string> words;
  words.reserve(audit.reverted.size() + named.size());
  for (const auto& text : audit.reverted) words.push_back("a view reverts: " + text);
  for (const auto& difference : named) words.push_back(in_words(difference));
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
