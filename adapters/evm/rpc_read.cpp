#include "adapters/evm/rpc_read.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace lockstep::evm {
namespace {

using nlohmann::json;

/// Who gives which hash for a block; what does not hash to what it says is no vote.
std::map<Hash32, std::vector<std::size_t>> votes_of(const EndpointPool::ByEndpoint& all, std::uint64_t num,
                                                    std::map<Hash32, Header>& headers) {
  std::map<Hash32, std::vector<std::size_t>> votes;
  for (const auto& [endpoint, answers] : all) {
    const auto header = as_header(answers[0]);
    if (!header || header->num != num) continue;
    votes[header->hash].push_back(endpoint);
    headers.emplace(header->hash, *header);
  }
  return votes;
}

template <class Exchange>
Result<std::vector<RpcAnswer>> in_batches(const std::vector<RpcCall>& calls, Exchange exchange) {
  std::vector<RpcAnswer> all;
  all.reserve(calls.size());
  for (std::size_t from = 0; from < calls.size(); from += max_batch) {
    const auto end = std::min(calls.size(), from + max_batch);
    auto answers =
        exchange({calls.begin() + static_cast<std::ptrdiff_t>(from), calls.begin() + static_cast<std::ptrdiff_t>(end)});
    if (!answers) return std::unexpected(rpc_error("chain not readable", answers.error()));
    std::ranges::move(*answers, std::back_inserter(all));
  }
  return all;
}

}  // namespace

json block_id(const Hash32& hash) { return {{"blockHash", to_hex(hash)}}; }

RpcCall call_at(const Address& to, BytesView data, const Hash32& block) {
  return {"eth_call", {{{"to", to_hex(to)}, {"data", to_hex(data)}}, block_id(block)}};
}

RpcCall proof_at(const Address& account, std::span<const Hash32> slots, const Hash32& block) {
  json keys = json::array();
  for (const auto& slot : slots) keys.push_back(to_hex(slot));
  return {"eth_getProof", {to_hex(account), keys, block_id(block)}};
}

RpcCall code_at(const Address& account, const Hash32& block) {
  return {"eth_getCode", {to_hex(account), block_id(block)}};
}
RpcCall block_by_tag(const char* tag) { return {"eth_getBlockByNumber", {tag, false}}; }
RpcCall block_by_number(std::uint64_t num) { return {"eth_getBlockByNumber", {to_quantity(num), false}}; }
RpcCall block_by_hash(const Hash32& hash) { return {"eth_getBlockByHash", {to_hex(hash), false}}; }

bool is_too_large(const transport::Failure& failure) {
  return transport::asks_for_less(failure) || failure.kind == transport::FailureKind::timeout;
}

Error rpc_error(std::string what, const transport::Failure& failure) {
  return {std::move(what), {}, to_text(failure), {}};
}

Result<Bytes> as_bytes(const RpcAnswer& answer) {
  if (!answer) return std::unexpected(rpc_error("no answer", answer.error()));
  if (!answer->is_string()) return fail("answer is not hex text");
  auto bytes = bytes_from_hex(answer->get_ref<const std::string&>());
  if (!bytes) return fail("answer is not hex text");
  return *std::move(bytes);
}

Result<Uint256> as_quantity(const RpcAnswer& answer) {
  if (!answer) return std::unexpected(rpc_error("no answer", answer.error()));
  const auto value = answer->is_string() ? parse_quantity(answer->get_ref<const std::string&>()) : std::nullopt;
  if (!value) return fail("answer is not a quantity");
  return *value;
}

Result<std::uint64_t> as_u64(const RpcAnswer& answer) {
  const auto value = as_quantity(answer);
  if (!value) return std::unexpected(value.error());
  if (*value > std::numeric_limits<std::uint64_t>::max()) return fail("quantity does not fit 64 bits");
  return static_cast<std::uint64_t>(*value);
}

Result<Header> as_header(const RpcAnswer& answer) {
  if (!answer) return std::unexpected(rpc_error("no block", answer.error()));
  if (answer->is_null()) return fail("no such block");
  return parse_header(*answer);
}

Result<Header> agreed_header(EndpointPool& pool, std::uint64_t num, bool settled) {
  const std::vector<RpcCall> calls{block_by_number(num)};
  if (pool.quorum() <= 1) {
    const auto answers = pool.ask(calls);
    if (!answers) return std::unexpected(rpc_error(fmt::format("block {} not readable", num), answers.error()));
    auto header = as_header((*answers)[0]);
    if (header && header->num != num) return fail(fmt::format("asked for block {}, got {}", num, header->num));
    return header;
  }
  std::map<Hash32, Header> headers;
  const auto enough = [&](const EndpointPool::ByEndpoint& all) {
    return std::ranges::any_of(votes_of(all, num, headers),
                               [&](const auto& entry) { return entry.second.size() >= pool.quorum(); });
  };
  const auto votes = votes_of(pool.each(calls, enough, grace_ms), num, headers);
  const auto winner =
      std::ranges::find_if(votes, [&](const auto& entry) { return entry.second.size() >= pool.quorum(); });
  if (winner == votes.end()) {
    return fail(fmt::format("endpoints do not agree on the hash of block {}", num), {},
                fmt::format("fewer than {} equal answers", pool.quorum()));
  }
  for (const auto& [hash, endpoints] : votes) {
    if (!settled || hash == winner->first) continue;
    for (const auto endpoint : endpoints) {
      pool.distrust(endpoint, "eth_getBlockByNumber",
                    fmt::format("hash of block {} expected {}, got {}", num, to_hex(winner->first), to_hex(hash)));
    }
  }
  return headers.at(winner->first);
}

Result<std::vector<RpcAnswer>> agreed_all(EndpointPool& pool, const std::vector<RpcCall>& calls) {
  return in_batches(calls, [&](const std::vector<RpcCall>& part) { return pool.agreed(part); });
}

Result<std::vector<RpcAnswer>> ask_all(EndpointPool& pool, const std::vector<RpcCall>& calls) {
  return in_batches(calls, [&](const std::vector<RpcCall>& part) { return pool.ask(part); });
}

}  // namespace lockstep::evm
