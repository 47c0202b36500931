#include <fmt/format.h>

#include "app/cli/http_client.hpp"
#include "app/cli/json_text.hpp"
#include "app/cli/plan_file.hpp"
#include "app/cli/verbs.hpp"

// Verbs that ask the daemon.
namespace lockstep::app {
namespace {

using nlohmann::json;

std::optional<json> get(Session& session, const std::string& path, Exit& failed) {
  const auto http = client(session, false, failed);
  if (!http) return std::nullopt;
  return fetch(session, http->get(path), failed);
}

std::string rows_text(const json& rows) {
  std::string out;
  for (const auto& row : rows) {
    const auto level = text_of(row, "level");
    out += fmt::format("    {:<6} {}{:<28} {}\n", text_of(row, "colour"), level.empty() ? "" : level + " ",
                       text_of(row, "name"), text_of(row, "detail"));
  }
  return out;
}

/// Rows that are not green, of the readiness and evidence pages.
std::string troubles(const json& page) {
  std::string out;
  for (const auto& instance : list_of(page, "instances")) {
    json rows = list_of(instance, "rows");
    for (const char* part : {"baseline", "evidence", "soak"}) {
      for (const auto& row : list_of(object_of(instance, part), "rows")) rows.push_back(row);
    }
    json bad = json::array();
    for (const auto& row : rows) {
      if (text_of(row, "colour") != "green") bad.push_back(row);
    }
    if (!bad.empty()) out += "  " + text_of(instance, "chain") + "\n" + rows_text(bad);
  }
  return out;
}

}  // namespace

Exit plan_submit(Session& session, const std::string& file, bool yes) {
  Exit failed{};
  const auto plan = read_plan_file(session, file, failed);
  if (!plan) return failed;
  const auto hash = to_hex(plan->compiled.plan.hash);
  const auto short_id = hash.substr(2, 8);
  session.say(fmt::format("{} compiles to plan {}", file, hash));
  if (!yes && !session.confirm("Type " + short_id + " to submit it:", short_id)) {
    return session.fail({"not submitted", {}, "the plan's short id was not confirmed", "type it, or use --yes"},
                        Exit::not_allowed);
  }
  const auto http = client(session, true, failed);
  if (!http) return failed;
  const auto answer = fetch(
      session,
      http->post("/api/v1/plans", json{{"toml", plan->text}, {"file", plan->document.file}, {"hash", hash}}.dump()),
      failed);
  if (!answer) return failed;
  const auto id = text_of(*answer, "id");
  if (id != hash) {
    return session.fail({"the daemon compiled another plan",
                         {},
                         "it says " + id + ", this file gives " + hash,
                         "compare its protocol file and chain ids with yours"},
                        Exit::bad_document);
  }
  return session.result(with_schema(*answer, "lockstep.submitted/1"), id);
}

Exit plan_list(Session& session) {
  Exit failed{};
  const auto answer = get(session, "/api/v1/plans", failed);
  if (!answer) return failed;
  std::string text;
  for (const auto& plan : list_of(*answer, "plans")) {
    text += fmt::format("{}  {:<12} {} {} epoch {}\n", text_of(plan, "short_id"), text_of(plan, "stage"),
                        text_of(plan, "protocol"), text_of(plan, "name"), text_of(plan, "epoch"));
  }
  return session.result(with_schema(*answer, "lockstep.plans/1"), text);
}

Exit plan_show(Session& session, const std::string& id) {
  Exit failed{};
  const auto answer = get(session, "/api/v1/plans/" + id, failed);
  if (!answer) return failed;
  auto text = plan_text(*answer);
  const auto& window = object_of(*answer, "window");
  for (const auto& [key, value] : window.items())
    text += fmt::format("  {} {}\n", key, value.is_string() ? value.get<std::string>() : value.dump());
  return session.result(with_schema(*answer, "lockstep.plan/1"), text);
}

Exit plan_explain(Session& session, const std::string& id) {
  Exit failed{};
  const auto plan = get(session, "/api/v1/plans/" + id, failed);
  if (!plan) return failed;
  const auto readiness = get(session, "/api/v1/plans/" + id + "/readiness", failed);
  if (!readiness) return failed;
  const auto evidence = get(session, "/api/v1/plans/" + id + "/evidence", failed);
  if (!evidence) return failed;
  auto text = plan_text(*plan);
  if (const auto bad = troubles(*readiness); !bad.empty()) text += "readiness that is not green:\n" + bad;
  if (const auto bad = troubles(*evidence); !bad.empty()) text += "evidence that is not green:\n" + bad;
  return session.result(
      {{"schema", "lockstep.explain/1"}, {"plan", *plan}, {"readiness", *readiness}, {"evidence", *evidence}}, text);
}

Exit plan_command(Session& session, const std::string& command, const std::string& id, const std::string& reason,
                  bool yes) {
  Exit failed{};
  const auto http = client(session, true, failed);
  if (!http) return failed;
  const auto plan = fetch(session, http->get("/api/v1/plans/" + id), failed);
  if (!plan) return failed;
  const auto short_id = text_of(*plan, "short_id");
  session.say(plan_text(*plan));
  if (!yes && !session.confirm(fmt::format("Type {} to {} it:", short_id, command), short_id)) {
    return session.fail({"nothing was done", {}, "the plan's short id was not confirmed", "type it, or use --yes"},
                        Exit::not_allowed);
  }
  const auto path = fmt::format("/api/v1/plans/{}/{}", text_of(*plan, "id"), command);
  const auto answer = fetch(session, http->post(path, json{{"reason", reason}}.dump()), failed);
  if (!answer) return failed;
  return session.result(with_schema(*answer, "lockstep.command/1"), fmt::format("{} {}", command, short_id));
}

}  // namespace lockstep::app
