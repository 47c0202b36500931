#include "adapters/sim/ledger.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "base/byte_io.hpp"
#include "base/keccak256.hpp"

namespace lockstep::sim {
namespace {

using coordinator::Action;
using coordinator::BlockRef;

Hash32 block_hash(std::uint64_t chain_id, const Hash32& parent, std::uint64_t num, UnixSeconds time,
                  std::uint64_t fork) {
  ByteWriter out;
  for (const auto value : {chain_id, num, time, fork}) out.u64(value);
  out.fixed(parent);
  return keccak256(out.take());
}

Refused carry_out(const Certified& call, Gate& gate, const Gate::Call& where) {
  switch (call.action) {
    case Action::engage:
      return gate.engage(where);
    case Action::switch_version:
      return gate.switch_version(where, call.cert);
    case Action::decide:
      return gate.decide(where, call.outcome, call.cert);
    case Action::close:
      return gate.close(where, call.outcome, call.cert);
    case Action::halt_now:
      return gate.halt_now(where, call.cert, false);
  }
  return std::unexpected("UnknownAction");
}

}  // namespace

Ledger::Ledger(LedgerRules rules, std::size_t protocols, TimeMs now, const Recover& recover)
    : rules_(std::move(rules)), recover_(recover) {
  auto genesis = std::make_shared<Block>();
  genesis->ref = {0, block_hash(rules_.chain_id, {}, 0, clock(now), 0), clock(now)};
  genesis->instances.resize(protocols);
  genesis->operations.resize(protocols);
  blocks_.push_back(std::move(genesis));
}

UnixSeconds Ledger::clock(TimeMs now) const {
  const auto ahead = rules_.clock_ahead_s;
  return ahead >= 0 ? now / 1000 + static_cast<std::uint64_t>(ahead) : now / 1000 - static_cast<std::uint64_t>(-ahead);
}

void Ledger::deploy(ProtocolIndex protocol, const Gate& gate, const Hash32& code, bool push) {
  LOCKSTEP_ASSERT(blocks_.size() == 1);
  auto genesis = std::make_shared<Block>(*blocks_[0]);
  genesis->instances[protocol] = std::make_shared<const Instance>(Instance{gate, Exchange(code, push)});
  blocks_[0] = std::move(genesis);
}

bool Ledger::forget(TxnId id) {
  return std::erase_if(mempool_, [id](const Txn& txn) { return txn.id == id; }) > 0;
}

const char* Ledger::execute(const Txn& txn, const BlockRef& ref, Instance& instance) const {
  if (txn.out_of_gas) return "OutOfGas";
  auto& gate = instance.gate;
  auto& exchange = instance.exchange;
  const Gate::Call where{ref, exchange, recover_};
  if (ref.time >= oracle_stale_until_) exchange.confirm_price(ref.time);
  const auto done = std::visit(
      [&](const auto& call) -> Refused {
        using T = std::decay_t<decltype(call)>;
        if constexpr (std::is_same_v<T, Certified>) {
          return carry_out(call, gate, where);
        } else if constexpr (std::is_same_v<T, Arm>) {
          exchange.set_payload(call.payload);
          return gate.arm(where, call.plan_hash, call.leaf);
        } else if constexpr (std::is_same_v<T, Disarm>) {
          return gate.disarm(where);
        } else if constexpr (std::is_same_v<T, ForceResolve>) {
          return gate.force_resolve(where, call.outcome);
        } else if constexpr (std::is_same_v<T, GuardianHalt>) {
          return gate.halt_now(where, {}, true);
        } else if constexpr (std::is_same_v<T, Outsider>) {
          if (call.code)
            exchange.set_code(*call.code);
          else
            exchange.set_paused(false);
          return {};
        } else if constexpr (std::is_same_v<T, Price>) {
          exchange.set_price(ref.time, call.value);
          return {};
        } else {
          if (!instance.open(ref.time)) return std::unexpected("Halted");
          if (call.amount >= 0)
            exchange.deposit(call.account, call.amount);
          else
            exchange.withdraw(call.account, -call.amount);
          return {};
        }
      },
      txn.call);
  return done ? nullptr : done.error();
}

const Block& Ledger::mine(TimeMs now, Rng& rng) {
  const auto& parent = *blocks_.back();
  auto block = std::make_shared<Block>();
  const auto num = parent.ref.num + 1;
  const auto time = std::max(parent.ref.time, clock(now));
  block->ref = {num, block_hash(rules_.chain_id, parent.ref.hash, num, time, forks_), time};
  block->instances = parent.instances;
  block->operations.resize(parent.instances.size());

  std::vector<Txn> waiting;
  for (auto& txn : mempool_) (txn.ready <= now ? block->txns : waiting).push_back(std::move(txn));
  mempool_ = std::move(waiting);
  rng.shuffle(block->txns);

  for (ProtocolIndex p = 0; p < block->instances.size(); ++p) {
    auto& slot = block->instances[p];
    if (slot == nullptr) continue;
    const auto concerned = [p](const Txn& txn) { return txn.protocol == p; };
    const bool first = num == 1;
    if (!first && !slot->gate.due(block->ref) && std::ranges::none_of(block->txns, concerned)) continue;
    auto next = std::make_shared<Instance>(*slot);
    next->exchange.begin_block(num);
    bool changed = first || next->gate.tick(block->ref);
    block->stirred = block->stirred || changed;
    for (const auto& txn : block->txns) {
      if (!concerned(txn)) continue;
      Instance tried = *next;
      const auto* refused = execute(txn, block->ref, tried);
      block->receipts.push_back({txn.id, p, refused});
      included_[txn.id] = {num, refused};
      if (refused != nullptr) continue;
      *next = std::move(tried);
      changed = true;
      const bool daily = std::holds_alternative<Price>(txn.call) || std::holds_alternative<Trade>(txn.call);
      block->stirred = block->stirred || !daily;
      if (std::holds_alternative<Outsider>(txn.call)) block->touched_by_outsider.push_back(p);
      if (!next->gate.due(block->ref)) continue;
      next->gate.tick(block->ref);
    }
    if (!changed) continue;
    block->operations[p] = next->exchange.operations();
    block->changed = true;
    slot = std::move(next);
  }
  if (block->stirred) last_change_ = num;
  blocks_.push_back(std::move(block));
  if (!finality_stalled_ && num > rules_.depth) final_num_ = std::max(final_num_, num - rules_.depth);
  return *blocks_.back();
}

std::uint64_t Ledger::fork(std::uint64_t depth, TimeMs now, Rng& rng, std::uint32_t lose_per_mille) {
  depth = std::min<std::uint64_t>(depth, blocks_.size() - 1);
  const auto first = blocks_.size() - depth;
  std::vector<Txn> again;
  for (auto num = first; num < blocks_.size(); ++num) {
    for (auto txn : blocks_[num]->txns) {
      included_.erase(txn.id);
      if (rng.chance(lose_per_mille)) continue;
      txn.ready = std::max(txn.ready, now) + rng.below(3 * rules_.interval_ms);
      again.push_back(std::move(txn));
    }
  }
  blocks_.resize(first);
  mempool_.insert(mempool_.end(), again.begin(), again.end());
  if (final_num_ >= first) {
    final_num_ = first - 1;
    violated_ = true;
  }
  ++forks_;
  last_change_ = first;  // everything above is to be looked at anew
  return first;
}

const Ledger::Included* Ledger::included(TxnId id) const {
  const auto found = included_.find(id);
  return found == included_.end() ? nullptr : &found->second;
}

bool Ledger::waits(TxnId id) const {
  return std::ranges::any_of(mempool_, [id](const Txn& txn) { return txn.id == id; });
}

const char* Ledger::simulate(const Txn& txn, std::uint64_t at) const {
  const auto& block = *blocks_[at];
  if (block.instances[txn.protocol] == nullptr) return "NoCode";
  Instance copy = *block.instances[txn.protocol];
  copy.exchange.begin_block(block.ref.num + 2);
  return execute(txn, block.ref, copy);
}

}  // namespace lockstep::sim
