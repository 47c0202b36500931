#include "adapters/sim/machine.hpp"

#include <utility>

#include "adapters/sim/journal_watch.hpp"
#include "adapters/sim/keys.hpp"
#include "coordinator/codec.hpp"
#include "coordinator/facts.hpp"
#include "coordinator/trace.hpp"
#include "crypto/eip712.hpp"
#include "crypto/local_key.hpp"

namespace lockstep::sim {

using namespace coordinator;

namespace {

constexpr std::size_t batch_max = 256;
constexpr const char* journal_file = "/journal.db";
constexpr const char* guard_file = "/guard.db";

journal::JournalOptions journal_options(const MemoryDisk& disk) {
  journal::JournalOptions options;
  options.file = journal_file;
  options.reserve_bytes = 0;
  options.vfs = disk.vfs();
  options.vfs_only = true;
  return options;
}

journal::GuardOptions guard_options(const MemoryDisk& disk) {
  journal::GuardOptions options;
  options.file = guard_file;
  options.vfs = disk.vfs();
  options.vfs_only = true;
  return options;
}

/// PROTOCOL.md: nothing is signed while held or frozen, but HALT_NOW while held.
bool forbidden(const PlanState& plan, Kind kind) { return plan.frozen || (plan.held && kind != Kind::halt_now); }

Hash32 domain_of(const Plan& plan) {
  const auto& home = plan.instances[plan.home];
  return crypto::domain_separator(home.chain_id, home.gate);
}

}  // namespace

const std::vector<MemoryDisk::Image>& prepared_disks() {
  static const auto images = [] {
    std::vector<MemoryDisk::Image> all;
    for (std::size_t i = 0; i < max_simulated_operators; ++i) {
      MemoryDisk disk;
      {
        auto journal = journal::SqliteJournal::open(journal_options(disk));
        if (!journal) return std::vector<MemoryDisk::Image>{};
        auto guard = journal::Guard::open(guard_options(disk), **journal);
        if (!guard) return std::vector<MemoryDisk::Image>{};
      }
      all.push_back(disk.image());
    }
    return all;
  }();
  return images;
}

/// Dies where it is told to, and notes what is durable.
class Machine::TracedJournal final : public ports::Journal {
 public:
  TracedJournal(Machine& machine, Process& process) : machine_(machine), process_(process) {}

  Result<std::uint64_t> append(const std::vector<Record>& records, const ports::OutboxChange& change,
                               std::uint64_t time_ms) override {
    if (machine_.struck(KillPoint::before_append)) return fail("killed before the transaction");
    auto done = process_.file->append(records, change, time_ms);
    if (!done) return done;
    for (const auto& record : records) {
      machine_.world_.trace.add("record", *done, record.index());
      if (const auto broken = watch_.durable(record, process_.engine->state()))
        machine_.world_.hooks.broke(machine_.self_, *broken);
    }
    ++machine_.counts_.appends;
    machine_.counts_.records += records.size();
    if (machine_.struck(KillPoint::after_append)) return fail("killed after the transaction");
    for (const auto& gone : change.gone) process_.durable.erase(gone);
    for (const auto& effect : change.come) process_.durable.insert(key(effect));
    return done;
  }
  Result<std::vector<ports::JournalEntry>> read(std::uint64_t after, std::size_t limit) override {
    return process_.file->read(after, limit);
  }
  Result<std::vector<ports::OutboxRow>> outbox() override { return process_.file->outbox(); }
  std::uint32_t rules() const override { return process_.file->rules(); }
  bool degraded() const override { return process_.file->degraded(); }

 private:
  Machine& machine_;
  Process& process_;
  JournalWatch watch_;
};

/// Tells the machine each time that the key is used.
class Machine::WatchedKey final : public ports::Key {
 public:
  explicit WatchedKey(Machine& machine) : machine_(machine), key_(crypto::local_key(operator_keys()[machine.self_])) {}
  Address address() const override { return key_->address(); }
  std::expected<Bytes, ports::NotSigned> sign(const ports::ToSign& message) const override {
    if (auto alive = machine_.use_key(); !alive) return std::unexpected(alive.error());
    return key_->sign(message);
  }

 private:
  Machine& machine_;
  ports::KeyPtr key_;
};

Machine::Machine(MachineWorld& world, std::size_t self, Rng rng, const MemoryDisk::Image& disk)
    : world_(world), self_(self), rng_(rng) {
  disk_.restore(disk);
  lines_.resize(world.ledgers.size());
}

Machine::~Machine() {
  if (process_) kill("the end");
}

const Address& Machine::address() const { return operator_addresses()[self_]; }

UnixSeconds Machine::wall() const {
  return static_cast<UnixSeconds>(static_cast<std::int64_t>(world_.time.now()) + clock_ahead_ms) / 1000;
}

bool Machine::struck(KillPoint point) {
  if (kill_point_ != point || --kill_count_ > 0) return false;
  kill_point_ = KillPoint::none;
  return true;
}

void Machine::arm_kill(KillPoint point, std::uint64_t count) {
  if (point == KillPoint::now) return kill("killed");
  if (point == KillPoint::disk) return disk_.arm(DiskFault::crash, count);
  kill_point_ = point;
  kill_count_ = count;
}

runtime::Parts Machine::parts(Process& process) {
  runtime::Parts parts;
  parts.journal = process.journal.get();
  parts.signer = process.signer.get();
  parts.peers = process.peers.get();
  for (std::size_t i = 0; i < process.chains.size(); ++i)
    parts.chains[world_.ledgers[i]->rules().name] = process.chains[i].get();
  parts.deltas = [this](const Hash32& plan, InstanceIndex i) -> Result<std::vector<mirror::Delta>> {
    const auto* spec = world_.plans.find(plan);
    if (spec == nullptr) return fail("no such plan");
    if (!spec->leaves[i]->switches) return std::vector<mirror::Delta>{};
    return Exchange::declared(spec->plan.epoch);
  };
  parts.domain = domain_of;
  parts.wall_ms = [this] { return static_cast<std::uint64_t>(wall()) * 1000; };
  parts.on_recovered = [&process](const State& state) -> Result<void> {
    if (process.guarded == nullptr) return {};
    if (auto covered = process.guard->covers(state, process.guarded->address()); !covered)
      process.guarded->quarantine(covered.error());
    return {};
  };
  return parts;
}

void Machine::add_chains(Process& process) {
  for (std::size_t i = 0; i < world_.ledgers.size(); ++i) {
    SimChain::World around{world_.time,
                           *world_.ledgers[i],
                           i,
                           lines_[i],
                           world_.plans,
                           [this, i](const Txn& txn) { return world_.broadcast(i, txn); },
                           [&process](const std::string& wanted) { return process.durable.contains(wanted); },
                           [this](const std::string& law) { world_.hooks.broke(self_, law); },
                           [this](const Submit& submit) { world_.hooks.sent(self_, submit); },
                           [this, i] { world_.hooks.attempted(i); }};
    process.chains.push_back(
        std::make_unique<SimChain>(std::move(around), world_.protocols, rng_.split("chain", rng_.next() + i)));
  }
}

std::optional<std::string> Machine::open(Process& process) {
  auto options = journal_options(disk_);
  options.checkpoint_pages = checkpoint_pages;
  auto file = journal::SqliteJournal::open(options);
  if (!file) return "journal: " + file.error().text();
  process.file = std::move(*file);
  const auto rows = process.file->outbox();
  if (!rows) return "journal: " + rows.error().text();
  for (const auto& one : *rows) process.durable.insert(one.key);
  process.journal = std::make_unique<TracedJournal>(*this, process);
  auto guard = journal::Guard::open(guard_options(disk_), *process.file);
  if (guard) {
    process.guard = std::move(*guard);
    auto* file_ptr = process.file.get();
    auto signer = std::make_unique<journal::GuardedSigner>(std::make_shared<WatchedKey>(*this), *process.guard,
                                                           [file_ptr] { return file_ptr->last_seq(); });
    process.guarded = signer.get();
    process.signer = std::move(signer);
  } else {
    process.signer = std::make_unique<journal::QuarantinedSigner>(address(), guard.error());
  }
  return std::nullopt;
}

std::optional<std::string> Machine::start() {
  disk_.revive();
  kill_point_ = KillPoint::none;
  ++counts_.starts;
  auto process = std::make_unique<Process>();
  auto& p = *process;
  process_ = std::move(process);
  p.publisher.close();
  auto problem = open(p);
  if (!problem) {
    add_chains(p);
    p.peers = std::make_unique<SimPeers>(SimPeers::World{world_.time, world_.network, self_, world_.operators,
                                                         operator_addresses(), world_.recover, world_.ask},
                                         rng_.split("peers", rng_.next()));
    const auto sink = [this, alive = p.alive](ports::News news) {
      if (*alive) post(std::move(news));
    };
    for (auto& chain : p.chains) chain->start(sink);
    p.peers->start(sink);
    p.engine = std::make_unique<runtime::Engine>(
        parts(p), runtime::Identity{"sim", "0", "quorum"},
        [this, &p, alive = p.alive](std::string protocol, const ports::Domain& domain, const Statement& statement) {
          p.to_sign.insert(key(Effect{Sign{statement}}));
          const auto delay = 1 + rng_.below(30) + (sign_delay_ms > 0 ? rng_.below(sign_delay_ms) : 0);
          world_.time.after(delay, [this, alive, wanted = ToSign{std::move(protocol), domain, statement}] {
            if (*alive) sign(wanted);
          });
        },
        p.publisher, nullptr, [&p](const std::string& gone) { p.to_sign.erase(gone); });
    if (auto recovered = p.engine->recover(); !recovered) {
      problem = std::to_string(recovered.error().exit_code) + ": " + recovered.error().error.text();
    } else {
      p.engine->resume();
      notice_attestations();
    }
  }
  if (problem) kill(*problem);
  return problem;
}

void Machine::kill(const std::string& why) {
  if (!process_) return;
  ++counts_.deaths;
  *process_->alive = false;
  disk_.arm(DiskFault::crash, 1);  // nothing a destructor does reaches the disk
  process_.reset();
  disk_.revive();
  if (!copy_) world_.hooks.died(self_, why);
}

void Machine::lose_power() {
  kill("the power failed");
  disk_.lose_power(rng_);
}

void Machine::post(ports::News news) {
  if (!process_) return;
  process_->news.push_back(std::move(news));
  if (process_->step_due) return;
  process_->step_due = true;
  // What comes within a moment is one durable step, or several, as it happens.
  const TimeMs moment = rng_.chance(150) ? 0 : rng_.below(1200);
  world_.time.after(moment, [this, alive = process_->alive] {
    if (*alive) step();
  });
}

bool Machine::repeat_news(std::uint64_t count) {
  if (!process_ || recent_.empty()) return false;
  for (std::uint64_t i = 0; i < count; ++i) post(recent_[rng_.below(recent_.size())]);
  return true;
}

void Machine::tick() { post(Event{ClockTicked{wall()}}); }

void Machine::step() {
  auto& p = *process_;
  p.step_due = false;
  std::vector<runtime::Item> items;
  while (!p.news.empty() && items.size() < batch_max) {
    if (const auto* event = std::get_if<Event>(&p.news.front())) {
      note(*event);
    }
    items.push_back({std::move(p.news.front()), {}});
    p.news.pop_front();
  }
  if (items.empty()) return;
  if (auto going = p.engine->step(std::move(items)); !going) {
    const auto why = std::to_string(going.error().exit_code) + ": " + going.error().error.text();
    if (going.error().exit_code != 74) world_.hooks.broke(self_, "the process stopped with a bug: " + why);
    return kill(why);
  }
  if (!p.news.empty() && !p.step_due) {
    p.step_due = true;
    world_.time.after(0, [this, alive = p.alive] {
      if (*alive) step();
    });
  }
  notice_attestations();
}

/// Into the trace, and some of them into what may be repeated.
void Machine::note(const Event& event) {
  if (const auto* seen = std::get_if<GateObserved>(&event)) {
    world_.trace.add("gate", seen->view.block.hash.view());
    world_.trace.add("gate", self_,
                     static_cast<std::uint64_t>(seen->view.phase) * 2 + (seen->finality == Finality::final),
                     seen->view.block.num * 64 + seen->instance);
  } else {
    world_.trace.add("event", trace(event));
  }
  if (world_.hooks.event) world_.hooks.event(self_, trace(event));
  if (noted_++ % 3 != 0) return;
  recent_.push_back(event);
  if (recent_.size() > 12) recent_.pop_front();
}

void Machine::notice_attestations() {
  std::size_t count = 0;
  for (const auto& [hash, plan] : process_->engine->state().plans)
    for (const auto& [kind, by_signer] : plan.attestations) count += by_signer.size();
  if (count == process_->attestations) return;
  process_->attestations = count;
  world_.hooks.attestations_changed(self_);
}

std::expected<void, ports::NotSigned> Machine::use_key() {
  const auto known = process_->guard->knows(signing_->protocol, signing_->statement);
  if (known && !*known) world_.hooks.broke(self_, "S11: the key is used for what the guard does not know");
  if (struck(KillPoint::in_sign)) return std::unexpected(ports::NotSigned{{"killed while it signs"}, true});
  return {};
}

void Machine::sign(const ToSign& wanted) {
  if (struck(KillPoint::before_sign)) return kill("killed before signing");
  auto& p = *process_;
  const auto effect = key(Effect{Sign{wanted.statement}});
  if (!p.to_sign.contains(effect)) return;  // withdrawn meanwhile
  signing_ = &wanted;
  auto attestation = p.signer->sign(wanted.protocol, wanted.domain, wanted.statement);
  signing_ = nullptr;
  if (!attestation && attestation.error().again) return kill(attestation.error().error.what);
  if (attestation) {
    const auto told = p.engine->state().plans.find(wanted.statement.plan_hash);
    if (told != p.engine->state().plans.end() && forbidden(told->second, wanted.statement.kind))
      world_.hooks.broke(self_, "it signs while held or frozen");
    if (!p.durable.contains(effect)) {
      // It may have been overtaken since it was asked for; then it was durable, and the journal still knows the intent.
      const auto& plans = p.engine->state().plans;
      const auto plan = plans.find(wanted.statement.plan_hash);
      if (plan == plans.end() || !plan->second.signing.contains(wanted.statement.kind))
        world_.hooks.broke(self_, "S11: signed without a durable intent");
    }
    ++counts_.signatures;
    world_.trace.add("signed", attestation->signature);
    world_.hooks.signed_(self_, wanted.domain.separator, wanted.protocol, *attestation);
    if (struck(KillPoint::after_sign)) return kill("killed after signing");
    post(Event{AttestationReceived{std::move(*attestation)}});
    return;
  }
  ++counts_.refusals;
  post(Event{SignRefused{wanted.statement.plan_hash, wanted.statement.kind, attestation.error().error.text()}});
}

void Machine::wake_chain(std::size_t ledger, TimeMs within) {
  if (process_) process_->chains[ledger]->wake(within);
}

void Machine::nudge(std::size_t peer) {
  if (process_ && peer != self_) process_->peers->nudge(peer);
}

void Machine::retry_peers() {
  for (std::size_t peer = 0; peer < world_.operators; ++peer) nudge(peer);
}

bool Machine::quarantined() const {
  return process_ && process_->signer && process_->signer->quarantined().has_value();
}

bool Machine::store_failed() const {
  if (!process_) return false;
  for (const auto& [hash, plan] : process_->engine->state().plans) {
    if (ended(plan.stage)) continue;
    for (const auto& [kind, why] : plan.sign_refused)
      if (why.find("the signing guard (") != std::string::npos) return true;
  }
  return false;
}

std::string Machine::describe(const Hash32& plan) const {
  if (!process_) return "does not run";
  if (const auto why = process_->signer->quarantined()) return "signs nothing: " + why->text();
  const auto found = process_->engine->state().plans.find(plan);
  if (found == process_->engine->state().plans.end()) return "does not know the plan";
  const auto& state = found->second;
  auto text = std::string("is in ") + coordinator::to_text(state.stage) + ", waits on " +
              coordinator::to_text(state.waiting.code) + ": " + state.waiting.detail;
  if (!state.old_reason.empty()) text += "; wants OLD: " + state.old_reason;
  if (state.held) text += "; held";
  if (state.frozen) text += "; frozen: " + state.frozen_reason;
  for (const auto& instance : state.instances) {
    for (const auto* report : {&instance.baseline, &instance.evidence, &instance.soak_evidence}) {
      if (!*report) continue;
      for (const auto& row : (*report)->rows)
        if (row.colour == Colour::red) text += "; red " + row.name + ": " + row.detail;
    }
  }
  for (const auto& [kind, why] : state.sign_refused)
    text += std::string("; refused ") + coordinator::to_text(kind) + ": " + why;
  return text;
}

std::vector<Attestation> Machine::held(const Hash32& plan) const {
  std::vector<Attestation> all;
  if (!process_) return all;
  const auto found = process_->engine->state().plans.find(plan);
  if (found == process_->engine->state().plans.end()) return all;
  for (const auto& [kind, by_signer] : found->second.attestations)
    for (const auto& [signer, attestation] : by_signer) all.push_back(attestation);
  for (const auto& [kind, by_signer] : found->second.equivocations)
    for (const auto& [signer, attestation] : by_signer) all.push_back(attestation);
  return all;
}

}  // namespace lockstep::sim
