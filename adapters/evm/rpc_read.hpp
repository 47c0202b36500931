#pragma once
// Ethereum JSON-RPC reads in our vocabulary. State is always read by block hash (EIP-1898), never by a number or a tag
// that may mean another block by the time it is answered.
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "adapters/evm/header.hpp"
#include "adapters/transport/endpoint_pool.hpp"
#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/uint256.hpp"

namespace lockstep::evm {

using transport::EndpointPool;
using transport::RpcAnswer;
using transport::RpcCall;

inline constexpr std::size_t max_batch = 200;   // calls in one HTTP request
inline constexpr std::uint32_t grace_ms = 200;  // for endpoints that are nearly there when K have answered

nlohmann::json block_id(const Hash32& hash);
RpcCall call_at(const Address& to, BytesView data, const Hash32& block);
RpcCall proof_at(const Address& account, std::span<const Hash32> slots, const Hash32& block);
RpcCall code_at(const Address& account, const Hash32& block);
RpcCall block_by_tag(const char* tag);  // latest, safe, finalized
RpcCall block_by_number(std::uint64_t num);
RpcCall block_by_hash(const Hash32& hash);

Result<Bytes> as_bytes(const RpcAnswer& answer);
Result<Uint256> as_quantity(const RpcAnswer& answer);
Result<std::uint64_t> as_u64(const RpcAnswer& answer);
/// The header in an answer to block_by_*; an error for null ("no such block").
Result<Header> as_header(const RpcAnswer& answer);

/// The header with that number as K endpoints give it: each re-hashed, so that equal hashes are equal headers. Who
/// gives another is distrusted if the block is `settled`; above the final block two forks may both be honest.
Result<Header> agreed_header(EndpointPool& pool, std::uint64_t num, bool settled);

/// As a person reads it: what we wanted, and why the endpoint did not give it.
Error rpc_error(std::string what, const transport::Failure& failure);
/// Whether less at once may be given where this much is not.
bool is_too_large(const transport::Failure& failure);

/// Any number of calls, in batches of max_batch, all agreed by K endpoints. The first transport failure fails the
/// whole.
Result<std::vector<RpcAnswer>> agreed_all(EndpointPool& pool, const std::vector<RpcCall>& calls);
/// The same from one endpoint; for answers that are proved afterwards.
Result<std::vector<RpcAnswer>> ask_all(EndpointPool& pool, const std::vector<RpcCall>& calls);

}  // namespace lockstep::evm
