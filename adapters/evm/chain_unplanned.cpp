// The watchdog: every instance that is configured, always, with or without a plan. From head blocks, because an alarm
// is wanted within a block; final blocks tell what was missed meanwhile, and what a reorganisation took back.
#include <algorithm>

#include "adapters/evm/chain_impl.hpp"
#include "adapters/evm/interference.hpp"
#include "adapters/evm/prove.hpp"

namespace lockstep::evm {
namespace {

constexpr std::uint64_t kept_every = 256;  // final blocks; those since then are looked at again after a restart

}  // namespace

Result<void> EvmChain::Impl::recall_unplanned() {
  const auto kept = state.read("watchdog");
  if (!kept) return std::unexpected(kept.error());
  if (!*kept) return {};
  auto known = Watchdog::from_json(**kept);
  if (!known) return std::unexpected(known.error());
  watchdog = *std::move(known);
  watchdog_kept = watchdog.upto();
  return {};
}

void EvmChain::Impl::show_unplanned() {
  for (const auto& change : watchdog.told()) tell_unplanned(change, ports::UnplannedChange::Told::before);
}

void EvmChain::Impl::tell_unplanned(const Watchdog::Change& change, ports::UnplannedChange::Told told) {
  sink(ports::UnplannedChange{change.protocol, setup.config.id, change.block, change.detail, told});
}

/// Told first and kept then: after a crash in between it is told twice, and never not at all.
void EvmChain::Impl::keep_unplanned() {
  if (const auto kept = state.write("watchdog", watchdog.to_json()); !kept) return note(kept.error().text());
  watchdog_kept = watchdog.upto();
}

void EvmChain::Impl::take_back_unplanned(const std::vector<Watchdog::Change>& gone) {
  for (const auto& change : gone) tell_unplanned(change, ports::UnplannedChange::Told::taken_back);
  if (!gone.empty()) keep_unplanned();
}

void EvmChain::Impl::watch_unplanned(const std::vector<Log>& logs, const std::vector<bool>& ours) {
  bool news = false;
  for (auto& instance : instances) {
    auto others = instance.others;
    for (const auto& [key, plan] : plans) {
      if (&instances[plan.instance] == &instance) others.merge(called_by(plan.compiled));
    }
    for (std::size_t i = 0; i < logs.size(); ++i) {
      const auto& log = logs[i];
      if (log.block_num <= watchdog.upto()) continue;
      auto detail = interference(log, instance.setup.config, instance.dialects, others);
      if (!detail) detail = halted_by_hand(log, instance.setup.config.gate);
      if (!detail) continue;
      instance.others_due = true;
      if (ours[i]) continue;
      const Watchdog::Change change{instance.setup.protocol, block_of(log), log.index, *std::move(detail)};
      if (!watchdog.add(change)) continue;
      tell_unplanned(change, ports::UnplannedChange::Told::now);
      news = true;
    }
  }
  if (news) keep_unplanned();
}

void EvmChain::Impl::finish_unplanned(const std::vector<Log>& logs, const std::vector<bool>& ours,
                                      const coordinator::BlockRef& upto) {
  if (!watchdog.begun() || upto.num <= watchdog.upto()) return;
  watch_unplanned(logs, ours);
  take_back_unplanned(watchdog.finish(upto.num, [this](const coordinator::BlockRef& block) {
    const auto there = follower.ancestor(block.num);
    return there && there->hash != block.hash;
  }));
  if (watchdog.upto() >= watchdog_kept + kept_every) keep_unplanned();
}

/// Who may upgrade the proxies that are declared, and who owns these and what is declared: read at a head, since a new
/// admin may act in the next block.
Result<OtherContracts> EvmChain::Impl::find_others(const settings::InstanceConfig& config, const Header& head) {
  const governance::Reader read([this](const auto& calls) { return agreed_all(pool, calls); }, ref(head));
  OtherContracts found;
  const auto add_owner = [&](const Address& account, const std::string& what) -> Result<void> {
    const auto answers = read.calls(account, {governance::calldata("owner()(address)")});
    if (!answers) return std::unexpected(answers.error());
    const auto owner = governance::address_in(answers->front());
    if (owner && !owner->is_zero()) found.try_emplace(*owner, "owner of " + what);
    return {};
  };
  for (const auto& [name, contract] : config.contracts) {
    if (auto done = add_owner(contract.address, name); !done) return std::unexpected(done.error());
    if (contract.proxy != "erc1967") continue;
    const auto words = read.words(contract.address, {erc1967_admin_slot});
    if (!words) return std::unexpected(words.error());
    const auto admin = to_address(words->front());
    const auto what = "upgrade admin of " + name;
    if (admin.is_zero() || !found.try_emplace(admin, what).second) continue;
    if (auto done = add_owner(admin, what); !done) return std::unexpected(done.error());
  }
  return found;
}

/// Their logs are read from then on, in head blocks and in final ones.
void EvmChain::Impl::renew_others(const Header& head) {
  for (auto& instance : instances) {
    if (!instance.others_due) continue;
    auto found = find_others(instance.setup.config, head);
    if (!found) {
      note("upgrade admins and owners: " + found.error().text());
      continue;
    }
    instance.others = *std::move(found);
    instance.others_due = false;
    read_logs_of(instance.others);
  }
}

}  // namespace lockstep::evm
