#pragma once
// Why an endpoint's answer does not count. Never contains a URL: people see endpoints by name.
#include <cstdint>
#include <string>

namespace lockstep::transport {

enum class FailureKind : std::uint8_t {
  unreachable,  // no connection, TLS refused, name unknown
  timeout,
  http_status,  // code = HTTP status
  too_large,    // more than the response cap
  malformed,    // not JSON-RPC 2.0, wrong or repeated ids
  rpc,          // the endpoint answered with an error; code and detail are its own
  stopped,      // we are shutting down
  disagreement  // fewer than K endpoints gave the same answer
};

struct Failure {
  FailureKind kind = FailureKind::unreachable;
  std::string detail = {};
  std::int64_t code = 0;
  bool reverted = false;            // rpc: the call was run, and reverted
  std::string data = {};            // reverted: with these bytes in hex; empty if there are none or they were not given
  std::uint32_t retry_after_s = 0;  // http_status: what the endpoint asked for; 0 = nothing
};

/// What an endpoint means when it refuses a request that another form of it would be given. Endpoints say it in their
/// own words; what is not known is `none`.
enum class Limit : std::uint8_t {
  none,
  rate,   // too many requests in a time: later
  batch,  // too many calls in one request: fewer
  range,  // too many blocks or results, or too large: a smaller range
  unknown_method
};
Limit limit_of(const Failure& failure);
/// Less at once may be given where this much is not.
bool asks_for_less(const Failure& failure);

const char* to_text(FailureKind kind);
std::string to_text(const Failure& failure);  // "rpc error -32000: header not found"

}  // namespace lockstep::transport
