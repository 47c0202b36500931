#pragma once
// The API, wired to runtime, plan desk and journal.
#include <memory>

#include "app/plan_desk.hpp"
#include "base/result.hpp"
#include "runtime/runtime.hpp"
#include "settings/config.hpp"

namespace lockstep::app {

/// The running API; ends with the object.
class Api {
 public:
  virtual ~Api() = default;
};

/// Listens, or says why it cannot. The arguments outlive the result.
Result<std::unique_ptr<Api>> serve(const settings::Config& config, runtime::Runtime& runtime, PlanDesk& desk);

}  // namespace lockstep::app
