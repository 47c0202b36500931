#include "tests/unit/api/world.hpp"

#include <algorithm>

namespace lockstep::api {
namespace {

coordinator::PlanState sample_plan() {
  coordinator::PlanState state;
  auto& plan = state.plan;
  plan.hash = hash_of(0xab, 1);
  plan.protocol = "perps";
  plan.name = "funding-v2";
  plan.epoch = 1;
  plan.from_version = "1";
  plan.to_version = "2";
  plan.window = {.arm_by = 1'700'000'000,
                 .halt_at = 1'700'000'600,
                 .switch_by = 1'700'000'900,
                 .decide_by = 1'700'001'200,
                 .soak_s = 60};
  plan.operators.threshold = 1;
  plan.operators.operators.push_back(Address{});
  plan.instances.push_back({.chain = "alpha", .chain_id = 31'337, .gate = {}, .leaf_hash = {}});
  state.instances.resize(1);
  auto& instance = state.instances[0];
  instance.head = coordinator::GateView{};
  instance.head->block.num = 12;
  instance.head->phase = coordinator::GatePhase::armed;
  instance.head->halted = true;
  instance.readiness_round = instance.readiness_answered = 3;
  instance.readiness = {{"code-exists", "", coordinator::Colour::green, "all of 3"},
                        {"clock-skew", "", coordinator::Colour::amber, "4 s"}};
  instance.evidence = coordinator::EvidenceReport{
      .block = {}, .rows = {{"storage-root", "E3", coordinator::Colour::red, "slot 7"}}, .digest = {}};
  state.stage = coordinator::Stage::halting;
  state.waiting = {.code = coordinator::Waiting::finality,
                   .instance = 0,
                   .since = 1'700'000'601,
                   .detail = "block 12",
                   .unblocks_when = "it is final"};
  coordinator::Attestation attestation;
  attestation.statement = {.kind = coordinator::Kind::vote_old,
                           .epoch = 1,
                           .plan_hash = plan.hash,
                           .outcome = {},
                           .operator_set = {},
                           .evidence = {}};
  attestation.signature = Bytes(65, 7);
  state.attestations[coordinator::Kind::vote_old][Address{}] = attestation;
  return state;
}

}  // namespace

namespace {

/// Three accounts with something on underlying 7, and another underlying that could not be priced.
mirror::Portfolio three_holders() {
  mirror::Portfolio portfolio{.at = 1'800'000'000, .accounts = {}, .open = {}, .unpriced = {{8, "no volatility"}}};
  for (std::uint8_t i = 1; i <= 3; ++i) {
    Address account;
    account.bytes[19] = i;
    portfolio.accounts.push_back({account, 7, {.value = -1'500'000, .delta = i * mirror::greek_scales.delta}});
  }
  portfolio.open.push_back({{}, 7, {.vega = 2'000'000}});
  return portfolio;
}

}  // namespace

World::World() {
  auto snapshot = std::make_shared<view::Snapshot>();
  snapshot->service_name = "ops-eu-1";
  snapshot->version = "0.1.0";
  snapshot->assurance = "single";
  snapshot->started_ms = 1'700'000'000'000;
  snapshot->now_ms = 1'700'000'601'000;
  snapshot->ready = true;
  ports::ChainHealth chain;
  chain.chain = "alpha";
  chain.head = {.num = 12, .hash = hash_of(1), .time = 1'700'000'601};
  chain.final = {.num = 10, .hash = hash_of(2), .time = 1'700'000'599};
  chain.endpoints.push_back({.name = "own",
                             .up = true,
                             .requests = 9'007'199'254'740'993,
                             .failures = 2,
                             .last_error = {},
                             .latency_s = 0.25});
  chain.signer = to_hex(Address{});
  chain.balance_wei = "1500000000000000000";
  snapshot->chains["alpha"] = chain;
  snapshot->mirrors.push_back({.protocol = "perps",
                               .chain = "alpha",
                               .block_num = 9,
                               .accounts = 300,
                               .orders = 40,
                               .operations = 5000,
                               .digest = {},
                               .contradiction = {},
                               .has_expiring = true,
                               .portfolio = std::make_shared<const mirror::Portfolio>(three_holders()),
                               .priced_num = 8});
  const auto plan = sample_plan();
  snapshot->state.plans[plan.plan.hash] = std::make_shared<const coordinator::PlanState>(plan);
  snapshot_ = snapshot;
  append(3);
}

view::JournalLine World::line(std::uint64_t seq) const {
  return {.seq = seq,
          .time_ms = 1'700'000'000'000 + 1000 * seq,
          .plan = seq % 2 == 1 ? hash_of(0xab, 1) : Hash32{},
          .chain = seq % 2 == 1 ? "alpha" : "",
          .type = "stage-changed",
          .text = "line " + std::to_string(seq)};
}

void World::append(std::size_t lines, std::size_t keep) {
  const std::lock_guard lock(mutex_);
  auto next = std::make_shared<view::Snapshot>(*snapshot_);
  for (std::size_t i = 0; i < lines; ++i) {
    journal_.push_back(line(++next->seq));
    next->recent.push_back(journal_.back());
  }
  while (next->recent.size() > keep) next->recent.pop_front();
  snapshot_ = next;
}

void World::set(const std::function<void(view::Snapshot&)>& change) {
  const std::lock_guard lock(mutex_);
  auto next = std::make_shared<view::Snapshot>(*snapshot_);
  change(*next);
  snapshot_ = next;
}

void World::vanish() {
  const std::lock_guard lock(mutex_);
  snapshot_ = nullptr;
}

void World::nothing_changes() {
  const std::lock_guard lock(mutex_);
  changes_ = false;
}

std::vector<std::string> World::commands() const {
  const std::lock_guard lock(mutex_);
  return commands_;
}

Handlers World::handlers() {
  Handlers handlers;
  handlers.snapshot = [this] {
    const std::lock_guard lock(mutex_);
    return snapshot_;
  };
  handlers.read_journal = [this](std::uint64_t after, std::size_t limit) -> Result<std::vector<view::JournalLine>> {
    const std::lock_guard lock(mutex_);
    std::vector<view::JournalLine> out;
    for (std::size_t at = std::min<std::uint64_t>(after, journal_.size()); at < journal_.size() && out.size() < limit;
         ++at)
      out.push_back(journal_[at]);
    return out;
  };
  handlers.submit_plan = [this](const std::string& document) -> Result<Accepted> {
    const std::lock_guard lock(mutex_);
    if (document == "bad")
      return fail("the plan is refused", "plan.toml:1:1", "unknown key", "lockstep plan lint plan.toml");
    commands_.push_back("submit " + std::to_string(document.size()));
    return Accepted{hash_of(0xcd), 77};
  };
  handlers.command = [this](const Hash32& plan, coordinator::CommandKind kind, const std::string& reason,
                            const std::string& by) -> Result<Accepted> {
    const std::lock_guard lock(mutex_);
    commands_.push_back(std::string(to_text(kind)) + " " + to_hex(plan).substr(2, 4) + " " + reason +
                        (by.starts_with("uid:") ? " by uid" : " by " + by));
    return Accepted{plan, 78, changes_};
  };
  handlers.report = [](const Hash32&, ReportFormat format) -> Result<Page> {
    if (format == ReportFormat::html) return Page{"text/html; charset=utf-8", "<p>made</p>", "default-src 'none'"};
    return Page{format == ReportFormat::json ? "application/json" : "text/markdown; charset=utf-8", "{}", {}};
  };
  handlers.manifest = [](const Hash32&) -> Result<std::string> { return std::string("{\"epoch\":1}"); };
  handlers.mirror_account = [](const std::string& protocol, const std::string&,
                               const Address& address) -> Result<view::MirrorAccount> {
    if (protocol != "perps") return fail("the mirror is contradicted", "a deposit that nobody made");
    view::MirrorAccount found{41, 1'700'000'000, {}};
    if (address == Address{}) return found;
    found.rows.push_back(
        {{mirror::Table::account, address}, {mirror::Int{-5}, mirror::Int{7}, mirror::Int{3}, mirror::Int{2}}});
    found.rows.push_back({{mirror::Table::position, address, 9},
                          {mirror::Int{1}, mirror::Int{-2}, mirror::Int{0}, mirror::Int{4}, mirror::Int{0}}});
    return found;
  };
  return handlers;
}

}  // namespace lockstep::api
