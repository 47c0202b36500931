#include "world.hpp"

#include <algorithm>

#include "crypto/eip712.hpp"
#include "crypto/keccak256.hpp"
#include "runtime/log.hpp"

namespace lockstep::crash {

using namespace coordinator;

namespace {

constexpr std::size_t rounds_max = 250;
const char* const names[] = {"alpha", "beta", "gamma"};

crypto::PrivateKey key_of_operator() {
  Hash32 secret;
  secret.bytes.fill(0x42);
  return *crypto::PrivateKey::from_bytes(secret.view());
}

Plan make_plan() {
  Plan plan;
  plan.hash = crypto::keccak256("plan");
  plan.protocol = "perps";
  plan.name = "crash";
  plan.epoch = 1;
  plan.from_version = "1";
  plan.to_version = "2";
  for (std::uint64_t i = 0; i < 3; ++i)
    plan.instances.push_back({names[i], 100 + i, Address{}, crypto::keccak256(names[i]), false});
  plan.self = key_of_operator().address();
  plan.operators = {{*plan.self}, 1, 0, crypto::keccak256("operators")};
  plan.window = {1015, 1030, 1060, 1090, 5};
  plan.last_stage_s = 4;
  return plan;
}

}  // namespace

Result<std::uint64_t> KillJournal::append(const std::vector<Record>& records, const std::vector<Effect>& outstanding,
                                          std::uint64_t time_ms) {
  const bool now = ++appends_ == kill_.append;
  if (now && !kill_.after_commit) return fail("killed before the transaction");
  auto done = real_.append(records, outstanding, time_ms);
  if (now) return fail("killed after the transaction");
  return done;
}

World::World(std::filesystem::path dir, bool corrupting_switch) : dir_(std::move(dir)), plan_(make_plan()) {
  for (std::uint64_t i = 0; i < 3; ++i) ledgers_.emplace_back(names[i], i + 1);  // final after 1, 2 and 3 blocks
  runtime::log::configure(runtime::log::Level::error, runtime::log::Format::text);
  if (corrupting_switch) ledgers_[1].set_corrupting_switch();
}

runtime::Parts World::parts(Process& process) const {
  runtime::Parts parts;
  parts.journal = process.journal.get();
  parts.signer = process.signer.get();
  for (std::size_t i = 0; i < 3; ++i) parts.chains[names[i]] = process.chains[i].get();
  parts.deltas = [](const Hash32&, InstanceIndex) { return Ledger::declared(); };
  parts.domain = [](const Plan& plan) {
    return crypto::domain_separator(plan.instances[plan.home].chain_id, plan.instances[plan.home].gate);
  };
  parts.hash = [](BytesView bytes) { return crypto::keccak256(bytes); };
  parts.wall_ms = [this] { return ledgers_[0].head() * 1000; };
  parts.on_recovered = [&process](const State& state) -> Result<void> {
    if (auto covered = process.guard->covers(state, process.signer->address()); !covered) {
      process.signer->quarantine(covered.error());
    }
    return {};
  };
  return parts;
}

std::optional<std::string> World::start(Kill kill) {
  process_ = std::make_unique<Process>();
  auto& p = *process_;
  journal::JournalOptions options;
  options.file = dir_ / "journal.db";
  options.reserve_bytes = 0;
  auto file = journal::SqliteJournal::open(options);
  if (!file) return file.error().text();
  p.file = std::move(*file);
  p.journal = std::make_unique<KillJournal>(*p.file, kill);
  auto guard = journal::Guard::open({dir_ / "guard.db", {}}, *p.file);
  if (!guard) return guard.error().text();
  p.guard = std::move(*guard);
  p.signer = std::make_unique<journal::GuardedSigner>(key_of_operator(), *p.guard, [&p] { return p.file->last_seq(); });
  for (auto& ledger : ledgers_) {
    p.chains.push_back(std::make_unique<FakeChain>(ledger, plan_.protocol, [&p](const std::string& key) {
      const auto rows = p.file->outbox().value();
      return std::ranges::any_of(rows, [&](const auto& row) { return row.key == key; });
    }));
    p.chains.back()->start([&p](ports::News news) { p.news.push_back(std::move(news)); });
  }
  p.engine = std::make_unique<runtime::Engine>(
      parts(p), runtime::Identity{"crash", "0", "single"},
      [&p](std::string protocol, const Hash32& domain, const Statement& statement) {
        p.to_sign.emplace_back(std::move(protocol), domain, statement);
      },
      p.publisher);
  if (auto recovered = p.engine->recover(); !recovered) return recovered.error().error.text();
  p.engine->resume();
  return std::nullopt;
}

bool World::step(ports::News news) {
  std::vector<runtime::Item> items;
  items.push_back({std::move(news), {}});
  if (auto going = process_->engine->step(std::move(items)); !going) {
    death_ = going.error().error.text();
    return false;
  }
  return true;
}

bool World::round() {
  auto& p = *process_;
  if (!step(Event{PlanSubmitted{plan_}})) return false;  // every round: a repeated event changes nothing (S12)
  if (!step(Event{ClockTicked{1000 + ledgers_[0].head()}})) return false;
  for (auto& chain : p.chains) chain->pump();
  while (!p.news.empty() || !p.to_sign.empty()) {
    if (!p.to_sign.empty()) {
      const auto [protocol, domain, statement] = p.to_sign.front();
      p.to_sign.erase(p.to_sign.begin());
      auto signed_ = p.signer->sign(protocol, domain, statement);
      if (signed_)
        p.news.push_back(Event{AttestationReceived{std::move(*signed_)}});
      else
        p.news.push_back(Event{SignRefused{statement.plan_hash, statement.kind, signed_.error().text()}});
    }
    if (p.news.empty()) continue;
    auto next = std::move(p.news.front());
    p.news.pop_front();
    if (!step(std::move(next))) return false;
  }
  return true;
}

// S5, in every block.
std::optional<std::string> World::unsafe() const {
  std::optional<bool> version;
  for (const auto& ledger : ledgers_) {
    if (!ledger.open()) continue;
    if (version && *version != ledger.runs_new())
      return "two open chains run different versions at block " + std::to_string(ledger.head());
    version = ledger.runs_new();
  }
  return std::nullopt;
}

std::size_t World::not_durable() const {
  std::size_t count = not_durable_;
  if (process_ == nullptr) return count;
  for (const auto& chain : process_->chains) count += chain->not_durable();
  return count;
}

std::optional<std::string> World::run(Kill kill) {
  if (auto problem = start(kill)) return problem;
  for (std::size_t i = 0; i < rounds_max; ++i) {
    for (std::size_t n = 0; n < ledgers_.size(); ++n) {
      if (i == 5 + n) ledgers_[n].arm(plan_, static_cast<InstanceIndex>(n));
      ledgers_[n].mine();
    }
    if (auto problem = unsafe()) return problem;
    if (!round()) {
      if (!death_.starts_with("killed")) return death_;
      ++kills_;
      not_durable_ = not_durable();
      process_.reset();
      if (auto problem = start({})) return "after the kill: " + *problem;
      continue;
    }
    if (kills_ == 0) appends_ = process_->journal->appends();
    if (not_durable() > 0) return "an effect was acted on that was not durable (S11)";
    const auto& plans = process_->engine->state().plans;
    if (plans.contains(plan_.hash) && ended(plan_state().stage)) return std::nullopt;
  }
  return "the plan does not end; it waits: " + plan_state().waiting.detail;
}

}  // namespace lockstep::crash
