#include <fmt/format.h>

#include <algorithm>
#include <future>

#include "app/cli/chain_access.hpp"
#include "app/cli/endpoint_facts.hpp"
#include "app/cli/http_client.hpp"
#include "app/cli/json_text.hpp"
#include "app/cli/verbs.hpp"

namespace lockstep::app {
namespace {

const char* finality_text(settings::FinalityTag tag) {
  switch (tag) {
    case settings::FinalityTag::latest:
      return "latest";
    case settings::FinalityTag::safe:
      return "safe";
    case settings::FinalityTag::finalized:
      return "finalized";
    case settings::FinalityTag::confirmations:
      return "confirmations";
  }
  return "";
}

std::string finality_of(const settings::ChainConfig& chain) {
  return chain.finality == settings::FinalityTag::confirmations ? fmt::format("{} confirmations", chain.confirmations)
                                                                : finality_text(chain.finality);
}

nlohmann::json chain_json(const settings::ChainConfig& chain) {
  auto names = nlohmann::json::array();
  for (const auto& rpc : chain.rpc) names.push_back(rpc.name);
  return {{"id", chain.id},
          {"chain_id", chain.chain_id},
          {"adapter", chain.adapter},
          {"finality", finality_of(chain)},
          {"rpc_quorum", chain.rpc_quorum},
          {"endpoints", names},
          {"signer", chain.signer}};
}

Exit chain_list(Session& session) {
  Exit failed{};
  const auto loaded = session.config(failed);
  if (!loaded) return failed;
  auto chains = nlohmann::json::array();
  std::string text;
  for (const auto& chain : loaded->config.chains) {
    chains.push_back(chain_json(chain));
    text += fmt::format("{:<14} {:<10} {} of {} endpoints, {}, signer {}\n", chain.id, chain.chain_id, chain.rpc_quorum,
                        chain.rpc.size(), finality_of(chain), chain.signer.empty() ? "none" : chain.signer);
  }
  return session.result({{"schema", "lockstep.chains/1"}, {"chains", chains}}, text);
}

/// Every endpoint of a chain, asked now, at the same time. Nothing if one's URL cannot be had.
Result<std::vector<EndpointFacts>> ask_all(const settings::ChainConfig& chain, std::uint32_t timeout_ms) {
  std::vector<settings::Secret> urls;
  for (const auto& rpc : chain.rpc) {
    auto url = settings::resolve(rpc.url);
    if (!url) return std::unexpected(url.error());
    urls.push_back(std::move(*url));
  }
  std::vector<std::future<EndpointFacts>> asked;
  for (std::size_t i = 0; i < urls.size(); ++i)
    asked.push_back(std::async(std::launch::async, ask_endpoint, chain.rpc[i].name, urls[i].reveal(), timeout_ms,
                               FinalAs{chain.finality, chain.confirmations}));
  std::vector<EndpointFacts> facts;
  for (auto& one : asked) facts.push_back(one.get());
  return facts;
}

std::string facts_text(const EndpointFacts& facts, std::uint64_t chain_id) {
  if (!facts.usable()) return fmt::format("{:<12} NOT USABLE  {}\n", facts.name, facts.error);
  const auto tag = [&](const char* name, const TagFacts& one) {
    const auto back = behind(facts, one);
    return back ? fmt::format("  {} -{}{}", name, *back, serves(facts, one) ? "" : " (stands still)")
                : fmt::format("  no {}", name);
  };
  return fmt::format(
      "{:<12} {}chain id {}  head {}{}{}  block every {:.1f} s  proofs {}  overrides {}  {:.0f} ms  {}\n", facts.name,
      facts.chain_id == chain_id ? "" : "WRONG ", facts.chain_id, facts.latest.block->num, tag("safe", facts.safe),
      tag("finalized", facts.finalized), facts.block_s, facts.proofs.empty() ? "yes" : "NO",
      facts.override_.empty() ? "yes" : "NO", facts.latency_s * 1000, facts.client);
}

/// The endpoints as they answer now; exit 69 if fewer than the quorum can be used.
Exit chain_rpc(Session& session, const std::string& id) {
  Exit failed{};
  const auto loaded = session.config(failed);
  if (!loaded) return failed;
  const auto* chain = find_chain(session, *loaded, id, failed);
  if (chain == nullptr) return failed;
  const auto timeout = session.timeout_s(std::max(1U, chain->timeout_ms / 1000), failed);
  if (!timeout) return failed;
  const auto all = ask_all(*chain, static_cast<std::uint32_t>(*timeout * 1000));
  if (!all) return session.fail(all.error(), Exit::bad_config);
  auto endpoints = nlohmann::json::array();
  std::string text;
  std::size_t usable = 0;
  for (const auto& facts : *all) {
    endpoints.push_back(to_json(facts));
    text += facts_text(facts, chain->chain_id);
    if (facts.usable() && facts.chain_id == chain->chain_id) ++usable;
  }
  text += fmt::format("{} of {} can be used, {} must agree\n", usable, all->size(), chain->rpc_quorum);
  const auto written = session.result({{"schema", "lockstep.chain-rpc/1"},
                                       {"chain", id},
                                       {"usable", usable},
                                       {"rpc_quorum", chain->rpc_quorum},
                                       {"endpoints", endpoints}},
                                      text);
  return written != Exit::ok || usable >= chain->rpc_quorum ? written : Exit::unreachable;
}

/// How far the daemon has read the chain's events, as it says itself; null where no daemon answers.
nlohmann::json events_read(Session& session, const HttpClient& http, const std::string& id) {
  const auto reply = http.get("/api/v1/chains/" + id);
  if (!reply || reply->status != 200) {
    session.detail(reply ? fmt::format("the daemon answers with status {}", reply->status) : reply.error().text());
    return nullptr;
  }
  const auto chain = nlohmann::json::parse(reply->body, nullptr, false);
  const auto& logs = object_of(chain, "logs");
  return logs.contains("next") && logs.contains("behind") ? logs : nlohmann::json(nullptr);
}

std::string events_text(const nlohmann::json& logs) {
  if (logs.is_null()) return "events: no daemon says how far they were read\n";
  const auto number = [&](const char* key) { return std::strtoull(text_of(logs, key).c_str(), nullptr, 10); };
  const auto from = number("from"), next = number("next"), behind = number("behind");
  const auto read = next - std::min(from, next);
  const auto share =
      read + behind == 0 ? 100.0 : 100.0 * static_cast<double>(read) / static_cast<double>(read + behind);
  return fmt::format("events: blocks {} to {} read, {} behind ({:.1f} %), {}\n", from, next == 0 ? 0 : next - 1, behind,
                     share, text_of(logs, "assurance"));
}

/// Configuration, what K endpoints say of its newest final block, and how far the daemon is with its events.
Exit chain_show(Session& session, const std::string& id) {
  Exit failed{};
  const auto loaded = session.config(failed);
  if (!loaded) return failed;
  const auto* chain = find_chain(session, *loaded, id, failed);
  if (chain == nullptr) return failed;
  const auto http = client(session, false, failed);
  if (!http) return failed;
  auto pool = open_pool(*chain);
  if (!pool) return session.fail(pool.error(), Exit::unreachable);
  const auto block = newest_final(**pool, *chain);
  if (!block) return session.fail(block.error(), Exit::unreachable);
  auto document = chain_json(*chain);
  document["schema"] = "lockstep.chain/1";
  document["final"] = {{"num", block->num}, {"hash", to_hex(block->hash)}, {"time", to_rfc3339(block->time)}};
  document["events"] = events_read(session, *http, id);
  return session.result(
      document, fmt::format("{}  chain id {}, {}, {} of {} endpoints, signer {}\nfinal block {} {} of {}\n{}",
                            chain->id, chain->chain_id, finality_of(*chain), chain->rpc_quorum, chain->rpc.size(),
                            chain->signer.empty() ? "none" : chain->signer, block->num, to_hex(block->hash),
                            to_rfc3339(block->time), events_text(document["events"])));
}

}  // namespace

void add_chain(CLI::App& app, Session& session, Verb& verb) {
  auto* chain = app.add_subcommand("chain", "configured chains")->require_subcommand(1)->fallthrough();
  auto* list = chain->add_subcommand("list", "chains, endpoints by name, quorums")->fallthrough();
  list->callback([&session, &verb] { verb = [&session] { return chain_list(session); }; });
  const auto id = std::make_shared<std::string>();
  auto* show = chain->add_subcommand("show", "one chain, its newest final block, and how far its events were read")
                   ->fallthrough();
  show->add_option("ID", *id)->required();
  show->callback([&session, &verb, id] { verb = [&session, id] { return chain_show(session, *id); }; });
  auto* rpc = chain->add_subcommand("rpc", "its endpoints as they answer now; exit 69 without a quorum")->fallthrough();
  rpc->add_option("ID", *id)->required();
  rpc->callback([&session, &verb, id] { verb = [&session, id] { return chain_rpc(session, *id); }; });
}

}  // namespace lockstep::app
