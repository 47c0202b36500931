#pragma once
// The threads around the engine: one writer that owns state, mirrors and journal; those of the signer; the chains bring
// their own.
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <mutex>
#include <optional>
#include <thread>

#include "runtime/engine.hpp"
#include "runtime/signer_threads.hpp"

namespace lockstep::runtime {

struct Limits {
  std::size_t inbox = 4096;                     // items that wait; producers wait beyond it
  std::size_t batch = 256;                      // items per durable transaction
  std::chrono::milliseconds tick{1000};         // of ClockTicked; zero: none (tests bring their own)
  std::chrono::milliseconds publish_every{50};  // while only health, mirrors or transactions change
  std::size_t journal_reads = 16;               // that wait for the writer thread; further ones are refused
};

class Runtime {
 public:
  Runtime(const Parts& parts, const Identity& identity, const Limits& limits = {});
  ~Runtime() { stop(); }
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  /// Replays the journal, starts the threads and the chains, gives outstanding effects out again. On Stop nothing was
  /// started.
  Going start();
  /// Thread-safe; waits while the inbox is full. False once the runtime stops. Chains must not call it from follow() or
  /// perform().
  bool post(ports::News news);
  /// Waits until the event's records are durable and published (SURFACE: POST is answered then). Not on the writer
  /// thread.
  Result<Committed> commit(coordinator::Event event);
  /// The same without waiting; `done` runs on the writer thread, or here if the runtime has stopped.
  void commit(coordinator::Event event, const std::function<void(Result<Committed>)>& done);

  /// Journal records after `after_seq` in words, ascending, at most `limit` (≤ 1000): read on the writer thread between
  /// two steps, since the journal has one connection. Waits for that; an error if too many wait already or the runtime
  /// stops. Not on the writer thread.
  Result<std::vector<view::JournalLine>> read_journal(std::uint64_t after_seq, std::size_t limit);

  /// One account of a live mirror; error as of read_journal(), or why the mirror does not say.
  Result<view::MirrorAccount> mirror_account(const MirrorBook::Place& place, const Address& address);

  /// Runs `work` on the writer thread between two steps and waits for it: for what only that thread may touch, and
  /// shortly. An error as of read_journal(). Not on the writer thread.
  Result<void> between_steps(std::function<void()> work);

  /// Ends all threads; what was not durable did not happen. May be called from any thread but the runtime's own, more
  /// than once.
  void stop();
  /// Returns when the runtime has ended by stop() (0) or by itself (SURFACE exit codes); the caller then calls stop().
  int wait();
  std::optional<Error> failure() const;
  Publisher& publisher() { return publisher_; }

 private:
  struct Visit {
    std::function<void()> work;
    std::promise<Result<void>> done;
  };
  void run();
  /// At most one, so that readers never hold up steps.
  void receive_visitor();
  void finish(int exit_code);

  Parts parts_;
  Limits limits_;
  Publisher publisher_;
  Inbox inbox_;
  SignerThreads signer_;
  Appraiser appraiser_;
  Engine engine_;
  std::thread writer_;
  std::mutex visits_mutex_;
  std::deque<Visit> visits_;
  bool visits_received_ = false;  // from start() until the writer thread ends
  std::mutex stop_mutex_;         // one stop() at a time
  bool started_ = false;
  mutable std::mutex end_mutex_;
  std::condition_variable ended_;
  std::optional<int> exit_code_;
  std::optional<Error> failure_;
};

}  // namespace lockstep::runtime
