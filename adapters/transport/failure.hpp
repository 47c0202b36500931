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
  rpc,          // the endpoint answered with an error; code, detail and data are its own
  stopped,      // we are shutting down
  disagreement  // fewer than K endpoints gave the same answer
};

struct Failure {
  FailureKind kind = FailureKind::unreachable;
  std::string detail;
  std::int64_t code = 0;
  std::string data;  // rpc: error.data if it is a hex string (revert data), else empty
};

const char* to_text(FailureKind kind);
std::string to_text(const Failure& failure);  // "rpc error -32000: header not found"

}  // namespace lockstep::transport
