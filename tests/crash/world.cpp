#include "world.hpp"

#include <algorithm>

#include "crypto/eip712.hpp"
#include "crypto/keccak256.hpp"
#include "crypto/local_key.hpp"
#include "runtime/log.hpp"

namespace lockstep::crash {

using namespace coordinator;

namespace {

const char* const names[] = {"alpha", "beta", "gamma"};

crypto::PrivateKey key_of_operator(std::uint8_t number) {
  Hash32 secret;
  secret.bytes.fill(static_cast<std::uint8_t>(0x42 + number));
  return *crypto::PrivateKey::from_bytes(secret.view());
}

Plan make_plan(std::uint8_t operators) {
  Plan plan;
  plan.hash = crypto::keccak256("plan");
  plan.protocol = "perps";
  plan.name = "crash";
  plan.epoch = 1;
  plan.from_version = std::string("1");  // g++ 12 warns wrongly about assigning literals of one character
  plan.to_version = std::string("2");
  for (std::uint64_t i = 0; i < 3; ++i)
    plan.instances.push_back({names[i], 100 + i, Address{}, crypto::keccak256(names[i]), false});
  plan.operators = {{}, operators, 0, crypto::keccak256("operators")};
  for (std::uint8_t i = 0; i < operators; ++i) plan.operators.operators.push_back(key_of_operator(i).address());
  std::ranges::sort(plan.operators.operators);
  plan.window = {1015, 1030, 1060, 1090, 5};
  plan.last_stage_s = 4;
  return plan;
}

}  // namespace

Result<std::uint64_t> KillJournal::append(const std::vector<Record>& records, const ports::OutboxChange& change,
                                          std::uint64_t time_ms) {
  killed_ = ++appends_ == death_.append;
  if (killed_ && !death_.after_commit) return fail("killed before the transaction");
  auto done = real_.append(records, change, time_ms);
  if (killed_) return fail("killed after the transaction");
  return done;
}

World::World(const WorldSetup& setup) {
  runtime::log::configure(runtime::log::Level::error, runtime::log::Format::text);
  for (std::uint64_t i = 0; i < 3; ++i) ledgers_.emplace_back(names[i], i + 1);  // final after 1, 2 and 3 blocks
  if (setup.corrupting_switch) ledgers_[1].set_corrupting_switch();
  for (std::uint8_t i = 0; i < setup.operators; ++i) {
    operators_.push_back({i, setup.dir / std::string(1, static_cast<char>('0' + i)), i == 0 ? setup.disk : nullptr,
                          i == 0 ? setup.reserve_bytes : 0, make_plan(setup.operators)});
    operators_.back().plan.self = key_of_operator(i).address();
  }
}

World::World(const World& dead, const std::filesystem::path& dir)
    : ledgers_(dead.ledgers_), archive_(dead.archive_), round_(dead.round_), kills_(dead.kills_) {
  const auto& one = dead.operators_.front();
  operators_.push_back({one.number, dir / "0", nullptr, one.reserve_bytes, one.plan, one.said});
  std::filesystem::copy(one.dir, dir / "0");
}

runtime::Parts World::parts(Operator& one) const {
  auto& process = *one.process;
  runtime::Parts parts;
  parts.journal = process.journal.get();
  parts.signer = process.signer.get();
  for (std::size_t i = 0; i < 3; ++i) parts.chains[names[i]] = process.chains[i].get();
  parts.deltas = [](const Hash32&, InstanceIndex) { return Ledger::declared(); };
  parts.domain = [](const Plan& plan) {
    return crypto::domain_separator(plan.instances[plan.home].chain_id, plan.instances[plan.home].gate);
  };
  parts.wall_ms = [this] { return ledgers_[0].head() * 1000; };
  parts.on_recovered = [&process](const State& state) -> Result<void> {
    if (!process.guarded) return {};
    if (auto covered = process.guard->covers(state, process.signer->address()); !covered)
      process.guarded->quarantine(covered.error());
    return {};
  };
  return parts;
}

// As lockstepd does it: without a guard that fits the journal everything is observed and nothing is signed.
Result<void> World::open_files(Operator& one, Death death) {
  auto& p = *one.process;
  const std::string vfs = one.disk ? one.disk->vfs() : std::string{};
  journal::JournalOptions options;
  options.file = one.dir / "journal.db";
  options.reserve_bytes = one.reserve_bytes;
  options.checkpoint_pages = 100;
  options.vfs = vfs;
  auto file = journal::SqliteJournal::open(options);
  if (!file) return std::unexpected(file.error());
  p.file = std::move(*file);
  p.journal = std::make_unique<KillJournal>(*p.file, death);
  auto guard = journal::Guard::open({one.dir / "guard.db", vfs}, *p.file);
  auto key = key_of_operator(one.number);
  if (!guard) {
    p.signer = std::make_unique<journal::QuarantinedSigner>(key.address(), guard.error());
    return {};
  }
  p.guard = std::move(*guard);
  auto guarded = std::make_unique<journal::GuardedSigner>(crypto::local_key(std::move(key)), *p.guard,
                                                          [&p] { return p.file->last_seq(); });
  p.guarded = guarded.get();
  p.signer = std::move(guarded);
  return {};
}

void World::make_engine(Operator& one) {
  auto& p = *one.process;
  const auto durable = [&p](const std::string& key) {
    const auto rows = p.file->outbox().value();
    return std::ranges::any_of(rows, [&](const auto& row) { return row.key == key; });
  };
  for (auto& ledger : ledgers_) {
    p.chains.push_back(std::make_unique<FakeChain>(ledger, one.plan.protocol, durable));
    p.chains.back()->start([&p](ports::News news) { p.news.push_back(std::move(news)); });
  }
  p.engine = std::make_unique<runtime::Engine>(
      parts(one), runtime::Identity{"crash", "0", "single"},
      [this, &p, durable](std::string protocol, const ports::Domain& domain, const Statement& statement) {
        if (!durable(key(Sign{statement}))) violated("S11: asked to sign what is not durable");
        p.to_sign.emplace_back(std::move(protocol), domain, statement);
      },
      p.publisher);
}

std::optional<std::string> World::start(Operator& one, Death death) {
  one.process = std::make_unique<Process>();
  if (one.disk && death.change > 0) one.disk->arm(Fault::crash, death.change);
  if (auto opened = open_files(one, death); !opened) return opened.error().text();
  make_engine(one);
  if (auto recovered = one.process->engine->recover(); !recovered) return recovered.error().error.text();
  one.process->engine->resume();
  return std::nullopt;
}

bool World::dead(const Operator& one) const {
  return (one.process->journal && one.process->journal->killed()) || (one.disk && one.disk->crashed());
}

bool World::step(Operator& one, ports::News news) {
  std::vector<runtime::Item> items;
  items.push_back({std::move(news), {}});
  const auto going = one.process->engine->step(std::move(items));
  if (!going) death_ = going.error().error.text();
  return going.has_value() && !dead(one);
}

void World::sign_all(Operator& one) {
  auto& p = *one.process;
  for (const auto& [protocol, domain, statement] : std::exchange(p.to_sign, {})) {
    const bool was_degraded = p.file->degraded();
    auto attestation = p.signer->sign(protocol, domain, statement);
    if (attestation) {
      judge_signature(one, statement, was_degraded);
      archive_.push_back(*attestation);
      p.news.push_back(Event{AttestationReceived{std::move(*attestation)}});
    } else {
      p.news.push_back(Event{SignRefused{statement.plan_hash, statement.kind, attestation.error().error.text()}});
    }
  }
}

// Everything is told again in every round: a repeated event changes nothing (S12).
bool World::round(Operator& one) {
  auto& p = *one.process;
  if (!step(one, Event{PlanSubmitted{one.plan}})) return false;
  for (const auto& attestation : std::vector(archive_))
    if (!step(one, Event{AttestationReceived{attestation}})) return false;
  if (!step(one, Event{ClockTicked{1000 + ledgers_[0].head()}})) return false;
  for (auto& chain : p.chains) chain->pump();
  while (!p.news.empty() || !p.to_sign.empty()) {
    sign_all(one);
    if (dead(one)) return false;
    if (p.news.empty()) continue;
    auto next = std::move(p.news.front());
    p.news.pop_front();
    if (!step(one, std::move(next))) return false;
  }
  for (const auto& chain : p.chains)
    if (chain->not_durable() > 0) violated("S11: an effect was acted on that was not durable");
  return true;
}

void World::bury(Operator& one, Death death) {
  ++kills_;
  one.process.reset();
  if (one.disk) one.disk->lose_power(death.survivors);
}

bool World::command(CommandKind command) {
  return step(operators_.front(), Event{CommandReceived{plan().hash, command, "looked", "ops"}});
}

void World::stop() { operators_.front().process.reset(); }

bool World::all_ended() const {
  return std::ranges::all_of(operators_, [](const Operator& one) {
    const auto& plans = one.process->engine->state().plans;
    const auto found = plans.find(one.plan.hash);
    return found != plans.end() && ended(found->second.stage);
  });
}

Result<Life> World::live(Death death, std::size_t rounds) {
  auto& mortal = operators_.front();
  for (auto& one : operators_) {
    if (one.process) continue;
    const auto problem = start(one, &one == &mortal ? death : Death{});
    if (!problem) continue;
    if (!dead(one)) return fail("a start failed", {}, *problem);
    bury(one, death);
    return Life::killed;
  }
  for (std::size_t i = 0; i < rounds; ++i, ++round_) {
    for (std::size_t n = 0; n < ledgers_.size(); ++n) {
      if (round_ == 5 + n) ledgers_[n].arm(plan(), static_cast<InstanceIndex>(n));
      ledgers_[n].mine();
    }
    judge_block();
    bool killed = false;
    for (auto& one : operators_) {
      if (round(one)) continue;
      if (&one != &mortal || !dead(one)) return fail("a daemon stopped", {}, death_);
      killed = true;
    }
    if (violation_) return fail(*violation_);
    if (killed) {
      bury(mortal, death);
      ++round_;
      return Life::killed;
    }
    if (all_ended()) return Life::ended;
  }
  return Life::running;
}

std::optional<std::string> World::run(const std::vector<Death>& deaths) {
  for (const auto& death : deaths) {
    const auto life = live(death);
    if (!life) return life.error().text();
    if (*life == Life::running) return "the plan does not end; it waits: " + plan_state().waiting.detail;
    if (*life == Life::ended) return std::nullopt;
  }
  const auto life = live({});
  if (!life) return life.error().text();
  if (*life == Life::ended) return std::nullopt;
  return "the plan does not end; it waits: " + plan_state().waiting.detail;
}

}  // namespace lockstep::crash
