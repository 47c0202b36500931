#pragma once
// JSON-RPC 2.0 batches as text, without I/O. Strict: an array of as many members as calls, every id once, exactly one
// of result and error.
#include <cstdint>
#include <expected>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/transport/failure.hpp"

namespace lockstep::transport {

struct RpcCall {
  std::string method;
  nlohmann::json params = nlohmann::json::array();
};

using RpcAnswer = std::expected<nlohmann::json, Failure>;           // the result, or why there is none
using RpcAnswers = std::expected<std::vector<RpcAnswer>, Failure>;  // in the order of the calls

/// One call, which is no batch.
std::string encode_call(const RpcCall& call, std::uint64_t id);
/// Fails as malformed if the body is not exactly the answer to that call.
RpcAnswer decode_call(std::string_view body, std::uint64_t id);

/// Calls get the ids first_id, first_id + 1, …
std::string encode_batch(std::span<const RpcCall> calls, std::uint64_t first_id);
/// Fails as a whole (malformed) if the body is not exactly the answer to that batch. A single error object without a
/// matching id, which endpoints send for a batch they refuse, is reported as that rpc error.
RpcAnswers decode_batch(std::string_view body, std::size_t count, std::uint64_t first_id);

}  // namespace lockstep::transport
