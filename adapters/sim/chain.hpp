#pragma once
// ports::Chain over a ledger, as one process of one operator sees it through its line. It behaves like the adapter of a
// real family: looks when there is something to see, reads gates at a block, feeds the mirror without gaps, answers
// effects when its endpoints let it, sends transactions and watches them.
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "adapters/sim/line.hpp"
#include "adapters/sim/scheduler.hpp"
#include "adapters/sim/spec.hpp"
#include "ports/chain.hpp"

namespace lockstep::sim {

class SimChain final : public ports::Chain {
 public:
  struct World {  // outlives the chain
    Scheduler& time;
    Ledger& ledger;
    std::size_t number;  // of the ledger
    Line& line;
    const Register& plans;
    std::function<TxnId(const Txn&)> broadcast;            // into the mempool; the id it got
    std::function<bool(const std::string&)> is_durable;    // an effect's key is in the durable outbox (S11)
    std::function<void(const std::string&)> broke;         // a law, in words
    std::function<void(const coordinator::Submit&)> sent;  // for people
    std::function<void()> attempted;                       // a transaction is being prepared
  };
  SimChain(World world, std::vector<std::string> protocols, Rng rng);
  ~SimChain() override { stop(); }

  void start(ports::Sink sink) override;
  void follow(const Hash32& plan, coordinator::InstanceIndex instance) override;
  void perform(const coordinator::Effect& effect, ports::ExpectedRows expected) override;
  void audit(ports::AuditAsked) override {}  // every evidence compares the whole mirror here
  void refeed(const std::string& protocol) override;
  void stop() override;
  /// There may be something new.
  void wake(TimeMs within);

 private:
  using Member = std::pair<Hash32, coordinator::InstanceIndex>;
  struct Followed {
    const PlanSpec* spec = nullptr;
    std::optional<coordinator::GateView> head_told, final_told;
    std::optional<GovernanceSight> governance_told;
  };
  struct Task {
    coordinator::Effect effect;
    ports::ExpectedRows expected;
  };
  /// What the endpoints show right now.
  struct Sight {
    std::optional<std::uint64_t> head, final;
    bool false_head = false, false_final = false;
  };

  void poll();
  Sight look();
  coordinator::BlockRef head_ref(const Sight& sight) const;
  coordinator::BlockRef false_ref(std::uint64_t num) const;
  void tell_head(const Sight& sight);
  void tell_violation(const Sight& sight);
  void tell_final(const Sight& sight);
  void feed(const coordinator::BlockRef& upto, bool invented);
  void tell_interference(std::uint64_t from, std::uint64_t to);
  void tell_governance();
  coordinator::GateView view(const Followed& followed, coordinator::InstanceIndex instance,
                             const coordinator::BlockRef& block, bool invented) const;

  bool work(const Task& task, const Sight& sight);  // false: not yet
  void readiness(const coordinator::CheckReadiness& effect, const Sight& sight);
  bool evidence(const Task& task, const Sight& sight);
  coordinator::EvidenceReport compare(const PlanSpec& spec, coordinator::InstanceIndex instance,
                                      const coordinator::BlockRef& block, Outcome expected,
                                      const ports::ExpectedRows& rows) const;
  bool submit(const coordinator::Submit& effect, const Sight& sight);
  bool applied(const coordinator::Submit& effect, const Instance& instance, UnixSeconds now) const;
  void report(const coordinator::Submit& effect, const SentTxn& sent);
  void watch(const Sight& sight);
  bool launch(SentTxn& sent);

  World world_;
  std::vector<std::string> protocols_;
  Rng rng_;
  ports::Sink sink_;
  std::shared_ptr<bool> alive_;
  std::map<Member, Followed> followed_;
  std::vector<Task> tasks_;
  std::map<std::string, coordinator::Submit> submits_;  // by plan, instance and action; what was asked of this process
  std::vector<coordinator::BlockRef> window_;           // heads told, ascending
  std::optional<coordinator::BlockRef> final_;
  std::uint64_t fed_ = 0, watched_ = 0;
  std::set<std::string> begin_;  // protocols whose feed begins with the next one
  std::optional<TimeMs> poll_at_;
};

}  // namespace lockstep::sim
