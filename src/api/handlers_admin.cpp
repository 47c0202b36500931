// The only ways to change anything; routed on the admin socket, whose peer was checked, and to bearers of a token with
// the scope. Answered once durable.
#include "api/handlers.hpp"
#include "api/idempotency.hpp"
#include "api/json.hpp"

namespace lockstep::api {
namespace {

using coordinator::CommandKind;

constexpr std::size_t max_reason = 500;

Response accepted(const Accepted& what) {
  return {.status = 200,
          .body = dump({{"schema", "lockstep.accepted/1"},
                        {"id", to_hex(what.plan)},
                        {"short_id", short_id(what.plan)},
                        {"seq", number(what.seq)}})};
}

Response refused(std::string_view code, const Refused& why) {
  return why.here ? problem(503, "not-durable", why.error) : problem(422, code, why.error);
}

/// {"reason": "…"}; nothing else in it. An empty body is an empty reason.
std::variant<std::string, Response> reason_of(const std::string& body) {
  if (body.empty()) return std::string();
  const auto json = Json::parse(body, nullptr, false);
  if (!json.is_object()) return problem(400, "bad-body", "the body is not a JSON object");
  std::string reason;
  for (const auto& [key, value] : json.items()) {
    if (key != "reason" || !value.is_string())
      return problem(400, "bad-body", "the body is {\"reason\": text}; unexpected: " + key);
    reason = value.get<std::string>();
  }
  if (reason.size() > max_reason) return problem(400, "bad-body", "the reason is longer than 500 bytes");
  return reason;
}

Response command(const Call& call, CommandKind kind) {
  const auto found = find_plan(*call.context.snapshot, call.parameters[0]);
  if (const auto* refusal = std::get_if<Response>(&found)) return *refusal;
  const auto reason = reason_of(call.request.body);
  if (const auto* refusal = std::get_if<Response>(&reason)) return *refusal;
  if (kind != CommandKind::resume && std::get<std::string>(reason).empty()) {
    return problem(400, "reason-missing", std::string("a reason is needed to ") + to_text(kind) + " a plan");
  }
  const auto& plan = *std::get<const coordinator::PlanState*>(found);
  // After the end only the hand brake may still do something; whether it does, the coordinator knows.
  const bool over = ended(plan.stage);
  const auto too_late = [&] {
    return problem(409, "plan-ended", std::string("the plan has ended: ") + to_text(plan.stage));
  };
  if (over && (kind == CommandKind::hold || kind == CommandKind::abort)) return too_late();
  const auto done =
      call.context.handlers->command(plan.plan.hash, kind, std::get<std::string>(reason), call.request.peer);
  if (!done) return refused("refused", done.error());
  if (over && !done->changed) return too_late();
  return accepted(*done);
}

Response submit(const Call& call) {
  if (call.request.body.empty()) return problem(400, "bad-body", "the body is the plan document");
  const auto done = call.context.handlers->submit_plan(call.request.body);
  if (!done) return refused("plan-refused", done.error());
  return accepted(*done);
}

}  // namespace

Response post_plan(const Call& call) { return once(call, submit); }
Response post_hold(const Call& call) {
  return once(call, [](const Call& c) { return command(c, CommandKind::hold); });
}
Response post_resume(const Call& call) {
  return once(call, [](const Call& c) { return command(c, CommandKind::resume); });
}
Response post_abort(const Call& call) {
  return once(call, [](const Call& c) { return command(c, CommandKind::abort); });
}
Response post_halt(const Call& call) {
  return once(call, [](const Call& c) { return command(c, CommandKind::halt); });
}

Response post_reload(const Call& call) {
  if (!call.request.body.empty()) return problem(400, "bad-body", "a reload has no body");
  if (!call.context.handlers->reload)
    return problem(409, "nothing-to-reload", "this daemon was not started from files");
  const auto done = call.context.handlers->reload();
  if (!done) return problem(409, "reload-refused", done.error().error);
  Json changed = Json::array();
  for (const auto& key : done->changed) changed.push_back(key);
  return {.body = dump({{"schema", "lockstep.reloaded/1"}, {"changed", std::move(changed)}})};
}

}  // namespace lockstep::api
