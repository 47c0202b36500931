#pragma once
// The status API, its event stream, /metrics and the admin door. It reads immutable snapshots and asks for changes
// through callbacks; it never touches coordinator state, and losing it loses nothing else (L4). One network thread, two
// worker threads for callbacks that block.
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/tls.hpp"
#include "api/tokens.hpp"
#include "base/result.hpp"
#include "coordinator/event.hpp"
#include "view/mirror_account.hpp"
#include "view/snapshot.hpp"

namespace lockstep::api {

struct Limits {
  std::size_t connections = 1024, connections_per_address = 256;  // the last eighth: for addresses that hold few
  std::size_t own_connections = 64;  // of the admin socket, and of /metrics: no crowd at `listen` takes these
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
      hosts;  // names allowed in Host besides the loopback ones and the addresses above, lower case
  std::vector<Token> tokens;
  std::shared_ptr<Tls> tls;  // of `listen`; null: in the clear
  /// Without it an address of `listen` that others can reach needs TLS and tokens, and then whoever reads shows one,
  /// but for health and what proves itself.
  bool behind_proxy = false;
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

/// A page made elsewhere, and the policy under which a browser may show it.
struct Page {
  std::string type, body, policy;
};
enum class ReportFormat : std::uint8_t { json, markdown, html };

/// Messages to one sink that ended so, since the start.
struct DeliveryCount {
  std::string sink, outcome;
  std::uint64_t count = 0;
};

/// A JSON document that does not change while the daemon runs.
struct Document {
  std::string name, json;
};

/// What a reload did: keys that are now in force, or, if it was refused, those that need a restart.
struct Reloaded {
  std::vector<std::string> changed;
};

/// An answer that was given to a request with an Idempotency-Key.
struct Remembered {
  std::string request;  // what was asked: method, path and a hash of the body
  int status = 0;
  std::string body;
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
  /// The signed account of a plan.
  std::function<Result<Page>(const Hash32& plan, ReportFormat format)> report;
  /// One account of a live mirror; without rows if it knows none.
  std::function<Result<view::MirrorAccount>(const std::string& protocol, const std::string& chain, const Address&)>
      mirror_account;
  std::vector<Document> protocols = {}, schemas = {};
  std::function<std::expected<Reloaded, Refused>()> reload = {};  // empty: there is nothing to reload
  /// Answers by Idempotency-Key, durable. Both may be empty: then keys are refused.
  std::function<std::optional<Remembered>(const std::string& key)> recall = {};
  std::function<Result<void>(const std::string& key, const Remembered& answer)> remember = {};
  std::function<std::vector<DeliveryCount>()> deliveries = {};  // returns at once; may be empty: nobody is told
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
  /// From here on these tokens are good, these names allowed, and new connections are met with this certificate (null:
  /// the one before). Thread-safe, returns at once.
  virtual void admit(std::vector<Token> tokens, std::vector<std::string> hosts, std::shared_ptr<Tls> tls) = 0;
  /// Closes every connection and returns when its threads have ended; may be called twice.
  virtual void stop() = 0;
};

}  // namespace lockstep::api
