#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "app/cli/http_client.hpp"
#include "app/cli/json_text.hpp"
#include "app/cli/plan_file.hpp"
#include "app/cli/verbs.hpp"
#include "app/cli/verify_chain.hpp"
#include "app/report/report.hpp"

namespace lockstep::app {
namespace {

using nlohmann::json;

struct Manifest {
  json document;
  Hash32 hash;
};

/// From a file: compiled here. From an id: the daemon's manifest, believed only because it hashes to the id.
std::optional<Manifest> manifest_of(Session& session, const std::string& target, Exit& failed) {
  std::error_code ignored;
  if (target == "-" || std::filesystem::exists(target, ignored)) {
    const auto plan = read_plan_file(session, target, failed);
    if (!plan) return std::nullopt;
    return Manifest{json::parse(plan->compiled.document), plan->compiled.plan.hash};
  }
  const auto http = client(session, false, failed);
  if (!http) return std::nullopt;
  const auto reply = http->get("/api/v1/plans/" + target + "/manifest");
  const auto document = fetch(session, reply, failed);
  if (!document) return std::nullopt;
  const auto hash = manifest_hash(reply->body);
  const auto prefix = target.starts_with("0x") ? target : "0x" + target;
  if (!hash || !to_hex(*hash).starts_with(prefix)) {
    failed = session.fail({"the daemon's manifest is not that of plan " + target,
                           {},
                           hash ? "it hashes to " + to_hex(*hash) : "it names no leaves",
                           "verify the plan's file instead"},
                          Exit::drift);
    return std::nullopt;
  }
  return Manifest{*document, *hash};
}

json to_json(const VerifyRow& row) {
  return {{"chain", row.chain}, {"name", row.name}, {"ok", row.ok}, {"detail", row.detail}};
}

}  // namespace

Exit plan_verify(Session& session, const std::string& target) {
  Exit failed{};
  const auto loaded = session.config(failed);
  if (!loaded) return failed;
  const auto manifest = manifest_of(session, target, failed);
  if (!manifest) return failed;
  const auto& chains = loaded->config.chains;
  std::string text;
  json rows = json::array();
  bool ok = true;
  for (const auto& instance : list_of(manifest->document, "instances")) {
    const auto name = text_of(instance, "chain");
    const auto chain = std::find_if(chains.begin(), chains.end(), [&](const auto& c) { return c.id == name; });
    if (chain == chains.end() || std::to_string(chain->chain_id) != text_of(instance, "chain_id")) {
      return session.fail(
          {"chain " + name + " with chain id " + text_of(instance, "chain_id") + " is not in this config",
           {},
           {},
           "add it as [[chain]]"},
          Exit::bad_config);
    }
    session.detail("reading " + name);
    const auto checked = verify_instance(*chain, instance, manifest->hash, text_of(manifest->document, "home") == name);
    if (!checked) return session.fail(checked.error(), Exit::unreachable);
    for (const auto& row : *checked) {
      ok = ok && row.ok;
      rows.push_back(to_json(row));
      text += fmt::format("{:<5} {:<14} {}: {}\n", row.ok ? "ok" : "DRIFT", row.chain, row.name, row.detail);
    }
  }
  text += fmt::format("plan {} {}\n", to_hex(manifest->hash), ok ? "holds on every chain" : "does not hold");
  const auto written = session.result(
      {{"schema", "lockstep.verify/1"}, {"plan_hash", to_hex(manifest->hash)}, {"ok", ok}, {"rows", rows}}, text);
  if (written != Exit::ok) return written;
  return ok ? Exit::ok : Exit::drift;
}

}  // namespace lockstep::app
