#include "app/assemble.hpp"

#include <algorithm>

#include "adapters/evm/compile_check.hpp"
#include "adapters/signer/open_key.hpp"
#include "settings/peer_check.hpp"

namespace lockstep::app {

std::unexpected<Ended> refuse(Exit exit, Error error) { return std::unexpected(Ended{exit, {std::move(error)}}); }

namespace {

bool knows(const settings::Config& config, const std::string& chain) {
  return std::ranges::any_of(config.chains, [&](const auto& known) { return known.id == chain; });
}

void check_chains(const settings::Config& config, const settings::Protocol& protocol, std::vector<Error>& errors) {
  for (const auto& instance : protocol.instances) {
    if (knows(config, instance.chain)) continue;
    errors.push_back(
        {"protocol " + protocol.name + " has an instance on chain \"" + instance.chain + "\", which is not configured",
         protocol.file.string(), "a member that is not watched cannot be upgraded in step",
         "add a [[chain]] with this id"});
  }
}

void check_direct(const settings::Config& config, const settings::Protocol& protocol, std::vector<Error>& errors) {
  if (!settings::is_direct(protocol) || config.operator_direct) return;
  errors.push_back({"protocol " + protocol.name + " has no gate, and direct mode is off", protocol.file.string(),
                    "without a gate nothing on chain holds the relayer to the plan: the assurance is degraded",
                    "read docs/direct.md, then set direct = true in [operator], or give the instances gates"});
}

}  // namespace

std::expected<std::vector<settings::Protocol>, Ended> load_protocols(const settings::Config& config) {
  std::vector<settings::Protocol> protocols;
  std::vector<Error> errors;
  for (const auto& file : config.protocol_files) {
    auto protocol = settings::load_protocol(file);
    if (!protocol) {
      errors.insert(errors.end(), protocol.error().begin(), protocol.error().end());
      continue;
    }
    const auto found = evm::check_protocol(*protocol);
    errors.insert(errors.end(), found.begin(), found.end());
    check_chains(config, *protocol, errors);
    check_direct(config, *protocol, errors);
    protocols.push_back(std::move(*protocol));
  }
  if (!errors.empty()) return std::unexpected(Ended{Exit::bad_document, std::move(errors)});
  return protocols;
}

std::expected<ports::KeyPtr, Ended> Keys::load(const std::string& id) {
  if (id.empty()) return nullptr;
  if (const auto known = loaded_.find(id); known != loaded_.end()) return known->second;
  const auto config = std::ranges::find_if(config_.signers, [&](const auto& known) { return known.id == id; });
  if (config == config_.signers.end())
    return refuse(Exit::bad_config, {"signer \"" + id + "\" is not configured", "", "", "add a [[signer]]"});
  const auto secret = settings::resolve(signer::secret_of(*config));
  if (!secret) return refuse(Exit::bad_config, secret.error());
  auto key = signer::open_key(*config, *secret);
  if (!key) return refuse(Exit::not_allowed, key.error());
  return loaded_.emplace(id, std::move(*key)).first->second;
}

std::vector<ports::KeyPtr> Keys::opened() const {
  std::vector<ports::KeyPtr> all;
  for (const auto& [id, key] : loaded_) all.push_back(key);
  return all;
}

std::expected<std::vector<evm::ResolvedEndpoint>, Ended> resolve_endpoints(const settings::ChainConfig& chain) {
  std::vector<evm::ResolvedEndpoint> endpoints;
  for (const auto& rpc : chain.rpc) {
    auto url = settings::resolve(rpc.url);
    if (!url) return refuse(Exit::bad_config, url.error());
    endpoints.push_back({rpc.name, std::move(*url)});
    if (!rpc.ws) continue;
    auto ws = settings::resolve(*rpc.ws);
    if (!ws) return refuse(Exit::bad_config, ws.error());
    endpoints.back().ws = std::move(*ws);
  }
  return endpoints;
}

std::expected<std::unique_ptr<evm::EvmChain>, Ended> make_chain(const settings::Config& config,
                                                                const settings::ChainConfig& chain,
                                                                const std::vector<settings::Protocol>& protocols,
                                                                Keys& keys) {
  if (chain.adapter != "evm")
    return refuse(Exit::bad_config,
                  {"chain " + chain.id + " wants adapter \"" + chain.adapter + "\"", "", "this version has: evm"});
  auto endpoints = resolve_endpoints(chain);
  if (!endpoints) return std::unexpected(endpoints.error());
  auto key = keys.load(chain.signer);
  if (!key) return std::unexpected(key.error());
  evm::ChainSetup setup{chain, std::move(*endpoints), std::move(*key), {}, config.data_dir / "chains" / chain.id};
  for (const auto& protocol : protocols) {
    for (const auto& instance : protocol.instances) {
      if (instance.chain == chain.id)
        setup.instances.push_back({protocol.name, instance, protocol.events, protocol.views});
    }
  }
  auto made = evm::make_chain(std::move(setup));
  if (!made) return refuse(Exit::bad_config, made.error());
  return std::move(*made);
}

std::expected<std::vector<peers::Peer>, Ended> resolve_peers(const settings::Config& config) {
  std::vector<peers::Peer> resolved;
  for (const auto& peer : config.peers) {
    auto url = settings::resolve(peer.url);
    if (!url) return refuse(Exit::bad_config, url.error());
    resolved.push_back({peer.address, std::move(*url)});
  }
  return resolved;
}

std::expected<std::vector<notify::Sink>, Ended> resolve_sinks(const settings::Outlets& outlets) {
  std::vector<notify::Sink> sinks;
  for (const auto& one : outlets.sinks) {
    auto sink = notify::make_sink(one);
    if (!sink) return refuse(Exit::bad_config, sink.error());
    sinks.push_back(std::move(*sink));
  }
  return sinks;
}

std::expected<std::vector<Error>, Ended> check_peers(const settings::Config& config,
                                                     const std::vector<settings::Protocol>& protocols,
                                                     const std::optional<Address>& self) {
  for (const auto& peer : config.peers) {
    if (peer.address == self)
      return refuse(Exit::bad_config, {"peer " + to_hex(peer.address) + " is ourselves", peer.url.where,
                                       "it is the address of operator.signer", "remove this [[peer]]"});
  }
  return settings::peer_notices(config, protocols, self);
}

std::string assurance(const settings::Config& config, const std::vector<settings::Protocol>& protocols) {
  if (std::ranges::any_of(protocols, settings::is_direct)) return "degraded";
  const bool one_endpoint = std::ranges::any_of(config.chains, [](const auto& chain) { return chain.rpc_quorum < 2; });
  const bool one_operator =
      std::ranges::any_of(protocols, [](const auto& protocol) { return protocol.operators.threshold < 2; });
  return one_endpoint || one_operator ? "single" : "quorum";
}

}  // namespace lockstep::app
