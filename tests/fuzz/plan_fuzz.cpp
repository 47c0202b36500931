// A plan as people write it, for the example protocol. Whatever is refused says where; whatever is accepted keeps the
// order of its window and has an instance for each of the protocol's.
#include "settings/plan_document.hpp"
#include "tests/fuzz/input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lockstep;
  static const auto protocol =
      settings::load_protocol(std::string(LOCKSTEP_SOURCE_DIR) + "/config/protocols/acme-perps.toml").value();
  fuzz::Input input(data, size);
  const std::string text(input.text());
  static_cast<void>(settings::plan_protocol(text, "plan.toml"));
  const auto plan = settings::parse_plan(text, "plan.toml", protocol);
  if (!plan) {
    LOCKSTEP_ASSERT(!plan.error().empty());
    for (const auto& error : plan.error()) LOCKSTEP_ASSERT(!error.what.empty() && !error.text().empty());
    return 0;
  }
  LOCKSTEP_ASSERT(plan->instances.size() == protocol.instances.size() && plan->epoch >= 1);
  LOCKSTEP_ASSERT(plan->arm_by < plan->halt_at && plan->halt_at < plan->switch_by &&
                  plan->switch_by <= plan->decide_by);
  return 0;
}
