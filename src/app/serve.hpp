#pragma once
// The API, wired to runtime, plan desk and journal.
#include <memory>

#include "adapters/notify/notifier.hpp"
#include "app/idempotency_store.hpp"
#include "app/plan_desk.hpp"
#include "app/reload.hpp"
#include "app/report_desk.hpp"
#include "base/result.hpp"
#include "runtime/runtime.hpp"
#include "settings/config.hpp"

namespace lockstep::app {

/// The running API; ends with the object.
class Api {
 public:
  virtual ~Api() = default;
  /// From here on the tokens, host names and certificate of this configuration are good.
  virtual void admit(const Admission& now) = 0;
};

/// What an API can do without; null: it then says so.
struct ApiExtras {
  const notify::Notifier* notifier = nullptr;
  Reloader* reloader = nullptr;
  IdempotencyStore* answers = nullptr;
};

/// Listens, or says why it cannot, be it for its certificate. The arguments and what the extras point to outlive the
/// result.
Result<std::unique_ptr<Api>> serve(const settings::Config& config, const settings::Outlets& outlets,
                                   runtime::Runtime& runtime, PlanDesk& desk, ReportDesk& reports,
                                   const ApiExtras& extras);

}  // namespace lockstep::app
