// Blocks, prices and users.
#include <algorithm>

#include "adapters/sim/world.hpp"

namespace lockstep::sim {

namespace {

constexpr TimeMs quiet_max_ms = 24 * 3600 * 1000;

}  // namespace

void World::schedule_block(std::size_t ledger, TimeMs when) {
  auto& pace = paces_[ledger];
  pace.next = when;
  time_.at(when, [this, ledger, generation = ++pace.generation] {
    if (paces_[ledger].generation == generation) mine(ledger);
  });
}

/// Somebody waits for a block: a chain makes one in its usual time, however quiet it was.
void World::hurry(std::size_t ledger) {
  auto& pace = paces_[ledger];
  const auto soon = time_.now() + ledgers_[ledger]->rules().interval_ms;
  if (ledgers_[ledger]->stalled() || pace.next <= soon) return;
  schedule_block(ledger, time_.now() + 1 + rng_.below(ledgers_[ledger]->rules().interval_ms));
}

TxnId World::broadcast(std::size_t ledger, Txn txn) {
  txn.id = next_txn_++;
  ledgers_[ledger]->send(txn);
  trace_.add("txn", ledger, txn.id, txn.ready);
  paces_[ledger].quiet = 0;
  hurry(ledger);
  return txn.id;
}

void World::mine(std::size_t ledger) {
  auto& chain = *ledgers_[ledger];
  if (chain.stalled()) return;  // whoever lets it go on makes it go on
  const auto before = chain.head().ref.time;
  const auto& block = chain.mine(time_.now(), rng_);
  trace_.add("block", block.ref.hash.view());
  for (const auto& receipt : block.receipts) trace_.add("receipt", receipt.txn, receipt.refused != nullptr ? 1 : 0);
  judge_.block(ledger);
  tell_gates(ledger);
  act_on_block(ledger);
  auto& pace = paces_[ledger];
  const auto busy = [&] { pace.busy_until = block.ref.num + chain.rules().depth + 2; };
  if (block.stirred) busy();
  for (const auto& instance : block.instances) {
    if (instance == nullptr) continue;
    const auto& gate = instance->gate;
    const auto* leaf = gate.leaf();
    for (const auto threshold : {gate.halt_at(), leaf ? leaf->switch_by : 0, leaf ? leaf->decide_by : 0, gate.open_at(),
                                 gate.halt_now_until()})
      if (threshold > before && threshold <= block.ref.time) busy();
  }
  for (auto& machine : machines_)
    if (machine) machine->wake_chain(ledger, 3000);
  for (auto& copy : copies_) copy->wake_chain(ledger, 2000);
  schedule_block(ledger, next_block(ledger));
}

TimeMs World::next_block(std::size_t ledger) {
  auto& chain = *ledgers_[ledger];
  auto& pace = paces_[ledger];
  const auto interval = chain.rules().interval_ms;
  const auto usual = time_.now() + interval - interval / 8 + rng_.below(interval / 4 + 1);
  const auto& head = chain.head();
  const bool due = std::ranges::any_of(chain.mempool(), [&](const Txn& txn) { return txn.ready <= usual + interval; });
  if (head.ref.num < pace.busy_until || due) {
    pace.quiet = 0;
    return usual;
  }
  pace.quiet = std::min(pace.quiet + 1, 20U);
  auto delay = std::min(interval << pace.quiet, quiet_max_ms);
  const auto clock = chain.clock(time_.now());
  const auto until = [&](UnixSeconds threshold) {
    if (threshold >= clock) delay = std::min(delay, (threshold - clock) * 1000 + 200 + rng_.below(interval));
  };
  for (const auto& instance : head.instances) {
    if (instance == nullptr) continue;
    const auto& gate = instance->gate;
    until(gate.halt_at());
    until(gate.open_at());
    until(gate.halt_now_until());
    if (gate.leaf() == nullptr) continue;
    until(gate.leaf()->switch_by + 1);
    until(gate.leaf()->decide_by);
  }
  for (const auto& txn : chain.mempool()) delay = std::min(delay, txn.ready - std::min(txn.ready, time_.now()));
  return std::max(usual, time_.now() + delay);
}

/// What a person would see on this chain's gates.
void World::tell_gates(std::size_t ledger) {
  if (!options_.story && !options_.trace) return;
  const auto& head = ledgers_[ledger]->head();
  const auto& before = ledgers_[ledger]->at(head.ref.num - 1);
  for (ProtocolIndex p = 0; p < head.instances.size(); ++p) {
    if (head.instances[p] == nullptr) continue;
    const auto& was = before.instances[p]->gate;
    const auto& now = head.instances[p]->gate;
    const auto name = ledgers_[ledger]->rules().name + " " + scenario_.protocols[p].name;
    if (now.phase() != was.phase() || now.epoch() != was.epoch())
      tell(name, std::string("is ") + coordinator::to_text(now.phase()) + " in epoch " + std::to_string(now.epoch()));
    if (now.decision() != was.decision())
      tell(name, std::string("is home and decides ") + coordinator::to_text(now.decision()));
    const bool halted = now.halted(head.ref.time), was_halted = was.halted(before.ref.time);
    if (halted != was_halted) tell(name, halted ? "is halted" : "is no longer halted");
    if (now.mask(head.ref.time) == mask_all && was.mask(before.ref.time) != mask_all)
      tell(name, "is open for everything");
  }
}

/// Users trade while they may; prices are posted where somebody will need them.
void World::act_on_block(std::size_t ledger) {
  auto& chain = *ledgers_[ledger];
  const auto& head = chain.head();
  const auto post = [&](ProtocolIndex p, TxnCall call) {
    Txn txn;
    txn.id = next_txn_++;
    txn.protocol = p;
    txn.call = std::move(call);
    txn.ready = time_.now() + 1;
    chain.send(std::move(txn));
  };
  const bool quiet = paces_[ledger].quiet > 2;
  for (ProtocolIndex p = 0; p < head.instances.size(); ++p) {
    const auto& instance = head.instances[p];
    if (instance == nullptr) continue;
    const bool halted = instance->gate.halted_by_plan(head.ref.time);
    if (!quiet && rng_.chance(halted ? 80 : 20)) post(p, Price{1000 + static_cast<std::int64_t>(rng_.below(50))});
    if (!quiet && instance->open(head.ref.time) && rng_.chance(120)) {
      const auto amount = static_cast<std::int64_t>(1 + rng_.below(1000));
      post(p, Trade{rng_.below(5), rng_.chance(300) ? -amount : amount});
    }
  }
  adversary_.attack(ledger, [&](const Txn& made) {
    Txn txn = made;
    txn.ready = time_.now() + rng_.below(500);
    broadcast(ledger, std::move(txn));
  });
}

void World::fork(std::size_t ledger, std::uint64_t depth, std::uint32_t lose_per_mille) {
  auto& chain = *ledgers_[ledger];
  const auto first = chain.fork(depth, time_.now(), rng_, lose_per_mille);
  trace_.add("fork", ledger, first);
  judge_.forked(ledger);
  paces_[ledger].busy_until = first + depth + chain.rules().depth + 2;
  paces_[ledger].quiet = 0;
  // The other branch is there already, and longer.
  for (std::uint64_t i = 0; i < depth && !judge_.broken(); ++i) {
    chain.mine(time_.now(), rng_);
    trace_.add("block", chain.head().ref.hash.view());
    judge_.block(ledger);
  }
  schedule_block(ledger, time_.now() + 1 + rng_.below(chain.rules().interval_ms));
}

}  // namespace lockstep::sim
