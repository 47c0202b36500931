#include <algorithm>
#include <filesystem>
#include <iterator>

#include "adapters/evm/compile_check.hpp"
#include "app/cli/verbs.hpp"
#include "settings/peer_check.hpp"
#include "settings/schema.hpp"

namespace lockstep::app {
namespace {

using nlohmann::json;

/// Secret files are read now; variables and credentials belong to the daemon's own environment.
void check_secret(const settings::SecretRef& ref, std::vector<Error>& errors) {
  if (ref.source != settings::SecretSource::file) return;
  if (auto secret = settings::resolve(ref); !secret) errors.push_back(secret.error());
}

std::vector<Error> check_files(const settings::Config& config) {
  std::vector<Error> errors;
  for (const auto& chain : config.chains) {
    for (const auto& rpc : chain.rpc) check_secret(rpc.url, errors);
  }
  for (const auto& peer : config.peers) check_secret(peer.url, errors);
  for (const auto& signer : config.signers) {
    std::error_code ignored;
    if (!std::filesystem::exists(signer.path, ignored))
      errors.push_back({"keystore " + signer.path.string() + " does not exist",
                        "signer " + signer.id,
                        {},
                        "make it with: lockstep key new"});
    check_secret(signer.passphrase, errors);
  }
  return errors;
}

/// Every protocol file with its bindings; chains of its instances must be configured. The good ones go to `protocols`.
std::vector<Error> check_protocols(const settings::Config& config, std::vector<settings::Protocol>& protocols) {
  std::vector<Error> errors;
  for (const auto& file : config.protocol_files) {
    const auto protocol = settings::load_protocol(file);
    const auto found = protocol ? evm::check_protocol(*protocol) : protocol.error();
    errors.insert(errors.end(), found.begin(), found.end());
    if (!protocol) continue;
    protocols.push_back(*protocol);
    for (const auto& instance : protocol->instances) {
      const bool known = std::any_of(config.chains.begin(), config.chains.end(),
                                     [&](const auto& c) { return c.id == instance.chain; });
      if (!known)
        errors.push_back({"chain \"" + instance.chain + "\" of " + protocol->name + " has no [[chain]]",
                          file.string(),
                          {},
                          "add it to the config"});
    }
  }
  return errors;
}

Exit config_check(Session& session, const std::string& file) {
  if (!file.empty()) session.flags.config = {file};
  Exit failed{};
  const auto loaded = session.config(failed);
  if (!loaded) return failed;
  const auto files = check_files(loaded->config);
  if (!files.empty()) return session.fail(files, Exit::bad_config);
  std::vector<settings::Protocol> protocols;
  const auto bad = check_protocols(loaded->config, protocols);
  if (!bad.empty()) return session.fail(bad, Exit::bad_document);
  auto all = loaded->notices;
  std::ranges::copy(settings::peer_notices(loaded->config, protocols, std::nullopt), std::back_inserter(all));
  json notices = json::array();
  for (const auto& notice : all) {
    session.say("note: " + notice.text());
    notices.push_back(notice.text());
  }
  const auto chains = loaded->config.chains.size(), known = loaded->config.protocol_files.size();
  return session.result({{"schema", "lockstep.config-check/1"},
                         {"ok", true},
                         {"chains", chains},
                         {"protocols", known},
                         {"notices", notices}},
                        "ok: " + std::to_string(chains) + " chains, " + std::to_string(known) + " protocols\n");
}

Exit config_show(Session& session, bool origin) {
  Exit failed{};
  const auto loaded = session.config(failed);
  if (!loaded) return failed;
  json keys = json::array();
  std::string text;
  for (const auto& entry : loaded->origins) {
    keys.push_back({{"key", entry.key}, {"value", entry.value}, {"origin", entry.where}});
    text += entry.key + " = " + entry.value + (origin ? "  # " + entry.where : "") + "\n";
  }
  return session.result({{"schema", "lockstep.config/1"}, {"keys", keys}}, text);
}

/// For editors: what a document may hold.
Exit config_schema(Session& session, const std::string& kind) {
  const auto schema = settings::json_schema(kind);
  if (!schema)
    return session.fail({"\"" + kind + "\" is no document", "--kind", {}, "use config, protocol or plan"}, Exit::usage);
  return session.result(*schema, schema->dump(2));
}

}  // namespace

void add_config(CLI::App& app, Session& session, Verb& verb) {
  struct Arguments {
    std::string file;
    bool origin = false;
    std::string kind = "config";
  };
  const auto args = std::make_shared<Arguments>();
  auto* config = app.add_subcommand("config", "the operator's settings")->require_subcommand(1)->fallthrough();
  auto* check = config->add_subcommand("check", "check config, secret files and protocol files")->fallthrough();
  check->add_option("FILE", args->file, "instead of --config");
  check->callback([&session, &verb, args] { verb = [&session, args] { return config_check(session, args->file); }; });
  auto* show = config->add_subcommand("show", "every key in force")->fallthrough();
  show->add_flag("--origin", args->origin, "and where each comes from");
  auto* schema = config->add_subcommand("schema", "JSON Schema (draft-07) of a document, for editors")->fallthrough();
  schema->add_option("--kind", args->kind, "config, protocol or plan")->capture_default_str();
  schema->callback([&session, &verb, args] { verb = [&session, args] { return config_schema(session, args->kind); }; });
  show->callback([&session, &verb, args] { verb = [&session, args] { return config_show(session, args->origin); }; });
}

}  // namespace lockstep::app
