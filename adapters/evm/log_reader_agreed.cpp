// Logs as K endpoints give them equally: for chains whose receipts cannot be rebuilt.
#include <fmt/format.h>

#include <algorithm>

#include "adapters/evm/log_reader.hpp"

namespace lockstep::evm {
namespace {

RpcCall logs_call(std::uint64_t from, std::uint64_t to, const std::vector<Address>& addresses) {
  nlohmann::json list = nlohmann::json::array();
  for (const auto& address : addresses) list.push_back(to_hex(address));
  return {"eth_getLogs", {{{"fromBlock", to_quantity(from)}, {"toBlock", to_quantity(to)}, {"address", list}}}};
}

}  // namespace

Result<std::vector<Log>> LogReader::agreed_logs(std::uint64_t from, std::uint64_t to,
                                                const std::vector<Address>& addresses) {
  const std::vector<RpcCall> calls{logs_call(from, to, addresses)};
  const auto what = fmt::format("logs of blocks {} to {}", from, to);
  if (pool_.quorum() <= 1) {
    const auto answers = pool_.ask(calls);
    if (!answers) return std::unexpected(rpc_error(what + " not readable", answers.error()));
    if (!(*answers)[0]) {
      learn((*answers)[0].error());
      return std::unexpected(rpc_error(what + " not readable", (*answers)[0].error()));
    }
    return parse_logs(*(*answers)[0], addresses, from, to);
  }
  std::map<std::size_t, Result<std::vector<Log>>> parsed;
  const auto take = [&](const EndpointPool::ByEndpoint& all) {
    for (const auto& [endpoint, answers] : all) {
      if (parsed.contains(endpoint)) continue;
      parsed.emplace(endpoint, answers[0] ? parse_logs(*answers[0], addresses, from, to)
                                          : std::unexpected(rpc_error("refused", answers[0].error())));
      if (!answers[0]) learn(answers[0].error());
    }
  };
  const auto winner = [&] {
    return std::ranges::find_if(parsed, [&](const auto& one) {
      const auto votes = std::ranges::count_if(
          parsed, [&](const auto& other) { return one.second && other.second && *one.second == *other.second; });
      return one.second && votes >= static_cast<std::ptrdiff_t>(pool_.quorum());
    });
  };
  take(pool_.each(calls, [&](const EndpointPool::ByEndpoint& all) {
    take(all);
    return winner() != parsed.end();
  }));
  const auto found = winner();
  if (found == parsed.end()) {
    std::string why = fmt::format("fewer than {} equal answers", pool_.quorum());
    for (const auto& [endpoint, logs] : parsed) {
      if (!logs) why += fmt::format("; {}: {}", pool_.status()[endpoint].name, logs.error().text());
    }
    return fail(what + " not readable", {}, std::move(why));
  }
  for (const auto& [endpoint, logs] : parsed) {
    if (!logs || *logs == *found->second) continue;
    pool_.distrust(endpoint, "eth_getLogs",
                   fmt::format("{}: {} endpoints gave {} logs, this one {} or others", what, pool_.quorum(),
                               found->second->size(), logs->size()));
  }
  return found->second;
}

Result<std::optional<LogReader::Page>> LogReader::read_agreed(std::uint64_t from, const Header& final,
                                                              const std::vector<Address>& addresses) {
  const auto to = std::min(final.num, from + range_ - 1);
  auto logs = agreed_logs(from, to, addresses);
  if (!logs) return std::unexpected(logs.error());
  const auto upto = to == final.num ? Result<Header>(final) : agreed_header(pool_, to, true);
  if (!upto) return std::unexpected(upto.error());
  for (const auto& log : *logs) {
    if (log.block_num == to && log.block_hash != upto->hash)
      return fail("a log is of a block that is not canonical", {}, fmt::format("block {}", to));
  }
  range_ = std::min(most_, range_ * 2);
  return Page{*std::move(logs), *upto};
}

}  // namespace lockstep::evm
