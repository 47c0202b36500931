// One client of /api/v1/events.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>

#include "api/core.hpp"
#include "api/sse.hpp"

namespace lockstep::api {
namespace {

constexpr std::size_t replay_page = 500;
constexpr const char* route = "/api/v1/events";

struct Start {
  StreamFilter filter;
  std::uint64_t cursor = 0;
};

/// Where the client begins; a refusal for a plan or an id that cannot be.
std::variant<Start, Response> start_of(const Request& request, const view::Snapshot& snapshot) {
  Start start{.filter = {}, .cursor = snapshot.seq};
  if (const auto plan = request.query.find("plan"); plan != request.query.end()) {
    const auto found = find_plan(snapshot, plan->second);
    if (const auto* refusal = std::get_if<Response>(&found)) return *refusal;
    start.filter.plan = std::get<const coordinator::PlanState*>(found)->plan.hash;
  }
  if (const auto chain = request.query.find("chain"); chain != request.query.end()) {
    if (!snapshot.chains.contains(chain->second))
      return problem(404, "unknown-chain", "no chain has this id: " + chain->second);
    start.filter.chain = chain->second;
  }
  const auto& last = request.header("last-event-id");
  if (last.empty()) return start;
  const auto [end, error] = std::from_chars(last.data(), last.data() + last.size(), start.cursor);
  if (error != std::errc{} || end != last.data() + last.size())
    return problem(400, "bad-last-event-id", "Last-Event-ID is a journal sequence number");
  return start;
}

std::string gap_event(std::uint64_t from, std::uint64_t to) {
  return "event: gap\ndata: {\"after\":" + std::to_string(from) + ",\"until\":" + std::to_string(to) + "}\n\n";
}

/// The next page from the journal for a client whose cursor is older than the snapshot's lines. False: drop it.
asio::awaitable<bool> replay(Connection& connection, Start& at, std::uint64_t until) {
  const auto& core = connection.core;
  const auto work = [&]() -> asio::awaitable<Result<std::vector<view::JournalLine>>> {
    co_return core.handlers.read_journal(at.cursor, replay_page);
  };
  const auto page = co_await asio::co_spawn(connection.core.workers, work, asio::use_awaitable);
  if (!page || page->empty()) co_return false;
  auto batch = batch_of(*page, at.cursor, at.filter);
  if (batch.cursor == at.cursor || batch.cursor > until + replay_page) co_return false;
  at.cursor = batch.cursor;
  co_return batch.wire.empty() || co_await write_all(connection, std::move(batch.wire));
}

/// A stream is one-way: bytes or the end from the client mean it is done.
void end_stream_on_bytes(const std::shared_ptr<Connection>& connection) {
  connection->socket.async_wait(Socket::wait_read, [self = std::weak_ptr(connection)](boost::system::error_code) {
    if (const auto alive = self.lock()) {
      alive->gone = true;
      alive->wake();
    }
  });
}

/// Until the client is gone, too slow or the journal cannot be read.
asio::awaitable<void> follow(const std::shared_ptr<Connection>& connection, Start at) {
  auto& core = connection->core;
  bool live = false;
  while (!connection->gone) {
    const auto snapshot = core.context().snapshot;
    if (at.cursor > snapshot->seq) {  // an id of another journal: say so and go on from here
      if (!co_await write_all(*connection, gap_event(at.cursor, snapshot->seq))) co_return;
      at.cursor = snapshot->seq;
    }
    auto batch = next_batch(*snapshot, at.cursor, at.filter);
    if (batch.fell_behind) {
      if (live || !co_await replay(*connection, at, snapshot->seq)) co_return;
      continue;
    }
    live = true;
    at.cursor = batch.cursor;
    if (!batch.wire.empty()) {
      if (!co_await write_all(*connection, std::move(batch.wire))) co_return;
      continue;
    }
    connection->waker.expires_after(std::chrono::milliseconds(core.options.limits.sse_heartbeat_ms));
    const auto [woken] = co_await connection->waker.async_wait(with_error);
    if (!woken && !co_await write_all(*connection, ": heartbeat\n\n")) co_return;
  }
}

/// Gives the stream's place back, however the stream ends.
class StreamPlace {
 public:
  explicit StreamPlace(Connection& connection) : connection_(connection) { show(); }
  ~StreamPlace() {
    connection_.core.streams.give_back(connection_.peer);
    show();
  }
  StreamPlace(const StreamPlace&) = delete;
  StreamPlace& operator=(const StreamPlace&) = delete;

 private:
  void show() { connection_.core.metrics.set_sse_clients(connection_.core.streams.count()); }
  Connection& connection_;
};

}  // namespace

asio::awaitable<void> stream_events(std::shared_ptr<Connection> connection, Request request) {
  auto& core = connection->core;
  const auto snapshot = core.context().snapshot;
  auto start = snapshot ? start_of(request, *snapshot) : problem(503, "starting", "the journal is still being read");
  if (std::holds_alternative<Start>(start) && !core.streams.take(connection->peer))
    start = problem(429, "too-many-streams", "too many event streams");
  if (const auto* refusal = std::get_if<Response>(&start)) {
    core.metrics.count(route, request.method, refusal->status, 0);
    co_await write_all(*connection, to_wire(*refusal, false, false));
    co_return;
  }
  const StreamPlace place(*connection);
  const Waiting waiting(*connection);
  core.metrics.count(route, request.method, 200, 0);
  auto at = std::get<Start>(std::move(start));
  std::string opening =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\nX-Accel-Buffering: no\r\n"
      "X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\nretry: 2000\n\n";
  const auto most = core.options.limits.sse_replay_lines;
  if (at.cursor < snapshot->seq && snapshot->seq - at.cursor > most) {
    opening += gap_event(at.cursor, snapshot->seq - most);
    at.cursor = snapshot->seq - most;
  }
  if (!co_await write_all(*connection, std::move(opening))) co_return;
  end_stream_on_bytes(connection);
  co_await follow(connection, std::move(at));
}

}  // namespace lockstep::api
