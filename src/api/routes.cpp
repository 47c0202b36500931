#include "api/routes.hpp"

#include <algorithm>
#include <array>

#include "api/handlers.hpp"
#include "api/target.hpp"

namespace lockstep::api {
namespace {

using Keys = std::string_view;
constexpr std::array<Keys, 1> verbose{"verbose"};
constexpr std::array<Keys, 3> page_of_plans{"state", "after", "limit"};
constexpr std::array<Keys, 2> page{"after", "limit"};
constexpr std::array<Keys, 1> plan_key{"plan"};
constexpr std::array<Keys, 1> limit_key{"limit"};
constexpr std::array<Keys, 3> page_of_accounts{"account", "after", "limit"};
constexpr std::array<Keys, 1> format_key{"format"};
constexpr std::array<Keys, 2> stream_keys{"plan", "chain"};
constexpr std::span<const Keys> none{};

constexpr auto get = std::string_view("GET");
constexpr auto post = std::string_view("POST");

const std::array table{
    Route{get, "/livez", Door::read, Behaviour::immediate, verbose, get_livez},
    Route{get, "/readyz", Door::read, Behaviour::immediate, verbose, get_readyz},
    Route{get, "/startupz", Door::read, Behaviour::immediate, verbose, get_startupz},
    Route{get, "/metrics", Door::metrics, Behaviour::immediate, none, get_metrics},
    Route{get, "/", Door::read, Behaviour::immediate, none, get_dashboard},
    Route{get, "/app.js", Door::read, Behaviour::immediate, none, get_script},
    Route{get, "/app.css", Door::read, Behaviour::immediate, none, get_style},
    Route{get, "/icon.svg", Door::read, Behaviour::immediate, none, get_icon},
    Route{get, "/openapi.json", Door::read, Behaviour::immediate, none, get_openapi},
    Route{get, "/api/v1/version", Door::read, Behaviour::live, none, get_version},
    Route{get, "/api/v1/status", Door::read, Behaviour::live, none, get_status},
    Route{get, "/api/v1/chains", Door::read, Behaviour::live, none, get_chains},
    Route{get, "/api/v1/chains/{id}", Door::read, Behaviour::live, none, get_chain},
    Route{get, "/api/v1/protocols", Door::read, Behaviour::immediate, none, get_protocols},
    Route{get, "/api/v1/protocols/{name}", Door::read, Behaviour::immediate, none, get_protocol},
    Route{get, "/api/v1/schemas/{kind}", Door::read, Behaviour::immediate, none, get_schema},
    Route{get, "/api/v1/transactions", Door::read, Behaviour::live, plan_key, get_transactions},
    Route{get, "/api/v1/mirror/{instance}/summary", Door::read, Behaviour::live, none, get_mirror_summary},
    Route{get, "/api/v1/mirror/{instance}/greeks", Door::read, Behaviour::live, page_of_accounts, get_mirror_greeks},
    Route{get, "/api/v1/mirror/{instance}/shadow", Door::read, Behaviour::live, limit_key, get_mirror_shadow},
    Route{get, "/api/v1/mirror/{instance}/accounts/{address}", Door::read, Behaviour::waits, none, get_mirror_account},
    Route{get, "/api/v1/attestations", Door::read, Behaviour::live, plan_key, get_attestations, attestations_etag},
    Route{get, "/api/v1/journal", Door::read, Behaviour::waits, page, get_journal},
    Route{get, "/api/v1/events", Door::read, Behaviour::stream, stream_keys, nullptr},
    Route{get, "/api/v1/plans", Door::read, Behaviour::live, page_of_plans, get_plans},
    Route{get, "/api/v1/plans/{id}", Door::read, Behaviour::live, none, get_plan},
    Route{get, "/api/v1/plans/{id}/timeline", Door::read, Behaviour::waits, none, get_timeline},
    Route{get, "/api/v1/plans/{id}/readiness", Door::read, Behaviour::live, none, get_readiness},
    Route{get, "/api/v1/plans/{id}/evidence", Door::read, Behaviour::live, none, get_evidence},
    Route{get, "/api/v1/plans/{id}/manifest", Door::read, Behaviour::waits, none, get_manifest},
    Route{get, "/api/v1/plans/{id}/report", Door::read, Behaviour::waits, format_key, get_report},
    Route{get, "/api/v1/feeds/upgrades.ics", Door::read, Behaviour::live, none, get_calendar},
    Route{get, "/api/v1/feeds/upgrades.atom", Door::read, Behaviour::live, none, get_feed},
    Route{post, "/api/v1/plans", Door::admin, Behaviour::waits, none, post_plan, nullptr, Scope::submit},
    Route{post, "/api/v1/plans/{id}/hold", Door::admin, Behaviour::waits, none, post_hold, nullptr, Scope::command},
    Route{post, "/api/v1/plans/{id}/resume", Door::admin, Behaviour::waits, none, post_resume, nullptr, Scope::command},
    Route{post, "/api/v1/plans/{id}/abort", Door::admin, Behaviour::waits, none, post_abort, nullptr, Scope::command},
    Route{post, "/api/v1/reload", Door::admin, Behaviour::waits, none, post_reload, nullptr, Scope::reload},
    Route{post, "/api/v1/plans/{id}/halt", Door::admin, Behaviour::waits, none, post_halt, nullptr, Scope::command},
};

bool served_to(const Route& route, const Request& request) {
  if (route.door == request.door || (route.door == Door::read && request.door == Door::admin)) return true;
  return route.door == Door::admin && request.door == Door::read && allows(request.scopes, route.scope);
}

std::optional<std::vector<std::string>> match(std::string_view pattern, const std::vector<std::string>& path) {
  const auto parts = segments(pattern);
  if (parts.size() != path.size()) return std::nullopt;
  std::vector<std::string> parameters;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].starts_with('{')) {
      if (path[i].empty()) return std::nullopt;
      parameters.push_back(path[i]);
    } else if (parts[i] != path[i]) {
      return std::nullopt;
    }
  }
  return parameters;
}

Response without_method(const Request& request, const std::vector<std::string>& path, bool elsewhere) {
  std::string allow;
  for (const auto& route : table) {
    if (!served_to(route, request) || !match(route.pattern, path)) continue;
    if (!allow.empty()) allow += ", ";
    allow += route.method == get ? "GET, HEAD" : route.method;
  }
  if (allow.empty()) {
    // Not a secret: the API's description lists it. Saying where it is saves an operator an hour.
    if (elsewhere)
      return problem(403, "admin-only", "changes are made through the admin socket, or with a token of that scope");
    return problem(404, "not-found", "there is no such path");
  }
  auto response = problem(405, "method-not-allowed", "the path is there, the method is not");
  response.headers.emplace_back("Allow", allow);
  if (elsewhere)
    response.body =
        problem(405, "admin-only", "changes are made through the admin socket, or with a token of that scope").body;
  return response;
}

}  // namespace

std::span<const Route> routes() { return table; }

std::variant<Routed, Response> find_route(const Request& request) {
  const auto path = segments(request.path);
  bool elsewhere = false;
  for (const auto& route : table) {
    if (request.method != route.method && !(request.method == "HEAD" && route.method == get)) continue;
    auto parameters = match(route.pattern, path);
    if (!parameters || (path.empty() && request.path != "/")) continue;
    if (!served_to(route, request)) {
      elsewhere = elsewhere || route.door == Door::admin;
      continue;
    }
    for (const auto& [key, value] : request.query) {
      if (std::find(route.query_keys.begin(), route.query_keys.end(), key) == route.query_keys.end()) {
        return problem(400, "unknown-query-key", "unknown query key: " + key);
      }
    }
    return Routed{&route, std::move(*parameters)};
  }
  return without_method(request, path, elsewhere);
}

Response respond(const Routed& routed, const Request& request, const Context& context) {
  const Call call{request, context, routed.parameters};
  const auto behaviour = routed.route->behaviour;
  if (behaviour == Behaviour::immediate) return routed.route->handle(call);
  if (!context.snapshot) return problem(503, "starting", "the journal is still being read");
  const auto etag = routed.route->etag != nullptr ? routed.route->etag(call) : context.etag;
  if (const auto& match = request.header("if-match"); !match.empty() && match != "*" && match != etag) {
    return problem(412, "state-moved-on", "If-Match is " + match + ", the state is " + etag);
  }
  const bool live = behaviour == Behaviour::live;
  if (live && !etag.empty() && request.header("if-none-match").find(etag) != std::string::npos) {
    return {.status = 304, .body = {}, .headers = {{"ETag", etag}, {"Cache-Control", "no-cache"}}};
  }
  auto response = routed.route->handle(call);
  if (live && response.status == 200) response.headers.emplace_back("ETag", etag);
  response.headers.emplace_back("Cache-Control", live ? "no-cache" : "no-store");
  return response;
}

}  // namespace lockstep::api
