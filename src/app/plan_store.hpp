#pragma once
// The documents of submitted plans, on disk before the coordinator hears of a plan: <data_dir>/plans/<plan
// hash>.{toml,json}.
#include <filesystem>
#include <string>
#include <vector>

#include "adapters/evm/compile.hpp"
#include "base/result.hpp"

namespace lockstep::app {

class PlanStore {
 public:
  explicit PlanStore(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// Writes and syncs the text the plan was compiled from and its canonical document; repeating it changes nothing.
  Result<void> save(const evm::CompiledPlan& plan, const std::string& toml);
  /// The text a plan was submitted as.
  Result<std::string> source(const Hash32& plan) const;
  /// The canonical document, as hashed.
  Result<std::string> document(const Hash32& plan) const;

 private:
  std::filesystem::path folder_;
};

}  // namespace lockstep::app
