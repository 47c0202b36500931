#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "adapters/evm/abi.hpp"
#include "adapters/evm/compile_check.hpp"
#include "adapters/signer/open_key.hpp"
#include "app/cli/doctor.hpp"
#include "app/cli/http_client.hpp"
#include "crypto/eip191.hpp"
#include "crypto/keystore.hpp"

namespace lockstep::app {
namespace {

/// Kept even if the work ends early: somebody waits for it.
class Opening {
 public:
  explicit Opening(std::promise<std::optional<Address>> promise) : promise_(std::move(promise)) {}
  ~Opening() { promise_.set_value(address); }
  Opening(const Opening&) = delete;
  Opening& operator=(const Opening&) = delete;
  std::optional<Address> address;

 private:
  std::promise<std::optional<Address>> promise_;
};

bool of_daemon_only(const settings::SecretRef& ref) {
  return ref.source == settings::SecretSource::env || ref.source == settings::SecretSource::credential;
}

/// It signs something that nobody can use: a sentence with EIP-191's prefix.
Findings try_remote(const DoctorContext& context, const settings::SignerConfig& config,
                    std::optional<Address>& opened) {
  const auto area = "signer " + config.id;
  const auto url = settings::resolve(config.url);
  if (!url) return {finding(area, "url", of_daemon_only(config.url) ? Verdict::warn : Verdict::fail, url.error())};
  const auto key = signer::open_key(config, *url);
  if (!key) return {finding(area, "url", Verdict::fail, key.error())};
  opened = config.address;
  const auto made = (*key)->sign(crypto::eip191_message(to_bytes("Lockstep doctor asks whether you sign")));
  if (!made) return {finding(area, "signs", Verdict::fail, made.error().error)};
  const bool attests = config.id == context.config.operator_signer;
  return {{area, "signs", Verdict::ok,
           fmt::format("it does; {}{}", evm::abi::checksum(config.address), attests ? "; attests" : "")}};
}

}  // namespace

Findings examine_signer(const DoctorContext& context, const settings::SignerConfig& signer,
                        std::promise<std::optional<Address>> opened) {
  Opening opening(std::move(opened));
  const auto area = "signer " + signer.id;
  std::error_code unknown;
  if (signer::is_remote(signer)) return try_remote(context, signer, opening.address);
  if (!std::filesystem::exists(signer.path, unknown))
    return {{area,
             "keystore",
             Verdict::fail,
             signer.path.string() + " does not exist",
             "[[signer]] " + signer.id,
             {},
             "lockstep key new " + signer.path.string()}};
  const auto passphrase = settings::resolve(signer.passphrase);
  if (!passphrase) {
    auto row = finding(area, "passphrase", of_daemon_only(signer.passphrase) ? Verdict::warn : Verdict::fail,
                       passphrase.error());
    if (row.verdict == Verdict::warn) row.why += "; the daemon's own environment was not looked at";
    return {row};
  }
  const auto key = crypto::read_keystore(signer.path, passphrase->reveal());
  if (!key) return {finding(area, "keystore", Verdict::fail, key.error())};
  opening.address = key->address();
  const bool attests = signer.id == context.config.operator_signer;
  return {{area, "keystore", Verdict::ok,
           fmt::format("opens; {}{}", evm::abi::checksum(key->address()), attests ? "; attests" : "")}};
}

Findings examine_operator(const DoctorContext& context, const std::shared_future<std::optional<Address>>& signer) {
  const auto& config = context.config;
  if (config.operator_signer.empty())
    return {{"operator", "role", Verdict::warn, "observes only", "[operator]", "no operator.signer is configured",
             "set operator.signer to take part"}};
  const auto& self = signer.get();
  if (!self)
    return {{"operator",
             "role",
             Verdict::skipped,
             "not looked at",
             {},
             "the keystore of " + config.operator_signer + " was not opened here"}};
  Findings findings;
  for (const auto& protocol : context.protocols) {
    const auto& set = protocol.operators;
    const bool member = std::ranges::find(set.addresses, *self) != set.addresses.end();
    const auto detail = fmt::format("{} of {}: {} operators, {} needed, {} may fail", member ? "member" : "no member",
                                    protocol.name, set.addresses.size(), set.threshold, set.faulty);
    findings.push_back({"operator", "role", member ? Verdict::ok : Verdict::fail, detail,
                        member ? "" : protocol.file.string(), member ? "" : to_hex(*self) + " is not in its set",
                        member ? "" : "have governance add it, or correct operator.signer"});
    const auto self_peer = std::ranges::any_of(config.peers, [&](const auto& peer) { return peer.address == *self; });
    if (self_peer)
      findings.push_back({"operator", "peers", Verdict::fail, "a [[peer]] is ourselves", "[[peer]] " + to_hex(*self),
                          "it is the address of operator.signer", "remove it"});
  }
  return findings;
}

Findings examine_peers(const DoctorContext& context) {
  const auto& peers = context.config.peers;
  std::vector<std::future<Findings>> asked;
  for (const auto& peer : peers) {
    asked.push_back(std::async(std::launch::async, [&context, &peer]() -> Findings {
      const auto area = "peer " + to_hex(peer.address).substr(0, 10);
      const auto url = settings::resolve(peer.url);
      if (!url) return {finding(area, "url", Verdict::fail, url.error())};
      const auto reply = HttpClient(url->reveal(), std::max(1U, context.timeout_ms / 1000)).get("/api/v1/attestations");
      const auto next = "ask its operator; check what its proxy lets through";
      if (!reply) return {{area, "answers", Verdict::warn, "does not answer", "[[peer]]", reply.error().why, next}};
      const auto page = nlohmann::json::parse(reply->body, nullptr, false);
      if (reply->status != 200 || !page.is_object() || !page.contains("attestations"))
        return {{area, "answers", Verdict::warn, "does not serve attestations", "[[peer]]",
                 fmt::format("HTTP status {}", reply->status), next}};
      return {{area, "answers", Verdict::ok, fmt::format("serves {} attestations", page["attestations"].size())}};
    }));
  }
  Findings findings;
  for (auto& one : asked) append(findings, one.get());
  std::size_t up = count(findings, Verdict::ok);
  for (const auto& protocol : context.protocols) {
    const std::size_t needed = protocol.operators.threshold;
    if (needed < 2 || up + 1 >= needed) continue;
    findings.push_back(
        {"peers", "threshold", Verdict::fail,
         fmt::format("{} needs {} operators and {} answer, ourselves included", protocol.name, needed, up + 1),
         "[[peer]]", "no certificate could be assembled now", "bring peers back, or add those missing"});
  }
  return findings;
}

Findings examine_protocol_files(const settings::Config& config, std::vector<settings::Protocol>& good) {
  Findings findings;
  if (config.protocol_files.empty())
    findings.push_back({"protocols", "files", Verdict::warn, "there is none", "protocols/ beside the config",
                        "nothing will be watched", "put the protocol team's file there"});
  for (const auto& file : config.protocol_files) {
    const auto area = "protocol " + file.stem().string();
    auto protocol = settings::load_protocol(file);
    auto errors = protocol ? evm::check_protocol(*protocol) : protocol.error();
    if (protocol) {
      for (const auto& instance : protocol->instances) {
        if (std::ranges::any_of(config.chains, [&](const auto& chain) { return chain.id == instance.chain; })) continue;
        errors.push_back({"chain \"" + instance.chain + "\" has no [[chain]]", file.string(), {}, "add it"});
      }
    }
    for (const auto& error : errors) findings.push_back(finding(area, "file", Verdict::fail, error));
    if (!errors.empty()) continue;
    findings.push_back(
        {area, "file", Verdict::ok, fmt::format("{} instances, home {}", protocol->instances.size(), protocol->home)});
    good.push_back(std::move(*protocol));
  }
  return findings;
}

Findings examine_sinks(const settings::Outlets& outlets) {
  Findings findings;
  for (const auto& sink : outlets.sinks) {
    const auto area = "notify " + sink.id;
    bool good = true;
    for (const auto* ref : {&sink.url, &sink.routing_key, &sink.secret, &sink.password}) {
      if (ref->source == settings::SecretSource::none) continue;
      const auto secret = settings::resolve(*ref);
      if (secret) continue;
      good = false;
      findings.push_back(finding(area, "secret", of_daemon_only(*ref) ? Verdict::warn : Verdict::fail, secret.error()));
    }
    if (good)
      findings.push_back({area, "secret", Verdict::ok, sink.type + "; send one with: lockstep notify test " + sink.id});
  }
  return findings;
}

}  // namespace lockstep::app
