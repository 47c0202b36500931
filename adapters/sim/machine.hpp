#pragma once
// One operator: a disk, a key, lines to chains, and a process that may be dead. The process is the real engine with the
// real journal, guard and signer on that disk; what is simulated is only what is around it.
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "adapters/sim/chain.hpp"
#include "adapters/sim/memory_disk.hpp"
#include "adapters/sim/network.hpp"
#include "adapters/sim/trace_hash.hpp"
#include "journal/guarded_signer.hpp"
#include "runtime/engine.hpp"

namespace lockstep::sim {

/// Where a process dies.
enum class KillPoint : std::uint8_t { none, now, before_append, after_append, before_sign, in_sign, after_sign, disk };

/// What the machine tells the world.
struct MachineHooks {
  std::function<void(std::size_t self, const Hash32& domain, const std::string& protocol,
                     const coordinator::Attestation&)>
      signed_;
  std::function<void(std::size_t self)> attestations_changed;
  std::function<void(std::size_t self, const std::string& law)> broke;
  std::function<void(std::size_t self, const std::string& what)> died;
  std::function<void(std::size_t self, const coordinator::Submit&)> sent;
  std::function<void(std::size_t ledger)> attempted;                // a transaction is being prepared
  std::function<void(std::size_t self, const std::string&)> event;  // every one, in words; may be empty
};

struct MachineWorld {
  Scheduler& time;
  Network& network;
  const Register& plans;
  const Recover& recover;
  std::vector<std::unique_ptr<Ledger>>& ledgers;
  std::vector<std::string> protocols;
  std::size_t operators = 1;
  TraceHash& trace;
  std::function<SimPeers::Answer(std::size_t peer, std::size_t asker, const Hash32& plan)> ask;
  std::function<TxnId(std::size_t ledger, const Txn&)> broadcast;
  MachineHooks hooks;
};

struct MachineCounts {
  std::uint64_t appends = 0, records = 0, starts = 0, deaths = 0, signatures = 0, refusals = 0;
};

class Machine {
 public:
  Machine(MachineWorld& world, std::size_t self, Rng rng, const MemoryDisk::Image& disk);
  ~Machine();

  std::size_t self() const { return self_; }
  const Address& address() const;
  bool running() const { return process_ != nullptr; }
  MemoryDisk& disk() { return disk_; }
  Line& line(std::size_t ledger) { return lines_[ledger]; }
  std::vector<Line>& lines() { return lines_; }

  /// Recovers and goes on. What stopped it, or nothing. A quarantine is no failure: it observes.
  std::optional<std::string> start();
  void kill(const std::string& why);
  void arm_kill(KillPoint point, std::uint64_t count);
  /// A power failure; the process, if any, is dead afterwards.
  void lose_power();

  void post(ports::News news);
  void tick();
  /// Its last events happen once more, in another order.
  bool repeat_news(std::uint64_t count);
  /// It shares its key with another machine; nobody is told when it dies.
  void set_copy() { copy_ = true; }
  void wake_chain(std::size_t ledger, TimeMs within);
  void nudge(std::size_t peer);
  void retry_peers();

  const coordinator::State* state() const { return process_ ? &process_->engine->state() : nullptr; }
  bool quarantined() const;
  bool store_failed() const;  // a signature was refused because the guard could not be read or written
  std::string describe(const Hash32& plan) const;                        // where it stands, for people
  std::vector<coordinator::Attestation> held(const Hash32& plan) const;  // what it serves to peers
  std::int64_t clock_ahead_ms = 0;
  TimeMs sign_delay_ms = 0;
  int checkpoint_pages = 1000;
  bool dead_for_good = false;  // its disk is gone, or nobody starts it again
  const MachineCounts& counts() const { return counts_; }
  UnixSeconds wall() const;

 private:
  class TracedJournal;
  class WatchedKey;
  struct Process {
    std::unique_ptr<journal::SqliteJournal> file;
    std::unique_ptr<TracedJournal> journal;
    std::unique_ptr<journal::Guard> guard;
    std::unique_ptr<ports::Signer> signer;
    journal::GuardedSigner* guarded = nullptr;
    std::vector<std::unique_ptr<SimChain>> chains;
    std::unique_ptr<SimPeers> peers;
    runtime::Publisher publisher;
    std::unique_ptr<runtime::Engine> engine;
    std::deque<ports::News> news;
    std::shared_ptr<bool> alive = std::make_shared<bool>(true);
    bool step_due = false;
    std::size_t attestations = 0;
    std::set<std::string> durable;  // keys of the outbox
    std::set<std::string> to_sign;  // keys of what was asked for and is still wanted
  };
  struct ToSign {
    std::string protocol;
    ports::Domain domain;
    coordinator::Statement statement;
  };

  std::optional<std::string> open(Process& process);
  runtime::Parts parts(Process& process);
  void add_chains(Process& process);
  void step();
  void sign(const ToSign& wanted);
  std::expected<void, ports::NotSigned> use_key();
  void note(const coordinator::Event& event);
  void notice_attestations();
  bool struck(KillPoint point);

  MachineWorld& world_;
  std::size_t self_;
  Rng rng_;
  MemoryDisk disk_;
  std::vector<Line> lines_;
  std::unique_ptr<Process> process_;
  KillPoint kill_point_ = KillPoint::none;
  std::uint64_t kill_count_ = 0;
  const ToSign* signing_ = nullptr;  // what the signer is at
  std::deque<coordinator::Event> recent_;
  std::uint64_t noted_ = 0;
  bool copy_ = false;
  MachineCounts counts_;
};

/// Disks with an empty journal and guard on them, one per operator, made once: opening a prepared file is much cheaper
/// than making one.
const std::vector<MemoryDisk::Image>& prepared_disks();

}  // namespace lockstep::sim
