#include <fmt/format.h>

#include <array>
#include <map>

#include "adapters/evm/gate_abi.hpp"
#include "base/assert.hpp"

namespace lockstep::evm {
namespace {

// Custom errors a person may meet while an upgrade runs: the gate's own (a test holds this list against
// contracts_abi/LockstepGate.json), then what OpenZeppelin's proxies, access control and initialisers say. Enums are
// uint8.
constexpr const char* known_errors[] = {"ZeroTimelock()",
                                        "NotTimelock(address caller)",
                                        "NotGuardian(address caller)",
                                        "AlreadyHaltedNow(uint64 until)",
                                        "NotHaltedNow()",
                                        "HaltCertificateUsed(uint64 epoch)",
                                        "BadTiming()",
                                        "EpochOpen(uint64 epoch)",
                                        "EpochNotOpen()",
                                        "StillResuming(uint64 until)",
                                        "LeafRefused(uint8 fault)",
                                        "ProofTooLong(uint256 length)",
                                        "NotInPlan(bytes32 planHash,bytes32 provenPlanHash)",
                                        "WrongPhase(uint8 phase)",
                                        "TooLateToDisarm(uint64 haltAt)",
                                        "BadOperatorSet(uint8 fault)",
                                        "BadHome()",
                                        "TooFewSignatures(uint256 got,uint256 need)",
                                        "TooManySignatures(uint256 got,uint256 most)",
                                        "BadSignature(uint256 index,uint8 fault)",
                                        "StepFailed(uint8 step,uint256 index,bytes reason)",
                                        "NoCode(address target)",
                                        "CodeDiffers(address account,bytes32 want,bytes32 got)",
                                        "ReadFailed(address target)",
                                        "ReadDiffers(address target,uint8 compare,bytes32 operand,bytes32 got)",
                                        "OracleStale(address target,uint256 time)",
                                        "NotHalted()",
                                        "NotEngaged()",
                                        "NothingToEngage()",
                                        "WrongLeaf(bytes32 want,bytes32 got)",
                                        "WrongChain(uint256 chainId)",
                                        "InvalidOutcome(uint8 outcome)",
                                        "NotHome()",
                                        "TooLateToSwitch(uint64 switchBy)",
                                        "TooLateToDecideNew(uint64 decideBy)",
                                        "AlreadyDecided(uint8 outcome)",
                                        "NotDecided(uint8 decision)",
                                        "NotSwitched()",
                                        "TooEarlyToForce(uint256 from)",
                                        "ReentrancyGuardReentrantCall()",
                                        "Error(string message)",
                                        "Panic(uint256 code)",
                                        "OwnableUnauthorizedAccount(address account)",
                                        "AccessControlUnauthorizedAccount(address account,bytes32 role)",
                                        "ERC1967InvalidImplementation(address implementation)",
                                        "ERC1967NonPayable()",
                                        "ERC1967InvalidAdmin(address admin)",
                                        "UUPSUnauthorizedCallContext()",
                                        "UUPSUnsupportedProxiableUUID(bytes32 slot)",
                                        "InvalidInitialization()",
                                        "NotInitializing()",
                                        "AddressEmptyCode(address target)",
                                        "FailedCall()",
                                        "FailedInnerCall()",
                                        "TimelockUnexpectedOperationState(bytes32 operation,bytes32 states)",
                                        "ProxyDeniedAdminAccess()"};

constexpr std::array<const char*, 13> steps{"none",
                                            "old code",
                                            "old read",
                                            "switch call",
                                            "new code",
                                            "new read",
                                            "rollback call",
                                            "old code after the rollback",
                                            "old read after the rollback",
                                            "view",
                                            "halt call",
                                            "resume call",
                                            "oracle"};

constexpr int max_nesting = 4;

using Selector = std::array<std::uint8_t, 4>;

const std::map<Selector, abi::Function>& error_table() {
  static const auto table = [] {
    std::map<Selector, abi::Function> all;
    for (const auto* signature : known_errors) {
      auto parsed = abi::parse_function(signature);
      LOCKSTEP_ASSERT(parsed.has_value());
      const auto selector = parsed->selector();
      all.emplace(selector, *std::move(parsed));
    }
    return all;
  }();
  return table;
}

std::string clipped_hex(BytesView data) {
  constexpr std::size_t shown = 68;
  return data.size() <= shown ? to_hex(data) : to_hex(data.first(shown)) + fmt::format("… ({} bytes)", data.size());
}

std::string text_of(BytesView data, int nesting) {
  if (data.empty()) return "reverted without a reason";
  if (data.size() < 4) return clipped_hex(data);
  Selector selector{};
  std::copy_n(data.begin(), 4, selector.begin());
  const auto known = error_table().find(selector);
  if (known == error_table().end()) return fmt::format("unknown error {}", clipped_hex(data));
  const auto& error = known->second;
  const auto values = abi::decode(error.inputs, data.subspan(4));
  if (!values) return fmt::format("{} with malformed arguments {}", error.name, clipped_hex(data));
  if (error.name == "Error") return "\"" + std::string((*values)[0].bytes.begin(), (*values)[0].bytes.end()) + "\"";
  if (error.name == "StepFailed" && nesting < max_nesting) {
    return fmt::format("{} {} failed: {}", step_name(static_cast<std::uint8_t>((*values)[0].word & 0xff)),
                       to_decimal((*values)[1].word), text_of((*values)[2].bytes, nesting + 1));
  }
  std::string text = error.name + "(";
  for (std::size_t i = 0; i < values->size(); ++i) {
    text += (i == 0 ? "" : ", ") + error.inputs[i].name + " " + abi::to_text(error.inputs[i], (*values)[i]);
  }
  return text + ")";
}

}  // namespace

std::string step_name(std::uint8_t step) { return step < steps.size() ? steps[step] : fmt::format("step {}", step); }

std::string revert_text(BytesView data) { return text_of(data, 0); }

}  // namespace lockstep::evm
