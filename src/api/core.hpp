#pragma once
// What the network side shares. Included only by the few files that speak Asio. Everything here belongs to the network
// thread, except `workers`, which run callbacks that wait.
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "api/metrics.hpp"
#include "api/reply_cache.hpp"
#include "api/request_head.hpp"
#include "api/routes.hpp"

namespace lockstep::api {

namespace asio = boost::asio;
using Socket = asio::generic::stream_protocol::socket;
using TlsStream = asio::ssl::stream<Socket&>;
/// How an operation is awaited: its error comes with its result and is not thrown.
inline constexpr auto with_error = asio::as_tuple(asio::use_awaitable);

/// How many there are, in all and per address. The last `kept` are for addresses that hold few: a crowd behind some
/// addresses does not keep a peer out.
class Quota {
 public:
  Quota(std::size_t most, std::size_t most_per_address, std::size_t kept = 0)
      : most_(most), most_per_address_(most_per_address), kept_(kept) {}
  bool take(const std::string& address);
  void give_back(const std::string& address);
  std::size_t count() const { return count_; }

 private:
  std::size_t most_, most_per_address_, kept_, count_ = 0;
  std::map<std::string, std::size_t> by_address_;
};

/// Requests that wait for the disk and are not answered yet. Thread-safe: whoever stops the server lets them have their
/// answer, which may be why it stops.
class Unanswered {
 public:
  void add();
  void remove();
  /// Until there are none, or the time is over.
  void wait_for(std::chrono::milliseconds time);

 private:
  std::mutex mutex_;
  std::condition_variable none_;
  std::size_t count_ = 0;
};

struct Core;

/// A request that was answered from the cache, by its bytes. A poller sends the same ones again and again: they are
/// read once.
struct Repeatable {
  Head head;
  std::uint64_t admitted = 0;  // Core::admitted when it was let in
};

/// One socket with its deadline and its place in the quota.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  /// `tls`: what it is spoken by; null: in the clear.
  Connection(Core& core, Socket socket, std::string peer, Door door, std::shared_ptr<Tls> tls);
  ~Connection();

  /// From now on pending operations are cancelled when the time is over; replaces an earlier deadline. The timer itself
  /// is only touched if it would come too late: most requests leave it alone.
  void deadline(std::uint32_t after_ms);
  void no_deadline() { due_ = never; }
  bool timed_out() const { return timed_out_; }
  /// Ends a wait of the event stream or of a long poll.
  void wake() { waker.cancel(); }

  Core& core;
  Socket socket;
  std::optional<TlsStream> secure;  // what is read and written then, over the socket
  asio::steady_timer waker;
  const std::string peer;  // numeric address, or uid:<n>
  const Door door;
  std::string received;                    // not yet consumed
  std::optional<Repeatable> repeatable;    // what a poller will ask again
  bool gone = false;                       // the other side closed while we stream
  std::chrono::duration<double> waited{};  // that the last answer was held back because the client wanted it so

 private:
  std::shared_ptr<Tls> tls_;  // lives as long as what was made from it
  using Time = std::chrono::steady_clock::time_point;
  static constexpr Time never = Time::max();
  void arm(Time at);

  asio::steady_timer timer_;
  Time due_ = never, armed_ = never;
  bool timed_out_ = false;
};

struct Core {
  Core(const Options& options, Handlers handlers);
  ~Core();

  /// The newest snapshot and its ETag; good until the next call.
  const Context& current();
  Context context() { return current(); }
  /// Of one door: who fills another's keeps nobody out of this one.
  Quota& connections(Door door);

  Options options;
  Handlers handlers;
  Metrics metrics;
  ReplyCache replies;
  Quota streams, waiters;
  Unanswered unanswered;
  std::set<Connection*> open;
  std::set<Connection*> waiting;       // for a newer snapshot: event streams and long polls
  std::vector<std::string> own_hosts;  // addresses that are listened on
  bool token_to_read = false;          // set before anything is served
  std::uint64_t admitted = 0;          // how often tokens and names were changed

 private:
  Quota read_, admin_, metrics_;  // connections, by door
  Context context_;
  std::uint64_t view_ = 0;

 public:
  asio::thread_pool workers{2};
  asio::io_context io{1};  // last: its coroutines are destroyed before what they use
};

/// From its making on the connection is woken by every new snapshot.
class Waiting {
 public:
  explicit Waiting(Connection& connection) : connection_(connection) { connection_.core.waiting.insert(&connection_); }
  ~Waiting() { connection_.core.waiting.erase(&connection_); }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

 private:
  Connection& connection_;
};

/// Bytes that arrive. An error: closed, broken or past the deadline.
asio::awaitable<std::tuple<boost::system::error_code, std::size_t>> read_some(Connection& connection,
                                                                              asio::mutable_buffer into);

/// Serves requests until the connection ends. its door's quota of connections was taken for it.
asio::awaitable<void> serve(std::shared_ptr<Connection> connection);

/// Answers a live view; with `Prefer: wait` and an ETag that still holds, as late as the client would have it.
asio::awaitable<Response> answer_live(std::shared_ptr<Connection> connection, const Routed& routed,
                                      const Request& request);

/// Streams events; the request asked for it and its query keys are known ones. Returns when the client is gone or
/// dropped.
asio::awaitable<void> stream_events(std::shared_ptr<Connection> connection, Request request);

/// Writes everything or fails; under the write deadline. False: the connection is of no more use.
asio::awaitable<bool> write_all(Connection& connection, std::string wire);

/// Binds; then accepts for ever.
Result<std::uint16_t> listen_tcp(Core& core, const std::string& address, Door door);
Result<void> listen_unix(Core& core, const std::string& path);

}  // namespace lockstep::api
