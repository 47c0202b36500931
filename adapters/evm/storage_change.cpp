#include "adapters/evm/storage_change.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace lockstep::evm {
namespace {

const std::vector<Bytes>& proof_of(const ProvedAccount& account, const Hash32& slot) {
  const auto it = std::ranges::find(account.slots, slot);
  LOCKSTEP_ASSERT(it != account.slots.end());
  return account.proofs[static_cast<std::size_t>(it - account.slots.begin())];
}

/// Numbers first, then zeros: what is deleted last collapses least. A sibling that a deletion needs and the baseline
/// hid is taken from the slot's proof of now, which tells as well whether this node keeps leaves of zeros (anvil does).
Result<Hash32> root_after(const BaselineAccount& account, const std::vector<DeclaredWrite>& writes,
                          const ProvedAccount& now) {
  auto trie = trie::PartialTrie::from_proofs(account.root, account.proofs, account.slots);
  if (!trie) return std::unexpected(trie.error());
  for (const bool zeros : {false, true}) {
    for (const auto& write : writes) {
      if (write.account != account.address || (write.value == 0) != zeros) continue;
      auto kind = trie::Zero::deleted;
      if (zeros) {
        const auto& later = proof_of(now, write.slot);
        trie->reveal_siblings(later);
        if (trie::keeps_zero(now.account.storage_root, write.slot, later)) kind = trie::Zero::kept;
      }
      if (auto set = trie->set(write.slot, write.value, kind); !set) return std::unexpected(set.error());
    }
  }
  return trie->root();
}

/// Which declared slots do not hold what was declared; says what kind of difference it is.
std::string wrong_slots(const FollowedPlan& plan, const ProvedAccount& now) {
  std::string text;
  for (const auto& write : plan.compiled.writes) {
    if (write.account != now.address || now.at(write.slot) == write.value) continue;
    text += fmt::format("; declared slot {} is {}, not {}", write.name, to_hex(to_word(now.at(write.slot))),
                        to_hex(to_word(write.value)));
  }
  return text.empty() ? "; every declared slot is as declared, so a slot that was not declared changed" : text;
}

}  // namespace

void add_storage_rows(Rows& rows, const FollowedPlan& plan, const ProvedState& now, bool expect_new) {
  if (!plan.memory.baseline) {
    rows.add("storage-root", "E3", Colour::red,
             "no baseline of this plan is known here, so nothing can be compared with it");
    return;
  }
  for (const auto& account : plan.memory.accounts) {
    const auto& found = now.accounts.at(account.address);
    const auto expected = expect_new ? root_after(account, plan.compiled.writes, found) : Result<Hash32>(account.root);
    if (!expected) {
      rows.add("storage-root", "E3", Colour::red, "{}: the expected root cannot be computed: {}",
               to_hex(account.address), expected.error().text());
      continue;
    }
    const bool equal = *expected == found.account.storage_root;
    rows.add("storage-root", "E3", green_if(equal), "{}: baseline {} {}: expected root {}, proved {}{}",
             to_hex(account.address), plan.memory.baseline->num, expect_new ? "with the declared writes" : "unchanged",
             to_hex(*expected), to_hex(found.account.storage_root),
             equal        ? ""
             : expect_new ? wrong_slots(plan, found)
                          : "");
  }
}

Result<void> add_still_rows(Rows& rows, EndpointPool& pool, const FollowedPlan& plan) {
  const auto switched_num = plan.switched_in ? plan.switched_in->num : plan.memory.switched_num;
  if (!plan.memory.baseline || switched_num <= plan.memory.baseline->num) return {};
  const auto num = switched_num - 1;
  const auto header = agreed_header(pool, num, true);
  if (!header) return std::unexpected(header.error());
  std::vector<ProofRequest> requests;
  requests.reserve(plan.memory.accounts.size());
  for (const auto& account : plan.memory.accounts) requests.push_back({account.address, {}});
  const auto state = prove(pool, header->hash, requests);
  if (!state) {
    rows.add("still-while-halted", "E3", Colour::amber, "state of block {} could not be proved: {}", num,
             state.error().text());
    return {};
  }
  for (const auto& account : plan.memory.accounts) {
    const auto& root = state->accounts.at(account.address).account.storage_root;
    rows.add("still-while-halted", "E3", green_if(root == account.root),
             "{}: root at baseline {} is {}, at block {} before the switch {}", to_hex(account.address),
             plan.memory.baseline->num, to_hex(account.root), num, to_hex(root));
  }
  return {};
}

}  // namespace lockstep::evm
