// A report of a made-up upgrade: what it says, and that nothing in it can be changed unseen.
#include "app/report/report.hpp"

#include <gtest/gtest.h>

#include "coordinator/codec.hpp"
#include "crypto/eip712.hpp"
#include "crypto/keccak256.hpp"
#include "crypto/local_key.hpp"
#include "journal/hash_chain.hpp"

namespace lockstep::app {
namespace {

using namespace coordinator;
using nlohmann::json;

constexpr UnixSeconds halt_at = 1'700'000'000;

crypto::PrivateKey key_of(std::uint8_t last) {
  Bytes bytes(32, 0);
  bytes[31] = last;
  return *crypto::PrivateKey::from_bytes(bytes);
}

const std::string manifest = R"({"instances":[{"leaf_hash":"0x)" + std::string(64, '1') + R"("},{"leaf_hash":"0x)" +
                             std::string(64, '2') + R"("}],"name":"funding-v2"})";

Plan sample_plan() {
  Plan plan;
  plan.hash = *manifest_hash(manifest);
  plan.protocol = "perps";
  plan.name = "funding-v2";
  plan.epoch = 3;
  plan.from_version = "1";
  plan.to_version = "2";
  for (const char* chain : {"alpha", "beta"}) {
    Instance instance;
    instance.chain = chain;
    instance.chain_id = 7101 + plan.instances.size();
    instance.gate.bytes[19] = static_cast<std::uint8_t>(1 + plan.instances.size());
    plan.instances.push_back(instance);
  }
  plan.operators.operators = {key_of(1).address()};
  plan.operators.threshold = 1;
  plan.self = key_of(1).address();
  plan.window = {halt_at - 60, halt_at, halt_at + 600, halt_at + 900, 60};
  return plan;
}

/// Records as a journal that began with something else, each chained to the one before.
struct Journal {
  std::vector<journal::LinkedEntry> entries;
  Hash32 last = crypto::keccak256("instance");
  std::uint64_t seq = 0;

  Journal& add(const Record& record) {
    const auto body = encode(record);
    ++seq;
    const auto hash = journal::link(last, seq, 1000 * seq, body);
    entries.push_back({{seq, 1000 * seq, body, hash}, last});
    last = hash;
    return *this;
  }
};

GateObserved gate(const Plan& plan, InstanceIndex at, std::uint64_t num, UnixSeconds time, GatePhase phase,
                  bool halted) {
  GateObserved seen{plan.hash, at, Finality::final, {}};
  seen.view.block = {num, crypto::keccak256(std::to_string(num)), time};
  seen.view.phase = phase;
  seen.view.epoch = plan.epoch;
  seen.view.plan_hash = plan.hash;
  seen.view.halt_at = halt_at;
  seen.view.halted = halted;
  if (phase != GatePhase::armed) seen.view.switched_in = {num - 1, crypto::keccak256("switch"), time - 1};
  if (phase == GatePhase::closed_new) seen.view.closed_at = time;
  return seen;
}

Attestation signed_by(const crypto::PrivateKey& key, const Plan& plan, Kind kind, Outcome outcome) {
  Attestation made;
  made.statement = {kind, plan.epoch, plan.hash, outcome, plan.operators.hash, {}};
  const auto domain = crypto::domain_separator(plan.instances[0].chain_id, plan.instances[0].gate);
  made.signature = key.sign(crypto::digest(domain, made.statement));
  made.signer = key.address();
  return made;
}

ReportSource source_of(const Plan& plan) {
  Journal journal;
  journal.add(PlanSubmitted{plan}).add(StageChanged{plan.hash, Stage::checking, Stage::arming});
  for (const InstanceIndex at : {0, 1}) {
    const auto late = UnixSeconds{at} * 4;
    journal.add(gate(plan, at, 10, halt_at - 30, GatePhase::armed, false))
        .add(gate(plan, at, 11, halt_at - 20, GatePhase::armed, false))  // nothing new
        .add(gate(plan, at, 20, halt_at + 2 + late, GatePhase::armed, true))
        .add(gate(plan, at, 30, halt_at + 12 + late, GatePhase::switched, true))
        .add(gate(plan, at, 40, halt_at + 40 + late, GatePhase::closed_new, false));
  }
  journal.add(AttestationReceived{signed_by(key_of(1), plan, Kind::outcome, Outcome::new_version)})
      .add(Decided{plan.hash, Outcome::new_version, {}, 35})
      .add(AlarmRaised{plan.hash, "rollback-red", "a <script> & | pipe"})
      .add(TxnReported{plan.hash, 0, Action::decide, TxnStatus::sent, crypto::keccak256("txn"), ""})
      .add(TxnReported{plan.hash, 0, Action::decide, TxnStatus::mined, crypto::keccak256("txn"), "block 35"})
      .add(StageChanged{plan.hash, Stage::soaking, Stage::closed_new});
  ReportSource source{"ops-eu-1",  "0.1.0",     1'700'001'000, manifest, crypto::keccak256("instance"),
                      journal.seq, journal.last};
  Excerpt excerpt;
  EXPECT_TRUE(excerpt.add(journal.entries));
  source.entries = excerpt.take();
  EXPECT_EQ(source.entries.size(), journal.entries.size() - 2) << "a gate in which nothing changed is left out";
  return source;
}

json report(const ports::Key* key) {
  const auto made = make_report(source_of(sample_plan()), key);
  EXPECT_TRUE(made) << made.error().text();
  return *made;
}

/// Names of the checks that do not hold.
std::string bad(const json& report, const std::optional<Address>& signer = std::nullopt) {
  const auto checks = verify_report(report, signer);
  if (!checks) return checks.error().what;
  std::string names;
  for (const auto& check : *checks) {
    if (!check.ok) names += (names.empty() ? "" : " ") + check.name;
  }
  return names;
}

TEST(Report, SaysWhoDidWhatWhenAndHowLong) {
  const crypto::LocalKey key(key_of(1));
  const auto made = report(&key);
  EXPECT_EQ(made["schema"], "lockstep.report/1");
  EXPECT_EQ(made["result"]["stage"], "closed_new");
  EXPECT_EQ(made["result"]["decided_block"], "35");
  const auto& beta = made["instances"][1];
  EXPECT_EQ(beta["armed"]["num"], "10");
  EXPECT_EQ(beta["halted"]["time"], "2023-11-14T22:13:26Z");
  EXPECT_EQ(beta["switched"]["num"], "29");
  EXPECT_EQ(beta["closed_as"], "new");
  EXPECT_EQ(beta["halted_window_s"], 44);
  EXPECT_EQ(made["skew_s"], (json{{"halted", 4}, {"switched", 4}, {"closed", 4}}));
  EXPECT_EQ(made["attestations"][0]["signer"], to_hex(key.address()));
  EXPECT_EQ(made["instances"][0]["transactions"].size(), 1U) << "the last report of one transaction";
  EXPECT_EQ(made["instances"][0]["transactions"][0]["status"], "mined");
  EXPECT_EQ(bad(made), "");
}

TEST(Report, NothingInItCanBeChangedUnseen) {
  const crypto::LocalKey key(key_of(1)), other(key_of(9));
  const auto good = report(&key);
  const auto changed = [&](const auto& change) {
    auto copy = good;
    change(copy);
    return bad(copy);
  };
  EXPECT_EQ(changed([](json& r) { r["instances"][0]["halted_window_s"] = 1; }), "facts signature");
  EXPECT_EQ(changed([](json& r) { r["skew_s"]["halted"] = 0; }), "facts signature");
  EXPECT_EQ(changed([](json& r) { r["lines"].clear(); }), "facts signature");
  EXPECT_EQ(changed([](json& r) { r["made"]["time"] = "2023-01-01T00:00:00Z"; }), "signature");
  EXPECT_EQ(changed([](json& r) { r["manifest"] = "{}"; }), "manifest signature");
  EXPECT_EQ(changed([](json& r) { r["more"] = 1; }), "signature");
  EXPECT_EQ(changed([](json& r) { r["signature"] = nullptr; }), "signature");
  EXPECT_EQ(changed([](json& r) { r["journal"]["entries"].erase(3); }), "facts signature");
  EXPECT_EQ(changed([](json& r) { r["journal"]["entries"].erase(0); }), "journal signature");
  EXPECT_EQ(changed([](json& r) { r["journal"]["entries"][2]["time_ms"] = "1"; }), "journal signature");
  EXPECT_EQ(changed([](json& r) { r["journal"]["last_seq"] = 3; }), "journal signature");
  EXPECT_EQ(changed([](json& r) { r["signature"]["signer"] = to_hex(key_of(9).address()); }), "signature");
  EXPECT_EQ(bad(good, key.address()), "");
  EXPECT_EQ(bad(good, other.address()), "signature") << "signed, but not by whom it should be";
  EXPECT_EQ(bad(report(&other)), "signature") << "a stranger's report";
  EXPECT_EQ(bad(report(nullptr)), "signature") << "an observer's";
}

TEST(Report, ASignatureThatIsNoOperatorsIsSeen) {
  auto plan = sample_plan();
  const crypto::LocalKey key(key_of(1));
  auto source = source_of(plan);
  Journal journal;
  journal.add(PlanSubmitted{plan})
      .add(AttestationReceived{signed_by(key_of(2), plan, Kind::outcome, Outcome::new_version)});
  source.entries = journal.entries;
  source.last_seq = journal.seq;
  source.last_hash = journal.last;
  EXPECT_EQ(bad(*make_report(source, &key)), "attestations");
}

TEST(Report, WhatIsNoReportIsSaidToBeNone) {
  for (const char* text : {"null", "[]", "{}", R"({"schema":"lockstep.plan/1"})",
                           R"({"schema":"lockstep.report/1","plan":{},"journal":{},"signature":null})"})
    EXPECT_EQ(bad(json::parse(text)), "this is no report") << text;
}

TEST(Report, PagesShowTheSameAndEscapeEverything) {
  const crypto::LocalKey key(key_of(1));
  const auto made = report(&key);
  const auto markdown = report_markdown(made), html = report_html(made);
  for (const auto& page : {markdown, html}) {
    EXPECT_NE(page.find("44 s"), std::string::npos);
    EXPECT_NE(page.find(to_hex(key.address())), std::string::npos);
    EXPECT_EQ(page.find(" <script>"), std::string::npos);
  }
  EXPECT_NE(markdown.find("a \\<script> & \\| pipe"), std::string::npos) << markdown;
  EXPECT_NE(html.find("a &lt;script&gt; &amp; | pipe"), std::string::npos);
  EXPECT_TRUE(report_policy().starts_with("default-src 'none'; style-src 'sha256-"));
}

}  // namespace
}  // namespace lockstep::app
