#pragma once
// Every route of the API in one table, and the way from a request to its response.
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "api/http.hpp"
#include "api/server.hpp"
#include "api/tokens.hpp"

namespace lockstep::api {

class Metrics;

/// What handlers may use. Snapshots are immutable; one is taken per request.
struct Context {
  const Options* options = nullptr;
  const Handlers* handlers = nullptr;
  Metrics* metrics = nullptr;
  view::SnapshotPtr snapshot;  // null before the first one
  std::string etag;            // of that snapshot, with quotes
};

struct Call {
  const Request& request;
  const Context& context;
  std::vector<std::string> parameters;  // of the pattern, in its order
};

enum class Behaviour : std::uint8_t {
  immediate,  // answered on the network thread, whatever the state
  live,       // a view of the snapshot: 503 before the first one, ETag and 304
  waits,      // calls back to disk or coordinator: on a worker thread; 503 before the first snapshot
  stream,     // server-sent events
};

struct Route {
  std::string_view method;
  std::string_view pattern;  // "/api/v1/plans/{id}"
  Door door;                 // read: there and on the admin socket; otherwise only that one
  Behaviour behaviour;
  std::span<const std::string_view> query_keys;
  Response (*handle)(const Call&);  // null for stream
  /// ETag of a view that changes more seldom than the snapshot; null: that of the snapshot. Empty: the view has none.
  std::string (*etag)(const Call&) = nullptr;
  Scope scope = Scope::none;  // of a token with which Door::read serves an admin route too
};

std::span<const Route> routes();

struct Routed {
  const Route* route = nullptr;
  std::vector<std::string> parameters;
};

/// The route of a request, or the refusal: 404, 405 with Allow, 400 for an unknown query key.
std::variant<Routed, Response> find_route(const Request& request);

/// Answers a request whose route is not a stream.
Response respond(const Routed& routed, const Request& request, const Context& context);

/// application/problem+json (RFC 9457).
Response problem(int status, std::string_view code, std::string_view detail);
Response problem(int status, std::string_view code, const Error& error);

/// A plan by its hash or at least its first eight digits, or 404 / 400 "ambiguous-id".
std::variant<const coordinator::PlanState*, Response> find_plan(const view::Snapshot& snapshot, std::string_view id);

}  // namespace lockstep::api
