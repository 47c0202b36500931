#include "coordinator/trace.hpp"

#include <array>

#include "coordinator/trace_text.hpp"

namespace lockstep::coordinator {
namespace {

/// Text from outside (details, reasons) may hold anything; a line stays a line.
std::string one_line(std::string text) {
  for (auto& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  return text;
}

constexpr std::array record_types{"plan-submitted",
                                  "gate-changed",
                                  "head-retracted",
                                  "finality-violated",
                                  "readiness-reported",
                                  "baseline-reported",
                                  "evidence-reported",
                                  "attestation",
                                  "sign-refused",
                                  "transaction",
                                  "governance-changed",
                                  "interference",
                                  "command",
                                  "clock",
                                  "readiness-confirmed",
                                  "stage-changed",
                                  "readiness-asked",
                                  "baseline-asked",
                                  "evidence-asked",
                                  "sign-intended",
                                  "submit-intended",
                                  "old-wanted",
                                  "decided",
                                  "equivocation",
                                  "frozen",
                                  "alarm",
                                  "waiting-changed",
                                  "submit-delayed",
                                  "halt-wanted"};
static_assert(record_types.size() == std::variant_size_v<Record>);

constexpr std::array event_types{
    "plan-submitted", "gate",         "head-retracted", "finality-violated", "readiness",    "baseline", "evidence",
    "attestation",    "sign-refused", "transaction",    "governance",        "interference", "command",  "clock"};
static_assert(event_types.size() == std::variant_size_v<Event>);

constexpr std::array effect_types{"check-readiness", "take-baseline", "check-evidence", "sign", "submit", "alarm"};
static_assert(effect_types.size() == std::variant_size_v<Effect>);

template <class Variant, class Types>
std::string line(const Variant& value, const Types& types, const Plan* plan) {
  return one_line(std::string(types[value.index()]) + " " + std::visit(Teller{plan}, value));
}

struct PlanOf {
  std::optional<Hash32> operator()(const PlanSubmitted& r) const { return r.plan.hash; }
  std::optional<Hash32> operator()(const AttestationReceived& r) const { return r.attestation.statement.plan_hash; }
  std::optional<Hash32> operator()(const ClockTicked&) const { return std::nullopt; }
  std::optional<Hash32> operator()(const SignIntended& r) const { return r.statement.plan_hash; }
  std::optional<Hash32> operator()(const SubmitIntended& r) const { return r.intent.plan; }
  std::optional<Hash32> operator()(const Equivocated& r) const { return r.kept.statement.plan_hash; }
  std::optional<Hash32> operator()(const auto& r) const { return r.plan; }
};

struct InstanceOf {
  std::optional<InstanceIndex> operator()(const SubmitIntended& r) const { return r.intent.instance; }
  std::optional<InstanceIndex> operator()(const auto& r) const {
    if constexpr (requires { r.instance; })
      return r.instance;
    else
      return std::nullopt;
  }
};

}  // namespace

std::string trace(const Event& event, const Plan* plan) { return line(event, event_types, plan); }
std::string trace(const Record& record, const Plan* plan) { return line(record, record_types, plan); }
std::string trace(const Effect& effect, const Plan* plan) { return line(effect, effect_types, plan); }

const char* record_type(const Record& record) { return record_types[record.index()]; }
std::optional<Hash32> record_plan(const Record& record) { return std::visit(PlanOf{}, record); }
std::optional<InstanceIndex> record_instance(const Record& record) { return std::visit(InstanceOf{}, record); }

std::string short_id(const Hash32& hash) { return to_hex(hash).substr(0, 10); }

}  // namespace lockstep::coordinator
