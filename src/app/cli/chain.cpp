#include <fmt/format.h>

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

Exit chain_list(Session& session) {
  Exit failed{};
  const auto loaded = session.config(failed);
  if (!loaded) return failed;
  auto chains = nlohmann::json::array();
  std::string text;
  for (const auto& chain : loaded->config.chains) {
    auto names = nlohmann::json::array();
    for (const auto& rpc : chain.rpc) names.push_back(rpc.name);
    const auto finality = chain.finality == settings::FinalityTag::confirmations
                              ? fmt::format("{} confirmations", chain.confirmations)
                              : finality_text(chain.finality);
    chains.push_back({{"id", chain.id},
                      {"chain_id", chain.chain_id},
                      {"adapter", chain.adapter},
                      {"finality", finality},
                      {"rpc_quorum", chain.rpc_quorum},
                      {"endpoints", names},
                      {"signer", chain.signer}});
    text += fmt::format("{:<14} {:<10} {} of {} endpoints, {}, signer {}\n", chain.id, chain.chain_id, chain.rpc_quorum,
                        chain.rpc.size(), finality, chain.signer.empty() ? "none" : chain.signer);
  }
  return session.result({{"schema", "lockstep.chains/1"}, {"chains", chains}}, text);
}

}  // namespace

void add_chain(CLI::App& app, Session& session, Verb& verb) {
  auto* chain = app.add_subcommand("chain", "configured chains")->require_subcommand(1)->fallthrough();
  auto* list = chain->add_subcommand("list", "chains, endpoints by name, quorums")->fallthrough();
  list->callback([&session, &verb] { verb = [&session] { return chain_list(session); }; });
}

}  // namespace lockstep::app
