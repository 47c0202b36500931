#pragma once
// What the mirror's views answer under the new code, tried on live state before anybody halts: the shadow run goes on
// to the views of a part of the mirror, after the switch, and again after the rollback.
#include "adapters/evm/bindings.hpp"
#include "adapters/evm/check.hpp"
#include "adapters/evm/rpc_read.hpp"
#include "mirror/tolerance.hpp"
#include "ports/chain.hpp"

namespace lockstep::evm {

struct ShadowSample {
  const ViewBindings& views;
  const ports::ExpectedRows& part;  // of the instance's mirror; null: it is not at a final block, or never asked
  std::vector<mirror::Tolerance> tolerances;  // of plans that closed NEW there before
};

/// Row shadow-vectors: red if a view answers otherwise than the mirror has it, under the planned changes after the
/// switch and as it is after the rollback. Amber where it cannot be tried. Reads for itself.
void add_vector_rows(Rows& rows, EndpointPool& pool, const FollowedPlan& plan, const ShadowSample& sample);

}  // namespace lockstep::evm
