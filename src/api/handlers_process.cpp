// Health of the process, its description and its page.
#include "api/assets.hpp"
#include "api/handlers.hpp"
#include "api/json.hpp"
#include "api/metrics.hpp"

namespace lockstep::api {
namespace {

Response text(int status, std::string body) {
  return {.status = status,
          .type = "text/plain; charset=utf-8",
          .body = std::move(body),
          .headers = {{"Cache-Control", "no-store"}}};
}

constexpr const char* policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'";

/// A file of the program; one that the client has already is not sent again.
Response asset(const Call& call, const char* type, const assets::Asset& file) {
  Response response{.type = type,
                    .body = {},
                    .headers = {{"ETag", std::string(file.etag)},
                                {"Cache-Control", "no-cache"},
                                {"Content-Security-Policy", policy},
                                {"X-Frame-Options", "DENY"}}};
  if (call.request.header("if-none-match").find(file.etag) != std::string::npos) {
    response.status = 304;
  } else {
    response.body = file.body;
  }
  return response;
}

Response health(const Call& call, const std::vector<std::string>& failures) {
  if (failures.empty()) return text(200, call.request.query.contains("verbose") ? "ok\nnothing is wrong\n" : "ok\n");
  std::string body = "not ok\n";
  if (call.request.query.contains("verbose")) {
    for (const auto& failure : failures) body += "- " + failure + "\n";
  }
  return text(503, body);
}

}  // namespace

Response get_livez(const Call& call) { return health(call, {}); }

Response get_readyz(const Call& call) {
  const auto& snapshot = call.context.snapshot;
  if (!snapshot) return health(call, {"the journal is still being read"});
  if (snapshot->ready) return health(call, {});
  auto failures = snapshot->not_ready_because;
  if (failures.empty()) failures.emplace_back("the service does not say why");
  return health(call, failures);
}

Response get_startupz(const Call& call) {
  if (call.context.snapshot) return health(call, {});
  return health(call, {"the journal is still being read"});
}

Response get_metrics(const Call& call) {
  return {.type = "text/plain; version=0.0.4; charset=utf-8",
          .body = call.context.metrics->exposition(
              call.context.snapshot.get(),
              call.context.handlers->deliveries ? call.context.handlers->deliveries() : std::vector<DeliveryCount>{}),
          .headers = {{"Cache-Control", "no-store"}}};
}

Response get_dashboard(const Call& call) { return asset(call, "text/html; charset=utf-8", assets::index_html()); }
Response get_script(const Call& call) { return asset(call, "text/javascript; charset=utf-8", assets::app_js()); }
Response get_style(const Call& call) { return asset(call, "text/css; charset=utf-8", assets::app_css()); }
Response get_icon(const Call& call) { return asset(call, "image/svg+xml", assets::icon_svg()); }
Response get_openapi(const Call& call) { return asset(call, "application/json", assets::openapi_json()); }

Response get_version(const Call& call) {
  const auto& snapshot = *call.context.snapshot;
  return {.body = dump({{"schema", "lockstep.version/1"},
                        {"service", snapshot.service_name},
                        {"version", snapshot.version},
                        {"api", "v1"}})};
}

/// What the protocol teams declared, as it was read when the daemon started.
Response get_protocols(const Call& call) {
  Json protocols = Json::array();
  for (const auto& document : call.context.handlers->protocols) protocols.push_back(Json::parse(document.json));
  return {.body = dump({{"schema", "lockstep.protocols/1"}, {"protocols", std::move(protocols)}}),
          .headers = {{"Cache-Control", "no-cache"}}};
}

Response get_protocol(const Call& call) {
  for (const auto& document : call.context.handlers->protocols) {
    if (document.name != call.parameters[0]) continue;
    Json out = {{"schema", "lockstep.protocol/1"}};
    out.update(Json::parse(document.json));
    return {.body = dump(out), .headers = {{"Cache-Control", "no-cache"}}};
  }
  return problem(404, "unknown-protocol", "no protocol has this name: " + call.parameters[0]);
}

Response get_schema(const Call& call) {
  for (const auto& document : call.context.handlers->schemas) {
    if (document.name != call.parameters[0]) continue;
    return {.type = "application/schema+json", .body = document.json, .headers = {{"Cache-Control", "no-cache"}}};
  }
  return problem(404, "unknown-schema", "there are schemas of config, protocol and plan, not of " + call.parameters[0]);
}

}  // namespace lockstep::api
