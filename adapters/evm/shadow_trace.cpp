#include "adapters/evm/shadow_trace.hpp"

#include <algorithm>

#include "adapters/evm/readiness.hpp"

namespace lockstep::evm {
namespace {

using nlohmann::json;

constexpr std::size_t most_named = 20;
constexpr std::uint32_t trace_grace_ms = 500;

std::unexpected<Error> strange(const std::string& what) {
  return fail("the trace of the switch cannot be read", {}, what,
              "take a node whose debug_traceCall knows the prestateTracer with diffMode");
}

/// Of one half: every slot that is named, with its word.
Result<void> take_half(const json& half, bool keep_value, TracedWrites& into) {
  if (!half.is_object()) return strange("pre or post is no object");
  for (const auto& [account, fields] : half.items()) {
    const auto address = fixed_from_hex<Address>(account);
    if (!address || !fields.is_object()) return strange(account + " is no account");
    const auto storage = fields.find("storage");
    if (storage == fields.end() || storage->is_null()) continue;
    if (!storage->is_object()) return strange("the storage of " + account + " is no object");
    for (const auto& [slot, word] : storage->items()) {
      const auto place = parse_quantity(slot);
      const auto value = word.is_string() ? parse_quantity(word.get<std::string>()) : std::nullopt;
      if (!place || !value) return strange("slot " + slot + " of " + account + " is no word");
      into[*address][to_word(*place)] = keep_value ? *value : Uint256(0);
    }
  }
  return {};
}

std::string listed(const std::vector<std::string>& all) {
  std::string text;
  for (std::size_t i = 0; i < std::min(all.size(), most_named); ++i) text += (i == 0 ? "" : "; ") + all[i];
  if (all.size() > most_named) text += fmt::format("; and {} more", all.size() - most_named);
  return text;
}

/// What is written without being declared, and what is declared and would not be there.
std::vector<std::string> differences(const CompiledInstance& compiled, const Address& account, const ProvedAccount& now,
                                     const std::map<Hash32, Uint256>& written) {
  std::vector<std::string> wrong;
  std::map<Hash32, const DeclaredWrite*> declared;
  for (const auto& write : compiled.writes)
    if (write.account == account) declared[write.slot] = &write;
  for (const auto& [slot, value] : written)
    if (!declared.contains(slot))
      wrong.push_back(fmt::format("{} writes slot {} = {}, which is not declared", to_hex(account), to_hex(slot),
                                  to_hex(to_word(value))));
  for (const auto& [slot, write] : declared) {
    const auto found = written.find(slot);
    const auto& value = found == written.end() ? now.at(slot) : found->second;
    if (value != write->value)
      wrong.push_back(fmt::format("{} declared slot {} would be {}, not {}", to_hex(account), write->name,
                                  to_hex(to_word(value)), to_hex(to_word(write->value))));
  }
  return wrong;
}

/// The trace that K endpoints give alike, or why there is none.
Result<TracedWrites> agreed_trace(EndpointPool& pool, const RpcCall& call) {
  std::vector<std::pair<TracedWrites, std::uint32_t>> said;
  std::string why = "no endpoint answered";
  const auto enough = [&](const EndpointPool::ByEndpoint& come) {
    const auto traced = std::ranges::count_if(come, [](const auto& one) { return one.second.front().has_value(); });
    return static_cast<std::uint32_t>(traced) >= pool.quorum();
  };
  for (const auto& [endpoint, answers] : pool.each({call}, enough, trace_grace_ms)) {
    if (!answers.front()) {
      why = rpc_error("debug_traceCall was not answered", answers.front().error()).text();
      continue;
    }
    auto parsed = parse_state_diff(*answers.front());
    if (!parsed) {
      why = parsed.error().text();
      continue;
    }
    const auto same = std::ranges::find(said, *parsed, &std::pair<TracedWrites, std::uint32_t>::first);
    if (same == said.end())
      said.emplace_back(*std::move(parsed), 1);
    else
      ++same->second;
  }
  for (auto& [writes, count] : said)
    if (count >= pool.quorum()) return std::move(writes);
  if (!said.empty())
    why = fmt::format("{} different traces, none of them from {} endpoints", said.size(), pool.quorum());
  return fail(why);
}

}  // namespace

Result<TracedWrites> parse_state_diff(const json& result) {
  if (!result.is_object() || !result.contains("pre") || !result.contains("post"))
    return strange("it has no pre and post");
  TracedWrites writes;
  if (auto before = take_half(result["pre"], false, writes); !before) return std::unexpected(before.error());
  if (auto after = take_half(result["post"], true, writes); !after) return std::unexpected(after.error());
  return writes;
}

void compare_traced(Rows& rows, const CompiledInstance& compiled, const ProvedState& now, const TracedWrites& traced) {
  std::vector<std::string> wrong, elsewhere;
  auto rest = traced;
  for (const auto& [account, slots] : declared_slots(compiled)) {
    std::ranges::move(differences(compiled, account, now.accounts.at(account), rest[account]),
                      std::back_inserter(wrong));
    rest.erase(account);
  }
  rows.add("shadow-writes", "", green_if(wrong.empty()), "{}",
           wrong.empty() ? fmt::format("the switch writes the {} declared slots and no other", compiled.writes.size())
                         : listed(wrong));
  for (const auto& [account, slots] : rest)
    elsewhere.push_back(fmt::format("{} ({} slots)", to_hex(account), slots.size()));
  if (!elsewhere.empty())
    rows.add("shadow-writes-elsewhere", "", Colour::amber,
             "the switch also writes storage that nothing compares: {}; name them as contracts of the protocol, or "
             "know why not",
             listed(elsewhere));
}

void add_traced_rows(Rows& rows, EndpointPool& pool, const FollowedPlan& plan, const ProvedState& now,
                     const Hash32& block) {
  if (plan.compiled.leaf.switch_calls.empty()) return;
  const auto traced = agreed_trace(pool, trace_call(plan, block));
  if (!traced) {
    rows.add("shadow-writes", "", Colour::amber,
             "not known before the halt which slots the switch writes ({}); E3 proves it after the switch",
             traced.error().text());
    return;
  }
  compare_traced(rows, plan.compiled, now, *traced);
}

}  // namespace lockstep::evm
