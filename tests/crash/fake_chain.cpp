#include "fake_chain.hpp"

#include "crypto/keccak256.hpp"

namespace lockstep::crash {

using namespace coordinator;

void FakeChain::perform(const Effect& effect, ports::ExpectedRows expected) {
  if (!is_durable_(key(effect))) ++not_durable_;
  work_.emplace_back(effect, std::move(expected));
}

void FakeChain::pump() {
  observe();
  for (const auto& [effect, expected] : std::exchange(work_, {})) answer(effect, expected);
  report_receipts();
}

void FakeChain::observe() {
  const auto final_num = ledger_.final_num();
  if (final_num > fed_) {
    ports::MirrorFeed feed{protocol_, ledger_.name(), fed_ + 1, ledger_.at(final_num).gate.block, {}, fed_ == 0};
    for (auto num = fed_ + 1; num <= final_num; ++num) {
      const auto& operations = ledger_.at(num).operations;
      feed.operations.insert(feed.operations.end(), operations.begin(), operations.end());
    }
    fed_ = final_num;
    sink_(std::move(feed));
  }
  for (const auto& [plan, instance] : followed_) {
    if (final_num > 0 && final_num != seen_final_)
      sink_(Event{GateObserved{plan, instance, Finality::final, ledger_.at(final_num).gate}});
    sink_(Event{GateObserved{plan, instance, Finality::head, ledger_.at(ledger_.head()).gate}});
  }
  if (!followed_.empty()) seen_final_ = final_num;
  ports::ChainHealth health;
  health.chain = ledger_.name();
  health.head = ledger_.at(ledger_.head()).gate.block;
  health.endpoints = {{"memory", true, 1, 0, "", 0.0}};
  sink_(std::move(health));
}

EvidenceReport FakeChain::compare(const BlockRef& block, const ports::ExpectedRows& expected) const {
  EvidenceReport report;
  report.block = block;
  const auto& found = ledger_.at(block.num);
  if (found.gate.block != block) {
    report.rows = {{"block", "E1", Colour::red, "no such block"}};
    return report;
  }
  const auto rows = found.truth.rows();
  report.digest = mirror::digest(rows);
  if (expected == nullptr) {
    report.rows = {{"mirror", "E4", Colour::red, "no expected rows"}};
    return report;
  }
  const auto differences = mirror::compare(expected->rows, rows, 1);
  report.rows = {{"mirror", "E4", differences.empty() ? Colour::green : Colour::red, ""}};
  if (!differences.empty()) {
    const auto& first = differences.front();
    report.rows[0].detail =
        mirror::to_text(first.key) + "." + first.field + " is " + first.found + ", expected " + first.expected;
  }
  return report;
}

void FakeChain::answer(const Effect& effect, const ports::ExpectedRows& expected) {
  if (const auto* ready = std::get_if<CheckReadiness>(&effect)) {
    sink_(Event{ReadinessReported{ready->plan, ready->instance, ready->round, {{"reachable", "", Colour::green, ""}}}});
  } else if (const auto* baseline = std::get_if<TakeBaseline>(&effect)) {
    sink_(Event{BaselineReported{baseline->plan, baseline->instance, compare(baseline->block, expected)}});
  } else if (const auto* evidence = std::get_if<CheckEvidence>(&effect)) {
    sink_(Event{
        EvidenceReported{evidence->plan, evidence->instance, evidence->expected, compare(evidence->block, expected)}});
  } else if (const auto* submit = std::get_if<Submit>(&effect)) {
    ledger_.send(*submit);
    sent_.push_back(*submit);
    const auto txn = crypto::keccak256(key(effect));
    sink_(Event{TxnReported{submit->plan, submit->instance, submit->action, TxnStatus::sent, txn, ""}});
    sink_(ports::TxnSeen{submit->plan, ledger_.name(), submit->action, TxnStatus::sent, txn, 0, 0, 0, submit->attempt});
  }
}

void FakeChain::report_receipts() {
  for (auto at = sent_.begin(); at != sent_.end();) {
    const auto receipt = ledger_.receipts().find(key(*at));
    if (receipt == ledger_.receipts().end()) {
      ++at;
      continue;
    }
    sink_(Event{TxnReported{at->plan, at->instance, at->action, receipt->second, crypto::keccak256(key(*at)), ""}});
    at = sent_.erase(at);
  }
}

}  // namespace lockstep::crash
