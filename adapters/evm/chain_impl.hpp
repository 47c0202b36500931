#pragma once
// The inside of EvmChain: one thread, everything it knows, and the queue that others put work into.
#include <atomic>
#include <deque>
#include <mutex>
#include <set>
#include <thread>

#include "adapters/evm/bindings.hpp"
#include "adapters/evm/chain.hpp"
#include "adapters/evm/followed_plan.hpp"
#include "adapters/evm/follower.hpp"
#include "adapters/evm/forecast.hpp"
#include "adapters/evm/gate_view.hpp"
#include "adapters/evm/governance/roles.hpp"
#include "adapters/evm/governance/watch.hpp"
#include "adapters/evm/interference.hpp"
#include "adapters/evm/log_reader.hpp"
#include "adapters/evm/log_store.hpp"
#include "adapters/evm/state_dir.hpp"
#include "adapters/evm/txn_sender.hpp"
#include "adapters/evm/watchdog.hpp"
#include "adapters/transport/head_hints.hpp"
#include "mirror/volatility.hpp"

namespace lockstep::evm {

/// An instance with its bindings parsed and its governance watched.
struct WatchedInstance {
  InstanceSetup setup;
  EventBindings events;
  ViewBindings views;
  governance::Dialects dialects;
  governance::RoleBooks roles = {};  // of its contracts, among others
  mirror::PriceMoves moves = {};     // as far as it was fed
  std::string feed_error;            // a bound event did not decode: the mirror gets nothing more
  bool begins = true;                // the next feed is the first one
  OtherContracts others = {};        // upgrade admins and owners of what is declared
  bool others_due = true;
};

struct Task {
  coordinator::Effect effect;
  ports::ExpectedRows expected;
  unsigned failures = 0;
  std::chrono::steady_clock::time_point due{};
};

struct EvmChain::Impl {
  using Clock = std::chrono::steady_clock;
  /// How long receipts may keep everything else waiting; what is under way then goes on meanwhile.
  static constexpr std::chrono::milliseconds turn{200};
  /// Hints may make us look that often and no more, whoever sends them.
  static constexpr std::chrono::milliseconds hint_gap{100};

  /// anchor: hash of block 0 as an earlier run found it, or empty.
  Impl(ChainSetup setup, std::vector<WatchedInstance> watched, StateDir dir, const std::string& anchor);

  // Any thread.
  Result<void> add_plan(const CompiledPlan& compiled, coordinator::InstanceIndex index);
  void start(ports::Sink to);
  void follow(const Hash32& plan, coordinator::InstanceIndex index);
  void perform(const coordinator::Effect& effect, ports::ExpectedRows expected);
  void audit(ports::AuditAsked asked);
  void refeed(const std::string& protocol);
  void stop();

  // The chain's thread.
  void run();
  void take_inbox();
  void begin_follow(FollowedPlan& plan);
  bool tick();  // false: no endpoint, or nothing was learned
  void listen_for_heads();
  void tell_progress(const Progress& progress);
  void observe_heads();
  void observe_final(const Header& final);
  bool tell_gate(FollowedPlan& plan, std::span<const RpcAnswer> answers, const coordinator::BlockRef& block,
                 coordinator::Finality finality);
  Result<std::optional<coordinator::BlockRef>> switched_in(FollowedPlan& plan, const coordinator::GateView& view);
  bool feed_logs();  // true: every log up to feed_upto was told
  void forget_feed();
  void feed_again(const std::set<std::string>& protocols);  // from deployment, though the chain is the same
  void forget_history();                                    // a final block was replaced
  void digest_logs(const std::vector<Log>& logs, std::uint64_t from, const coordinator::BlockRef& upto);
  bool resume_logs(Clock::time_point until);  // true: nothing that an earlier run kept is left to tell
  std::optional<bool> tell_kept();
  bool covers(const LogPage& page) const;
  bool name_txns(std::vector<Log>& logs);
  void keep_logs(std::vector<Log> logs, std::uint64_t from, const coordinator::BlockRef& upto);
  void flush_logs();
  void keep_no_more(std::string why);
  void keep_evidence();
  void keep_anchor();
  void watch_interference(const std::vector<Log>& logs, const std::vector<bool>& ours);  // of final blocks
  void watch_heads();
  std::vector<Hash32> telling_topics() const;
  Result<void> recall_unplanned();  // what an earlier run told
  void show_unplanned();
  void watch_unplanned(const std::vector<Log>& logs, const std::vector<bool>& ours);  // of whole blocks
  void finish_unplanned(const std::vector<Log>& logs, const std::vector<bool>& ours, const coordinator::BlockRef& upto);
  void tell_unplanned(const Watchdog::Change& change, ports::UnplannedChange::Told told);
  void take_back_unplanned(const std::vector<Watchdog::Change>& gone);
  void keep_unplanned();
  Result<OtherContracts> find_others(const settings::InstanceConfig& config, const Header& head);
  void renew_others(const Header& head);
  std::vector<bool> explained_by_plans(const std::vector<Log>& logs) const;
  coordinator::BlockRef block_of(const Log& log) const;
  void watch_plan(FollowedPlan& plan, const std::vector<Log>& logs, const std::vector<bool>& ours);
  void read_logs_of(const OtherContracts& others);
  void watch_code(FollowedPlan& plan, const coordinator::GateView& view);
  void observe_governance(const Header& block);
  Result<std::optional<governance::Fact>> governance_at(const FollowedPlan& plan, const Header& block);
  void look_up_txns(governance::Dialects& dialects);
  Result<direct::Sight> sight(const FollowedPlan& plan, const coordinator::BlockRef& block);
  Result<std::optional<coordinator::BlockRef>> switched_in_direct(FollowedPlan& plan,
                                                                  const coordinator::GateView& view);
  bool keep_facts(FollowedPlan& plan, const direct::Facts& facts);
  bool facts_hold(FollowedPlan& plan);
  void retract_facts(FollowedPlan& plan, std::uint64_t first_num);
  void arm_or_disarm(FollowedPlan& plan, std::span<const RpcAnswer> answers, const Header& final);
  void begin_direct(FollowedPlan& plan, const coordinator::Submit& submit);
  void decide_direct(FollowedPlan& plan, const coordinator::Submit& submit);
  void drive_direct();
  void drive(FollowedPlan& plan, coordinator::Action action);
  bool settled_before_release(const FollowedPlan& plan);
  void finish(FollowedPlan& plan, const coordinator::Submit& submit, const coordinator::BlockRef& head);
  bool take_step(FollowedPlan& plan, const coordinator::Submit& submit, std::uint16_t number, const Call& call,
                 std::uint64_t head_num);
  void end_job(FollowedPlan& plan, coordinator::Action action, coordinator::TxnStatus status, const Hash32& txn,
               std::string detail);
  bool work();  // one effect; true if there was one
  /// Of plans that closed NEW there before.
  std::vector<mirror::Tolerance> tolerances_of(const ports::ExpectedRows& expected) const;
  bool audit_one();  // of those asked for; true if there was one
  Result<void> carry_out(Task& task);
  Result<void> readiness(const coordinator::CheckReadiness& effect, const ports::ExpectedRows& part);
  Result<void> evidence(const Task& task);
  void tell_txn(const TxnIntent& intent, coordinator::TxnStatus status);
  void tell_missed();
  Result<Forecast> forecast();
  void renew_forecast();
  void tell_health(bool force);
  void wait_for_work(Clock::time_point until);
  FollowedPlan* plan_of(const Hash32& hash, coordinator::InstanceIndex index);
  void note(std::string text) { note_ = std::move(text); }

  ChainSetup setup;
  std::vector<WatchedInstance> instances;
  StateDir state;
  EndpointPool pool;
  Follower follower;
  LogReader reader;
  TxnSender sender;
  ports::Sink sink;

  std::map<std::pair<Hash32, coordinator::InstanceIndex>, FollowedPlan> plans;
  std::deque<Task> tasks;
  std::map<std::string, ports::AuditAsked> audits;  // by protocol
  std::vector<Address> addresses;                   // whose logs are read; sorted
  std::vector<Address> always_read;                 // those of them that every run reads from the beginning
  std::uint64_t logs_from = 0, next_log = 0;
  std::optional<LogStore> kept_logs;               // nothing: logs are not kept, for the reason below
  std::string not_kept;                            // why logs are not kept, or not those that were
  bool resumed = false, kept_believed = false;     // kept_believed: the chain has the block with which they end
  std::optional<LogPage> kept_page, unkept;        // to be told next; read, and not in kept_logs yet
  std::optional<coordinator::BlockRef> last_kept;  // the last block of what was told of them
  std::deque<ports::EndpointDispute> disputes;     // newest last, bounded
  std::uint64_t disputes_seen = 0;
  std::string anchor_kept;
  Watchdog watchdog;
  std::uint64_t watchdog_kept = 0;   // its upto() when it was last kept
  std::uint64_t heads_searched = 0;  // for it, up to this block
  bool missed_told = false;          // that whoever keeps our key does not sign
  bool more_logs = false;            // a turn ended before the logs did
  bool heads_due = false;            // a turn ended before the logs of head blocks were there
  std::optional<Header> feed_upto;   // the final block that is told to the plans once every log up to it was read
  std::uint64_t reorgs = 0, reorg_depth_max = 0;
  bool final_due = false;       // the final block was not told to the plans yet
  bool governance_due = false;  // governance could not be read at the final block, which may stay for minutes
  bool drive_due = false;       // something of direct mode may go on
  bool head_due = false;        // a plan was followed, or the gates could not be read
  std::string note_;            // why something does not move, shown in health
  Clock::time_point health_due{}, forecast_due{};
  ports::CostForecast costs;  // as last made
  bool health_owed = false;   // something may have changed since it was told

  std::mutex mutex;  // guards the five below
  std::deque<Task> inbox;
  std::map<std::string, ports::AuditAsked> audits_asked;
  std::set<std::string> refeeds_asked;  // protocols
  std::vector<std::pair<Hash32, coordinator::InstanceIndex>> to_follow;
  std::vector<FollowedPlan> added;
  std::atomic<bool> stopping{false}, hinted{false};
  std::unique_ptr<transport::HeadHints> hints;  // as soon as the chain's block 0 is known; it wakes the pool
  std::thread thread;
};

}  // namespace lockstep::evm
