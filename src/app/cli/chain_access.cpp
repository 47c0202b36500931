#include "app/cli/chain_access.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "settings/check.hpp"
#include "settings/secret_ref.hpp"

namespace lockstep::app {
namespace {

const char* tag_of(settings::FinalityTag tag) {
  switch (tag) {
    case settings::FinalityTag::safe:
      return "safe";
    case settings::FinalityTag::finalized:
      return "finalized";
    case settings::FinalityTag::latest:
    case settings::FinalityTag::confirmations:
      return "latest";
  }
  return "finalized";
}

}  // namespace

const settings::ChainConfig* find_chain(Session& session, const settings::Loaded& loaded, const std::string& id,
                                        Exit& failed) {
  std::vector<std::string> known;
  for (const auto& chain : loaded.config.chains) {
    if (chain.id == id) return &chain;
    known.push_back(chain.id);
  }
  failed = session.fail({"chain \"" + id + "\" is not configured", "[[chain]]", {}, settings::suggestion(id, known)},
                        Exit::file_missing);
  return nullptr;
}

Result<std::unique_ptr<evm::EndpointPool>> open_pool(const settings::ChainConfig& chain) {
  std::vector<transport::EndpointUrl> urls;
  for (const auto& rpc : chain.rpc) {
    const auto url = settings::resolve(rpc.url);
    if (!url) return std::unexpected(url.error());
    urls.push_back({rpc.name, url->reveal()});
  }
  auto pool = std::make_unique<evm::EndpointPool>(
      urls, transport::PoolOptions{chain.chain_id, chain.rpc_quorum, chain.timeout_ms});
  if (pool->connect()) return pool;
  std::string why;
  for (const auto& endpoint : pool->status()) {
    if (!endpoint.up) why += (why.empty() ? "" : "; ") + endpoint.name + ": " + endpoint.last_error;
  }
  return fail(fmt::format("fewer than {} endpoints of {} answer", chain.rpc_quorum, chain.id), {}, why,
              "check the endpoints, then ask again");
}

Result<coordinator::BlockRef> newest_final(evm::EndpointPool& pool, const settings::ChainConfig& chain) {
  // Heads differ between endpoints for a moment; a number of the past does not.
  auto head = pool.ask({evm::block_by_tag(tag_of(chain.finality))});
  if (!head) return std::unexpected(evm::rpc_error("cannot read the head of " + chain.id, head.error()));
  const auto newest = evm::as_header(head->front());
  if (!newest) return std::unexpected(newest.error());
  const auto back =
      chain.finality == settings::FinalityTag::confirmations ? std::min(chain.confirmations, newest->num) : 0;
  const auto header = evm::agreed_header(pool, newest->num - back, false);
  if (!header) return std::unexpected(header.error());
  return coordinator::BlockRef{header->num, header->hash, header->time};
}

}  // namespace lockstep::app
