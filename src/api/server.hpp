#pragma once
// The status API, its event stream, /metrics and the admin door. It reads immutable snapshots and asks for changes
// through callbacks; it never touches coordinator state, and losing it loses nothing else (L4). One network thread, two
// worker threads for callbacks that block.
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "coordinator/event.hpp"
#include "view/snapshot.hpp"

namespace lockstep::api {

struct Limits {
  std::size_t connections = 1024, connections_per_address = 256;
  std::size_t sse_clients = 64, sse_clients_per_address = 4;
  std::size_t waiters = 256, waiters_per_address = 64;  // long polls; beyond them answers are not held back
  std::size_t header_bytes = 8'192, uri_bytes = 4'096, body_bytes = 65'536, header_fields = 100;
  std::uint32_t header_deadline_ms = 5'000, body_deadline_ms = 10'000, write_deadline_ms = 10'000,
                idle_deadline_ms = 60'000;
  std::uint32_t sse_heartbeat_ms = 15'000;
  std::size_t sse_replay_lines = 10'000;  // most that Last-Event-ID brings back from the journal
};

struct Options {
  std::string listen = "127.0.0.1:8780";  // numeric address and port; port 0 = any free one
  std::string admin;                      // "unix:/run/lockstep/admin.sock"; empty = no door for changes
  std::string metrics;                    // numeric address and port; empty = not served
  std::vector<std::string>
      hosts;                  // names allowed in Host besides the loopback ones and the addresses above, lower case
  bool behind_proxy = false;  // without it only a loopback address is accepted for `listen`
  Limits limits;
};

/// What a submitted plan became.
struct Accepted {
  Hash32 plan;
  std::uint64_t seq = 0;  // of the journal once it was durable
  bool changed = true;    // false: it was so already, or no longer matters
};

/// Why not. `here`: the fault is the daemon's (its disk, its stopping), not the request's; the same may be asked later.
struct Refused {
  Refused(Error why) : error(std::move(why)) {}
  Refused(Error why, bool is_here) : error(std::move(why)), here(is_here) {}
  Error error;
  bool here = false;
};

/// All of them are called on the API's threads. snapshot() returns at once; the others may wait (for the disk, for
/// durability).
struct Handlers {
  std::function<view::SnapshotPtr()> snapshot;  // null before the first one
  /// Lines with seq > after, ascending, at most `limit`.
  std::function<Result<std::vector<view::JournalLine>>(std::uint64_t after, std::size_t limit)> read_journal;
  /// The text of a plan document as it was posted (any well-formed body up to 64 KiB), already authorised.
  std::function<std::expected<Accepted, Refused>(const std::string& document)> submit_plan;
  std::function<std::expected<Accepted, Refused>(const Hash32& plan, coordinator::CommandKind kind,
                                                 const std::string& reason, const std::string& by)>
      command;
  /// The plan's canonical JSON document, as hashed.
  std::function<Result<std::string>(const Hash32& plan)> manifest;
};

class Server {
 public:
  /// Binds everything before it serves anything. Refusal: an address that cannot be bound, a socket that another
  /// process answers on.
  static Result<std::unique_ptr<Server>> start(const Options& options, Handlers handlers);
  virtual ~Server() = default;  // stops

  /// A new snapshot is there: wakes event streams and long polls. Thread-safe, returns at once.
  virtual void notify() = 0;
  virtual std::uint16_t port() const = 0;
  virtual std::uint16_t metrics_port() const = 0;  // 0 if not served
  /// Closes every connection and returns when its threads have ended; may be called twice.
  virtual void stop() = 0;
};

}  // namespace lockstep::api
