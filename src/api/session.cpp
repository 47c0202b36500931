// From bytes to responses on one connection.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <chrono>

#include "api/body.hpp"
#include "api/core.hpp"
#include "api/target.hpp"

namespace lockstep::api {
namespace {

constexpr std::size_t read_bytes = 4096;
constexpr std::uint32_t linger_ms = 1000;
constexpr std::size_t linger_bytes = std::size_t{256} * 1024;

/// Appends what arrives to connection.received. False: closed, broken or past the deadline.
asio::awaitable<bool> read_more(Connection& connection) {
  char chunk[read_bytes];
  const auto [error, count] = co_await read_some(connection, asio::buffer(chunk));
  if (error) co_return false;
  connection.received.append(chunk, count);
  co_return true;
}

/// How much of it the socket took at once, which is nearly always everything; nothing if the connection is broken.
std::optional<std::size_t> write_now(Connection& connection, std::string_view wire) {
  if (connection.secure) return 0;  // records are written whole, as soon as the socket takes them
  boost::system::error_code error;
  const auto sent = connection.socket.write_some(asio::buffer(wire), error);
  if (error == asio::error::would_block) return 0;
  return error ? std::nullopt : std::optional(sent);
}

/// All of it, under whatever deadline there is.
asio::awaitable<bool> write_bytes(Connection& connection, std::string_view wire) {
  boost::system::error_code error;
  if (connection.secure) {
    std::tie(error, std::ignore) = co_await asio::async_write(*connection.secure, asio::buffer(wire), with_error);
  } else {
    std::tie(error, std::ignore) = co_await asio::async_write(connection.socket, asio::buffer(wire), with_error);
  }
  co_return !error;
}

/// Tells the other side that nothing more comes.
asio::awaitable<void> close_gently(Connection& connection, Socket::shutdown_type what) {
  if (connection.secure) {
    connection.deadline(linger_ms);
    co_await connection.secure->async_shutdown(with_error);
    connection.no_deadline();
    connection.secure.reset();
  }
  boost::system::error_code ignored;  // the other side may be gone already, which is what we want
  connection.socket.shutdown(what, ignored);
}

/// False: it does not speak our TLS, or not in time.
asio::awaitable<bool> shake_hands(Connection& connection) {
  if (!connection.secure) co_return true;
  connection.deadline(connection.core.options.limits.header_deadline_ms);
  const auto [error] = co_await connection.secure->async_handshake(asio::ssl::stream_base::server, with_error);
  connection.no_deadline();
  co_return !error;
}

Response refusal(const HeadError& error) { return problem(error.status, error.code, error.detail); }

/// Says no and closes. What the client still sends is read for a moment, or the answer would be lost in a reset.
asio::awaitable<void> refuse(Connection& connection, Response response) {
  connection.core.metrics.count("none", "other", response.status, 0);
  if (!co_await write_all(connection, to_wire(response, false, false))) co_return;
  co_await close_gently(connection, Socket::shutdown_send);
  connection.deadline(linger_ms);
  for (std::size_t drained = 0; drained < linger_bytes; drained += connection.received.size()) {
    connection.received.clear();
    if (!co_await read_more(connection)) break;
  }
  connection.no_deadline();
}

/// The next head; nothing: the connection was refused or ended, and nothing more is to be done with it.
asio::awaitable<std::optional<Head>> read_head(Connection& connection) {
  const auto& limits = connection.core.options.limits;
  while (true) {
    const auto length = find_head(connection.received, limits);
    if (!length) {
      co_await refuse(connection, refusal(length.error()));
      co_return std::nullopt;
    }
    if (*length) {
      auto head = parse_head(std::string_view(connection.received).substr(0, **length), limits);
      if (!head) {
        co_await refuse(connection, refusal(head.error()));
        co_return std::nullopt;
      }
      connection.received.erase(0, **length);
      co_return std::move(*head);
    }
    const bool idle = connection.received.empty();
    if (!co_await read_more(connection)) {
      if (connection.timed_out() && !idle)
        co_await refuse(connection, problem(408, "header-deadline", "the head took too long"));
      co_return std::nullopt;
    }
    if (idle) connection.deadline(limits.header_deadline_ms);
  }
}

/// Takes the body off connection.received if it is whole; a refusal if it never can be.
std::expected<bool, HeadError> take_body(Connection& connection, Head& head) {
  auto& received = connection.received;
  if (head.chunked) {
    auto decoded = decode_chunked(received, connection.core.options.limits);
    if (!decoded) return std::unexpected(decoded.error());
    if (!*decoded) return false;
    head.request.body = std::move((*decoded)->body);
    received.erase(0, (*decoded)->wire_bytes);
    return true;
  }
  if (received.size() < head.content_length) return false;
  head.request.body = received.substr(0, head.content_length);
  received.erase(0, head.content_length);
  return true;
}

asio::awaitable<bool> read_body(Connection& connection, Head& head) {
  if (!head.chunked && head.content_length == 0) {
    connection.no_deadline();
    co_return true;
  }
  connection.deadline(connection.core.options.limits.body_deadline_ms);
  bool continue_sent = !head.expects_continue;
  while (true) {
    const auto taken = take_body(connection, head);
    if (!taken) {
      co_await refuse(connection, refusal(taken.error()));
      co_return false;
    }
    if (*taken) break;
    if (!continue_sent) {
      if (!co_await write_bytes(connection, "HTTP/1.1 100 Continue\r\n\r\n")) co_return false;
      continue_sent = true;
    }
    if (!co_await read_more(connection)) {
      if (connection.timed_out()) co_await refuse(connection, problem(408, "body-deadline", "the body took too long"));
      co_return false;
    }
  }
  connection.no_deadline();
  co_return true;
}

Response unauthorised(Response response) {
  response.headers.emplace_back("WWW-Authenticate", "Bearer");
  return response;
}

/// Health, and what peers pull, which proves itself.
bool open_to_all(std::string_view path) {
  return path == "/livez" || path == "/readyz" || path == "/startupz" || path == "/api/v1/attestations";
}

/// Whoever shows a token means it: one that is not known is refused, whatever it was shown for. Other schemes are the
/// affair of a proxy in front, which passes them on.
std::optional<Response> authorise(const Core& core, Request& request) {
  const auto bearer = bearer_of(request.header("authorization"));
  if (request.door != Door::read) return std::nullopt;
  if (!bearer) {
    if (!core.token_to_read || open_to_all(request.path)) return std::nullopt;
    return unauthorised(
        problem(401, "token-needed", "this address can be reached from other machines: show a bearer token to read"));
  }
  const auto* shown = find_token(*bearer, core.options.tokens);
  if (shown == nullptr) return unauthorised(problem(401, "bad-token", "the bearer token is not known here"));
  request.scopes = shown->scopes;
  request.peer = "token:" + shown->id;
  return std::nullopt;
}

/// Fills in what is not in the head's bytes; a refusal for a bad target or a Host that is not ours.
std::optional<Response> complete(const Connection& connection, Head& head) {
  auto& request = head.request;
  request.peer = connection.peer;
  request.door = connection.door;
  auto target = parse_target(head.target);
  if (!target) return problem(400, "bad-target", "the target is malformed, or a query key is there twice");
  request.path = std::move(target->path);
  request.query = std::move(target->query);
  if (connection.door != Door::admin && !host_allowed(request.header("host"), connection.core.options.hosts)) {
    return problem(421, "host-not-allowed", "Host is not a name of this service (against DNS rebinding)");
  }
  return authorise(connection.core, request);
}

asio::awaitable<Response> answer(std::shared_ptr<Connection> connection, const Routed& routed, const Request& request) {
  if (routed.route->behaviour == Behaviour::live) co_return co_await answer_live(connection, routed, request);
  auto& core = connection->core;
  const Context context = core.context();
  if (routed.route->behaviour != Behaviour::waits) co_return respond(routed, request, context);
  const auto work = [&]() -> asio::awaitable<Response> { co_return respond(routed, request, context); };
  co_return co_await asio::co_spawn(core.workers, work, asio::use_awaitable);
}

/// Counts a request as unanswered for as long as it lives.
class Pending {
 public:
  Pending(Core& core, bool waits) : core_(waits ? &core : nullptr) {
    if (core_ != nullptr) core_->unanswered.add();
  }
  ~Pending() {
    if (core_ != nullptr) core_->unanswered.remove();
  }
  Pending(const Pending&) = delete;
  Pending& operator=(const Pending&) = delete;

 private:
  Core* core_;
};

/// What was written of a reply that is kept; nothing: the connection is broken.
struct Again {
  std::string_view wire;
  std::optional<std::size_t> sent;
};

/// Writes the reply to a plain request if one is kept.
std::optional<Again> answer_again(Connection& connection, const Head& head) {
  auto& core = connection.core;
  const auto began = std::chrono::steady_clock::now();
  const auto* ready = core.replies.find(core.current(), head.target);
  if (ready == nullptr) return std::nullopt;
  const bool unchanged = head.request.header("if-none-match").find(ready->etag) != std::string::npos;
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  (unchanged ? ready->unchanged_meter : ready->whole_meter).add(took.count());
  const std::string_view wire = unchanged ? ready->unchanged : ready->whole;
  return Again{wire, write_now(connection, wire)};
}

/// The rest of it, which is nearly always nothing. False: close.
asio::awaitable<bool> finish(Connection& connection, Again again) {
  if (!again.sent || *again.sent == again.wire.size()) co_return again.sent.has_value();
  co_return co_await write_all(connection, std::string(again.wire.substr(*again.sent)));
}

enum class Next : std::uint8_t { answered, other, ended };

/// Reads what comes next from a client whose last request was answered from the cache, and answers it if it is the same
/// again. Others have their turn before it reads: where many poll, its next request is there by then, and the socket is
/// asked once instead of twice.
asio::awaitable<Next> answer_repeated(Connection& connection) {
  const auto& known = *connection.repeatable;
  connection.deadline(connection.core.options.limits.idle_deadline_ms);
  co_await asio::post(connection.core.io, with_error);
  char chunk[read_bytes];
  const auto [error, count] = co_await read_some(connection, asio::buffer(chunk));
  if (error) co_return Next::ended;
  if (std::string_view(chunk, count) == known.head.wire && known.admitted == connection.core.admitted) {
    if (const auto again = answer_again(connection, known.head)) {
      if (again->sent && *again->sent == again->wire.size()) co_return Next::answered;
      co_return co_await finish(connection, *again) ? Next::answered : Next::ended;
    }
  }
  connection.received.assign(chunk, count);
  connection.repeatable.reset();
  co_return Next::other;
}

/// One request whose head and body are there. False: close.
asio::awaitable<bool> serve_one(std::shared_ptr<Connection> connection, Head& head) {
  const auto began = std::chrono::steady_clock::now();
  connection->waited = {};
  const auto& request = head.request;
  auto& core = connection->core;
  const bool plain = head.keep_alive && connection->door == Door::read && cacheable(request);
  const auto shown = core.current().snapshot;  // held, so that no later one can have its address
  if (const auto again = plain ? answer_again(*connection, head) : std::nullopt) {
    if (connection->received.empty()) connection->repeatable.emplace(std::move(head), core.admitted);
    co_return co_await finish(*connection, *again);
  }
  auto routed = find_route(request);
  const auto* route = std::get_if<Routed>(&routed);
  const Pending pending(connection->core, route != nullptr && route->route->behaviour == Behaviour::waits);
  std::string name = "none";
  Response response;
  if (auto* found = std::get_if<Routed>(&routed)) {
    name = found->route->pattern;
    if (found->route->behaviour == Behaviour::stream && request.method == "GET") {
      co_await stream_events(connection, request);
      co_return false;
    }
    if (found->route->behaviour == Behaviour::stream) {
      response = {.type = "text/event-stream", .body = {}};
    } else {
      response = co_await answer(connection, *found, request);
      const auto& now = core.current();
      if (plain && found->route->behaviour == Behaviour::live && now.snapshot == shown)
        core.replies.keep(now, head.target, *found->route, response);
    }
  } else {
    response = std::move(std::get<Response>(routed));
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began - connection->waited;
  connection->core.metrics.count(name, request.method, response.status, took.count());
  const bool written = co_await write_all(*connection, to_wire(response, head.keep_alive, request.method == "HEAD"));
  co_return written&& head.keep_alive;
}

}  // namespace

asio::awaitable<std::tuple<boost::system::error_code, std::size_t>> read_some(Connection& connection,
                                                                              asio::mutable_buffer into) {
  if (connection.secure) co_return co_await connection.secure->async_read_some(asio::buffer(into), with_error);
  co_return co_await connection.socket.async_read_some(asio::buffer(into), with_error);
}

asio::awaitable<bool> write_all(Connection& connection, std::string wire) {
  const auto sent = write_now(connection, wire);
  if (!sent || *sent == wire.size()) co_return sent.has_value();
  connection.deadline(connection.core.options.limits.write_deadline_ms);
  const bool written = co_await write_bytes(connection, std::string_view(wire).substr(*sent));
  connection.no_deadline();
  co_return written;
}

asio::awaitable<void> serve(std::shared_ptr<Connection> connection) {
  const auto& limits = connection->core.options.limits;
  if (!co_await shake_hands(*connection)) co_return;
  for (bool first = true;; first = false) {
    auto next = Next::answered;
    while (connection->repeatable && next == Next::answered) next = co_await answer_repeated(*connection);
    if (next == Next::ended) break;
    connection->deadline(first || !connection->received.empty() ? limits.header_deadline_ms : limits.idle_deadline_ms);
    auto head = co_await read_head(*connection);
    if (!head) break;
    if (!co_await read_body(*connection, *head)) break;
    if (auto refused = complete(*connection, *head)) {
      co_await refuse(*connection, std::move(*refused));
      break;
    }
    if (!co_await serve_one(connection, *head)) break;
  }
  connection->no_deadline();
  co_await close_gently(*connection, Socket::shutdown_both);
}

}  // namespace lockstep::api
