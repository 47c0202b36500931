#pragma once
// The port of a ledger, as one process sees it: what it has fed, reported and is working on is gone when the process
// dies.
#include <functional>
#include <set>
#include <utility>
#include <vector>

#include "ledger.hpp"
#include "ports/chain.hpp"

namespace lockstep::crash {

class FakeChain final : public ports::Chain {
 public:
  /// `is_durable` answers whether an effect's key is in the journal's outbox; acting on one that is not breaks S11.
  FakeChain(Ledger& ledger, std::string protocol, std::function<bool(const std::string&)> is_durable)
      : ledger_(ledger), protocol_(std::move(protocol)), is_durable_(std::move(is_durable)) {}

  void start(ports::Sink sink) override { sink_ = std::move(sink); }
  void follow(const Hash32& plan, coordinator::InstanceIndex instance) override { followed_.insert({plan, instance}); }
  void perform(const coordinator::Effect& effect, ports::ExpectedRows expected) override;
  void audit(ports::AuditAsked) override {}
  void refeed(const std::string&) override { fed_ = 0; }
  void stop() override {}

  /// Looks at the ledger once: feed, final gate, head gate, answers to effects.
  void pump();
  std::size_t not_durable() const { return not_durable_; }

 private:
  void observe();
  void answer(const coordinator::Effect& effect, const ports::ExpectedRows& expected);
  coordinator::EvidenceReport compare(const coordinator::BlockRef& block, const ports::ExpectedRows& expected) const;
  void report_receipts();

  Ledger& ledger_;
  std::string protocol_;
  std::function<bool(const std::string&)> is_durable_;
  ports::Sink sink_;
  std::set<std::pair<Hash32, coordinator::InstanceIndex>> followed_;
  std::vector<std::pair<coordinator::Effect, ports::ExpectedRows>> work_;
  std::vector<coordinator::Submit> sent_;
  std::uint64_t fed_ = 0, seen_final_ = 0;
  std::size_t not_durable_ = 0;
};

}  // namespace lockstep::crash
