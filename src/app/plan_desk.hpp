#pragma once
// Where plans come in: compiled, made durable, told to the chains, then to the coordinator; and where their documents
// are found again after a restart. Thread-safe.
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "adapters/evm/chain.hpp"
#include "app/plan_compiler.hpp"
#include "app/plan_store.hpp"
#include "coordinator/event.hpp"
#include "coordinator/state.hpp"

namespace lockstep::app {

class PlanDesk {
 public:
  PlanDesk(PlanCompiler compiler, PlanStore store, std::map<std::string, evm::EvmChain*> chains)
      : compiler_(std::move(compiler)), store_(std::move(store)), chains_(std::move(chains)) {}

  /// `meant`: the hash that whoever submits has seen; a document that compiles to another plan here is refused.
  std::expected<evm::CompiledPlan, std::vector<Error>> read(const std::string& toml, const std::string& file_name,
                                                            const std::optional<Hash32>& meant) const;
  /// Everything but the last step, which is to commit PlanSubmitted. Repeating it changes nothing.
  Result<void> keep(const evm::CompiledPlan& plan, const std::string& toml);
  /// Binds plans to their documents again. An error if a document of an unfinished plan is gone, or if protocol file or
  /// configuration changed under it (F6, S14).
  Result<void> restore(const coordinator::State& state);

  Result<std::vector<mirror::Delta>> deltas(const Hash32& plan, coordinator::InstanceIndex instance) const;
  const std::vector<settings::Protocol>& protocols() const { return compiler_.protocols(); }
  Result<std::string> document(const Hash32& plan) const { return store_.document(plan); }

 private:
  Result<void> bind(const evm::CompiledPlan& plan);
  Result<void> restore(const coordinator::Plan& plan);

  PlanCompiler compiler_;
  PlanStore store_;
  std::map<std::string, evm::EvmChain*> chains_;
  mutable std::mutex mutex_;
  std::map<Hash32, std::vector<std::vector<mirror::Delta>>> deltas_;  // by plan, then instance
};

}  // namespace lockstep::app
