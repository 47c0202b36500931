#include "adapters/evm/evidence.hpp"

#include <algorithm>

#include "adapters/evm/diamond.hpp"
#include "adapters/evm/gate_view.hpp"
#include "adapters/evm/mirror_audit.hpp"
#include "adapters/evm/network_rows.hpp"
#include "adapters/evm/storage_change.hpp"
#include "crypto/keccak256.hpp"
#include "mirror/mirror.hpp"

namespace lockstep::evm {
namespace {

using coordinator::BlockRef;
using coordinator::EvidenceReport;
using coordinator::GatePhase;
using coordinator::GateView;
using coordinator::Outcome;

/// keccak256 over chain id, then per declared account address, storage root and code hash, per proxy its implementation
/// and that one's code hash, per diamond its version, then the digest of the mirror rows as found. Nothing of this
/// operator's own may enter: not its baseline, configuration or endpoints; margins follow from what is digested and are
/// not.
Hash32 digest_of(const CompiledInstance& compiled, const ProvedState& state, const std::vector<diamond::Seen>& diamonds,
                 const std::optional<mirror::Rows>& found) {
  Bytes text;
  append(text, to_word(Uint256(compiled.leaf.chain_id)).view());
  for (const auto& [address, slots] : declared_slots(compiled)) {
    const auto& account = state.accounts.at(address).account;
    append(text, address.view());
    append(text, account.storage_root.view());
    append(text, account.code_hash.view());
  }
  for (const auto& proxy : compiled.proxies) {
    const auto implementation = to_address(state.accounts.at(proxy.proxy).at(erc1967_implementation_slot));
    append(text, implementation.view());
    if (const auto it = state.accounts.find(implementation); it != state.accounts.end())
      append(text, it->second.account.code_hash.view());
  }
  for (const auto& seen : diamonds) append(text, seen.version.view());
  append(text, (found ? mirror::digest(*found) : Hash32{}).view());
  return crypto::keccak256(text);
}

struct Reading {
  ProvedState state;
  std::vector<diamond::Seen> diamonds;
  GateView gate;
  std::optional<Audit> audit;
};

/// E1, E2, E4, E5 and the oracles' part of E6: what both reports have in common.
Result<Reading> read_common(EvidenceContext& context, const BlockRef& block, bool expect_new,
                            const mirror::Rows* expected, Rows& rows) {
  const auto& compiled = context.plan.compiled;
  auto state = prove(context.pool, block.hash, code_requests(compiled, expect_new));
  if (!state) return std::unexpected(state.error());
  const auto& reads = expect_new ? compiled.leaf.new_reads : compiled.leaf.old_reads;
  auto calls = read_calls(reads, block.hash);
  std::ranges::move(oracle_calls(compiled.leaf, block.hash), std::back_inserter(calls));
  const auto reads_end = calls.size();
  std::ranges::move(view_calls(context.plan, block.hash), std::back_inserter(calls));
  const auto answers = agreed_all(context.pool, calls);
  if (!answers) return std::unexpected(answers.error());
  const std::span<const RpcAnswer> all(*answers);
  const auto gate = view_of(context.plan, all.subspan(reads_end), block);
  if (!gate) return std::unexpected(gate.error());

  auto diamonds = diamond::read(context.pool, compiled, block.hash);
  if (!diamonds) return std::unexpected(diamonds.error());
  add_code_rows(rows, compiled, expect_new, *state);
  diamond::add_version_rows(rows, compiled, expect_new, *diamonds);
  if (auto done = add_read_rows(rows, "declared-read", "E2", reads, all.first(reads.size())); !done)
    return std::unexpected(done.error());
  Reading reading{.state = *std::move(state), .diamonds = *std::move(diamonds), .gate = *gate, .audit = std::nullopt};
  if (compiled.bare) {
    rows.add("mirror-state", "E4", Colour::green, "the instance has no contracts: nothing is mirrored");
  } else if (expected == nullptr) {
    rows.add("mirror-state", "E4", Colour::red, "the mirror has no rows for block {}", block.num);
  } else {
    auto audited = audit(context.pool, context.views, *expected, block.hash);
    if (!audited) return std::unexpected(audited.error());
    // The plan's own are for the new version: before it, and after a rollback, all is as it was.
    auto tolerances = context.before;
    if (expect_new) std::ranges::copy(context.plan.tolerances, std::back_inserter(tolerances));
    add_mirror_rows(rows, *expected, *audited, tolerances);
    reading.audit = *std::move(audited);
  }
  if (auto done = add_oracle_rows(rows, "E6", compiled.leaf, block.time,
                                  all.subspan(reads.size(), compiled.leaf.oracles.size()));
      !done) {
    return std::unexpected(done.error());
  }
  return reading;
}

EvidenceReport report(const EvidenceContext& context, const BlockRef& block, const Reading& reading, Rows& rows) {
  const auto found = reading.audit ? std::optional(reading.audit->found) : std::nullopt;
  return {.block = block,
          .rows = rows.take(),
          .digest = digest_of(context.plan.compiled, reading.state, reading.diamonds, found)};
}

void add_liquidatable_row(Rows& rows, const FollowedPlan& plan, const mirror::Rows& found) {
  std::vector<Address> newly;
  for (const auto& account : liquidatable(found)) {
    if (std::ranges::find(plan.memory.liquidatable, account) == plan.memory.liquidatable.end())
      newly.push_back(account);
  }
  std::string named;
  for (std::size_t i = 0; i < std::min(newly.size(), max_named); ++i)
    named += (i == 0 ? ": " : ", ") + to_hex(newly[i]);
  rows.add("newly-liquidatable", "E6", green_if(newly.size() <= plan.newly_liquidatable_max),
           "{} accounts, at most {} allowed{}", newly.size(), plan.newly_liquidatable_max, named);
}

}  // namespace

Result<EvidenceReport> take_baseline(EvidenceContext& context, const BlockRef& block, const mirror::Rows* expected) {
  Rows rows;
  auto reading = read_common(context, block, false, expected, rows);
  if (!reading) return std::unexpected(reading.error());
  rows.add("halted", "E2", green_if(reading->gate.halted), "gate {} at block {}: {}", to_hex(context.plan.gate()),
           block.num, reading->gate.halted ? "halted" : "not halted");
  auto& memory = context.plan.memory;
  if (reading->gate.phase != GatePhase::armed) {  // asked again too late: what is kept from before the switch must stay
    rows.add("storage-baseline", "E3", Colour::red,
             "the gate is not armed at block {}, so this is no state before a switch", block.num);
    return report(context, block, *reading, rows);
  }
  memory.baseline = block;
  memory.accounts.clear();
  for (const auto& [address, slots] : declared_slots(context.plan.compiled)) {
    const auto& account = reading->state.accounts.at(address);
    memory.accounts.push_back({address, account.account.storage_root, account.slots, account.proofs});
    rows.add("storage-baseline", "E3", Colour::green, "{}: storage root {} proved, {} declared slots", to_hex(address),
             to_hex(account.account.storage_root), account.slots.size());
  }
  memory.liquidatable = reading->audit ? liquidatable(reading->audit->found) : std::vector<Address>{};
  if (auto kept = context.state.write(context.plan.memory_name(), memory.to_json()); !kept)
    return std::unexpected(kept.error());
  return report(context, block, *reading, rows);
}

Result<EvidenceReport> check_evidence(EvidenceContext& context, const BlockRef& block, Outcome expected_version,
                                      const mirror::Rows* expected) {
  const bool expect_new = expected_version == Outcome::new_version;
  Rows rows;
  auto reading = read_common(context, block, expect_new, expected, rows);
  if (!reading) return std::unexpected(reading.error());
  const bool closed = reading->gate.phase == GatePhase::closed_new || reading->gate.phase == GatePhase::closed_old;
  if (!closed) {
    add_storage_rows(rows, context.plan, reading->state, expect_new);
    if (auto done = add_still_rows(rows, context.pool, context.plan); !done) return std::unexpected(done.error());
  }
  if (expect_new && !closed && reading->audit && context.plan.memory.baseline)
    add_liquidatable_row(rows, context.plan, reading->audit->found);
  if (context.plan.network && expect_new) {
    if (!context.plan.switched_in) return fail("the block of the change is not known yet", context.plan.compiled.chain);
    const auto change = *context.plan.switched_in;
    if (auto done =
            add_network_rows(rows, {context.pool, context.follower, context.plan, change, expected, context.moves});
        !done)
      return std::unexpected(done.error());
  }
  return report(context, block, *reading, rows);
}

}  // namespace lockstep::evm
