#include "app/cli/starter_config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/time.hpp"

namespace lockstep::app {
namespace {

constexpr std::uint64_t cautious_confirmations = 64;

template <class Holds>
bool all(const StarterChain& chain, Holds holds) {
  return std::ranges::all_of(chain.endpoints, [&](const auto& endpoint) { return holds(endpoint.facts); });
}

std::uint64_t age_of(const EndpointFacts& facts, const TagFacts& tag) {
  return facts.latest.block->time - std::min(facts.latest.block->time, tag.block->time);
}

/// A tenth of the block time, within reason.
std::uint64_t poll_ms(double block_s) {
  if (block_s <= 0) return 1000;
  return std::clamp<std::uint64_t>(static_cast<std::uint64_t>(std::lround(block_s * 100)), 50, 1000);
}

std::string endpoint_toml(const StarterEndpoint& endpoint) {
  const auto& facts = endpoint.facts;
  auto out = fmt::format("\n[[chain.rpc]]\nname = {}\nurl = {}\n", toml_text(facts.name), endpoint.url);
  out += fmt::format("# answered in {:.0f} ms: {}{}\n", facts.latency_s * 1000,
                     facts.client.empty() ? "does not say what it is" : facts.client,
                     facts.syncing ? "; it is still syncing" : "");
  const auto able = [&](const char* what, const std::string& why, const char* lack) {
    out += why.empty() ? fmt::format("# {}: yes\n", what) : fmt::format("# {}: NO ({}); {}\n", what, why, lack);
  };
  able("eth_getProof, checked against the state root", facts.proofs, "evidence then rests on equal answers alone");
  able("eth_call with state override", facts.override_, "rehearsals of a plan are not possible there");
  return out;
}

std::string chain_toml(const StarterChain& chain) {
  const auto& first = chain.endpoints.front().facts;
  const auto finality = choose_finality(chain);
  auto out = fmt::format("\n[[chain]]\nid = {}  # the name that protocol and plan files use\nadapter = \"evm\"\n",
                         toml_text(chain.id));
  out += fmt::format("chain_id = {}  # as every endpoint below answered\n", first.chain_id);
  out += fmt::format("finality = {}  # {}\n", finality.toml, finality.why);
  const auto endpoints = chain.endpoints.size();
  out += fmt::format("rpc_quorum = {}  # of {}; {}\n", majority(endpoints), endpoints,
                     endpoints == 1 ? "with one endpoint the assurance is \"single\": add two more of other providers"
                                    : "so many must give equal answers");
  out += fmt::format("poll_ms = {}  # a block comes every {}\n", poll_ms(first.block_s),
                     first.block_s > 0 ? fmt::format("{:.1f} s", first.block_s) : "… too few blocks to say");
  if (chain.logs_from > 0) {
    out += fmt::format("logs_from = {}  # where the protocol file says its contracts begin\n", chain.logs_from);
  } else {
    out += "# logs_from = 0  # first block that can hold events of the protocol's contracts\n";
  }
  out += "# signer = \"hot-1\"  # pays for transactions; without it nothing is sent\n";
  for (const auto& endpoint : chain.endpoints) out += endpoint_toml(endpoint);
  return out;
}

}  // namespace

std::string toml_text(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

std::size_t majority(std::size_t endpoints) { return endpoints / 2 + 1; }

FinalityChoice choose_finality(const StarterChain& chain) {
  const auto& first = chain.endpoints.front().facts;
  if (all(chain, [](const auto& facts) { return serves(facts, facts.finalized); })) {
    const auto blocks = behind(first, first.finalized).value_or(0);
    if (blocks == 0)
      return {"\"finalized\"", "served; it is the head itself: this chain says that it is final at once"};
    return {"\"finalized\"",
            fmt::format("served, {} blocks and {} s behind the head", blocks, age_of(first, first.finalized))};
  }
  if (all(chain, [](const auto& facts) { return serves(facts, facts.safe); })) {
    return {"\"safe\"", fmt::format("\"finalized\" is not served; \"safe\" is, {} blocks behind the head. Ask whether "
                                    "it can be taken back",
                                    behind(first, first.safe).value_or(0))};
  }
  return {
      fmt::format("{{ confirmations = {} }}", cautious_confirmations),
      "neither \"finalized\" nor \"safe\" is served by every endpoint; ask the chain's makers how deep a reorg can be"};
}

std::string starter_toml(const Starter& starter) {
  auto out = fmt::format(
      "# Written by lockstep init at {} from what the chains answered. Every key: lockstep config show --origin.\n"
      "# Precedence: defaults < this file < conf.d/*.toml beside it < further -c files < LOCKSTEP__SECTION__KEY.\n"
      "version = 1\n\n[service]\nname = {}\ndata_dir = {}\n\n[api]\n"
      "listen = \"127.0.0.1:8780\"  # read API, event stream, status page\nadmin = {}  # the only door for changes\n"
      "metrics = \"127.0.0.1:9780\"\n",
      to_rfc3339(starter.chains.front().endpoints.front().facts.asked_at), toml_text(starter.name),
      toml_text(starter.data_dir.string()), toml_text("unix:" + starter.admin_socket.string()));
  for (const auto& chain : starter.chains) out += chain_toml(chain);
  const auto key = (starter.secrets / "hot-1.json").string(), passphrase = (starter.secrets / "hot-1.pass").string();
  out += fmt::format(
      "\n# To take part, and not only observe: make a key, then take the # off here and from the signer lines above.\n"
      "#   lockstep key new {} --passphrase-file {}\n"
      "# [[signer]]\n# id = \"hot-1\"\n# type = \"keystore\"\n# path = {}\n# passphrase = {{ file = {} }}\n#\n"
      "# [operator]\n# signer = \"hot-1\"  # attests; its address must be in the protocol's operator set\n",
      key, passphrase, toml_text(key), toml_text(passphrase));
  out +=
      "\n# One for each other operator of the protocol:\n# [[peer]]\n# address = \"0x…\"\n# url = \"https://…\"  # its "
      "read API\n";
  return out;
}

}  // namespace lockstep::app
