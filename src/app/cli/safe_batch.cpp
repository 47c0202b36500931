#include "app/cli/safe_batch.hpp"

#include <fmt/format.h>

#include "adapters/evm/abi.hpp"
#include "adapters/evm/render.hpp"
#include "crypto/keccak256.hpp"

namespace lockstep::app {
namespace {

using nlohmann::json;

constexpr const char* format_version = "1.0";
constexpr const char* builder_version = "1.17.1";  // of the Transaction Builder whose format this is

/// Keys sorted, all of them named first, every member ended by a comma.
std::string serialised(const json& value) {
  std::string out;
  if (value.is_array()) {
    for (const auto& item : value) out.append(out.empty() ? "" : ",").append(serialised(item));
    return fmt::format("[{}]", out);
  }
  if (!value.is_object()) return value.dump();
  json names = json::array();
  for (const auto& [name, member] : value.items()) {
    names.push_back(name);
    out.append(serialised(member)).append(",");
  }
  return fmt::format("{{{}{}}}", names.dump(), out);
}

/// timelock.schedule or .execute of a single call without predecessor, salted with the plan.
Bytes through_timelock(const evm::CompiledPlan& plan, std::size_t instance, SafeStep step, std::uint64_t delay_s) {
  namespace abi = evm::abi;
  const auto signature = step == SafeStep::schedule ? "schedule(address,uint256,bytes,bytes32,bytes32,uint256)"
                                                    : "execute(address,uint256,bytes,bytes32,bytes32)";
  const auto function = abi::parse_function(signature).value();
  std::vector<abi::Value> arguments{abi::of(plan.instances[instance].leaf.gate), abi::of(Uint256{0}),
                                    abi::of(BytesView(evm::arm_calldata(plan, instance))), abi::of(Hash32{}),
                                    abi::of(plan.plan.hash)};
  if (step == SafeStep::schedule) arguments.push_back(abi::of(Uint256{delay_s}));
  return abi::encode_call(function, arguments);
}

}  // namespace

std::string safe_checksum(const json& batch) {
  auto nameless = batch;
  nameless["meta"]["name"] = nullptr;
  return to_hex(crypto::keccak256(std::string_view{serialised(nameless)}));
}

Result<json> safe_batch(const evm::CompiledPlan& plan, std::size_t instance, const settings::InstanceConfig& config,
                        SafeStep step, std::uint64_t delay_s) {
  const auto& compiled = plan.instances[instance];
  if (compiled.direct)
    return fail("a plan in direct mode arms no gate", "instance of " + compiled.chain, {},
                "schedule its two operations: plan render --proposal");
  const bool itself = config.timelock.kind == "safe";
  const auto driver = config.governor ? config.governor->kind : "safe";
  if (!itself && !(config.timelock.kind == "oz" && (driver == "safe" || driver == "oz-timelock")))
    return fail("no Safe can arm " + compiled.chain + " by a batch", "instance of " + compiled.chain,
                "its timelock is of kind " + config.timelock.kind + ", driven by one of kind " + driver,
                "use plan render --proposal");
  if (itself && step == SafeStep::execute)
    return fail("there is nothing to execute on " + compiled.chain, "--execute", "its Safe arms the gate itself",
                "leave --execute out");
  if (!itself && step == SafeStep::schedule && delay_s == 0)
    return fail("the timelock of " + compiled.chain + " needs a delay", "--delay", {},
                "give at least its getMinDelay(), for instance --delay 172800");
  const auto safe = itself ? config.timelock.address : config.governor ? config.governor->address : Address{};
  const auto target = itself ? compiled.leaf.gate : compiled.timelock;
  const auto data = itself ? evm::arm_calldata(plan, instance) : through_timelock(plan, instance, step, delay_s);
  const json transaction = {{"to", evm::abi::checksum(target)},
                            {"value", "0"},
                            {"data", to_hex(data)},
                            {"contractMethod", nullptr},
                            {"contractInputsValues", nullptr}};
  json batch = {{"version", format_version},
                {"chainId", std::to_string(compiled.leaf.chain_id)},
                {"createdAt", 0},  // the same file on every machine
                {"meta",
                 {{"name", evm::proposal_description(plan)},
                  {"description", step == SafeStep::execute ? "execute arm"
                                  : itself                  ? "arm"
                                                            : "schedule arm"},
                  {"txBuilderVersion", builder_version},
                  {"createdFromSafeAddress", safe.is_zero() ? "" : evm::abi::checksum(safe)},
                  {"createdFromOwnerAddress", ""}}},
                {"transactions", json::array({transaction})}};
  batch["meta"]["checksum"] = safe_checksum(batch);
  return batch;
}

}  // namespace lockstep::app
