// Endpoints of the chains.
#include "api/samples.hpp"

namespace lockstep::api {

void add_rpc_samples(Samples& out, const view::Snapshot& snapshot) {
  const auto each = [&](auto visit) {
    for (const auto& [name, chain] : snapshot.chains) {
      for (const auto& endpoint : chain.endpoints) visit(name, endpoint);
    }
  };
  out.counter("lockstep_rpc_requests_total", "calls by outcome: answered, answered with an error, not answered");
  each([&](const auto& chain, const auto& endpoint) {
    const auto count = [&](const std::string& method, const char* outcome, std::uint64_t value) {
      out.sample({{"chain", chain}, {"endpoint", endpoint.name}, {"method", method}, {"outcome", outcome}},
                 real(value));
    };
    for (const auto& calls : endpoint.calls) {
      count(calls.method, "ok", calls.ok);
      count(calls.method, "refused", calls.refused);
      count(calls.method, "failed", calls.failed);
    }
  });
  out.histogram("lockstep_rpc_request_duration_seconds", "time to an answer of a request, which may be a batch");
  each([&](const auto& chain, const auto& endpoint) {
    out.sample({{"chain", chain}, {"endpoint", endpoint.name}}, endpoint.latencies);
  });
  out.counter("lockstep_rpc_disagreements_total", "answers that others, or proofs, showed to be untrue");
  each([&](const auto& chain, const auto& endpoint) {
    out.sample({{"chain", chain}, {"endpoint", endpoint.name}}, real(endpoint.disagreements));
  });
}

}  // namespace lockstep::api
