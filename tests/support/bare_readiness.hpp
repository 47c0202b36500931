#pragma once
// What a check of readiness is given where it looks at nothing but the chain, the plan and who has which role.
#include "adapters/evm/readiness.hpp"

namespace lockstep::tests {

struct BareReadiness {
  evm::EndpointPool& pool;
  const evm::FollowedPlan& plan;
  const evm::governance::Dialects& dialects;
  const evm::governance::RoleBooks& roles;
  const std::optional<Address> signer = {};
  const std::optional<evm::Header> final = {};
  const evm::Header head = {};
  const settings::ChainConfig config = {};
  const settings::InstanceConfig instance = {};

  /// Good as long as this is.
  evm::ReadinessContext context() const {
    return {.pool = pool,
            .config = config,
            .instance = instance,
            .plan = plan,
            .signer = signer,
            .head = head,
            .final = final,
            .dialects = dialects,
            .roles = roles};
  }
};

}  // namespace lockstep::tests
