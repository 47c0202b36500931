#pragma once
// A real governance contract on a local node, driven step by step. After each step the dialects say what they see, and
// the contract itself is asked whether it would execute now: the two must agree at every second. With
// LOCKSTEP_RECORD=DIR every look becomes a line of DIR/<name>.json, which tests/unit/evm_governance replays without a
// node.
#include <gtest/gtest.h>

#include "adapters/evm/governance/registry.hpp"
#include "adapters/evm/governance/watch.hpp"
#include "tests/e2e/adapter/anvil.hpp"

namespace lockstep::e2e {

using evm::abi::of;
using evm::governance::Fact;
using evm::governance::Stage;

/// Creation code, and where it is from.
struct Artifact {
  Bytes bytecode;
  std::string provenance;
};
/// "@openzeppelin/contracts/build/contracts/AccessManager.json" of the npm packages of contracts_abi/solidity.
Artifact npm(const std::string& path);
/// contracts_abi/<name>.json.
Artifact own(const std::string& name);
/// Of contracts that no npm package holds: $LOCKSTEP_ARTIFACTS/<name>.json, { bytecode, provenance }. How each was made
/// is in its provenance. Nothing where that variable is not set: those scenarios are then left to their recordings.
std::optional<Artifact> elsewhere(const std::string& name);

struct Execution {
  Address from, to;
  Bytes data;
};

class Rig {
 public:
  explicit Rig(std::string name);
  ~Rig();

  Address deploy(const Artifact& artifact, const std::string& constructor = "()",
                 const std::vector<evm::abi::Value>& arguments = {});
  /// A contract whose whole code that is.
  Address code(const char* runtime);
  void send(const Address& from, const Address& to, const std::string& signature,
            const std::vector<evm::abi::Value>& arguments);
  void send_raw(const Address& from, const Address& to, const Bytes& data);
  void at(std::uint64_t time);
  void blocks(unsigned count);
  std::uint64_t now() { return anvil.time(); }
  Bytes read(const Address& to, const std::string& signature, const std::vector<evm::abi::Value>& arguments = {});
  Uint256 read_word(const Address& to, const std::string& signature,
                    const std::vector<evm::abi::Value>& arguments = {});

  /// What is watched from now on, from the first block.
  void govern(const settings::GovernanceRef& timelock, const std::optional<settings::GovernanceRef>& governor = {});
  /// Reads the new logs, asks the dialects, and compares them with the contract: `execution` succeeds exactly if they
  /// say that arm is ready.
  void look(const std::string& what, Stage expected, const std::optional<Execution>& execution = {});
  /// The window of the last look.
  const evm::governance::Window& window() const { return last_.window; }
  const std::string& detail() const { return last_.detail; }
  /// Names of configuration events seen by the last look.
  const std::vector<std::string>& told() const { return told_; }
  /// What else waited, as the last look said.
  const std::vector<std::string>& pending() const { return pending_; }
  /// The readiness rows of the contracts' configuration, now: "name colour".
  std::map<std::string, std::string> rows();
  /// What the dialects look for.
  Bytes arm() const { return wanted_.calldata; }

  Anvil anvil;
  Address me, other, third, gate;

 private:
  evm::governance::Reader reader(nlohmann::json& answers);
  nlohmann::json transact(nlohmann::json transaction);

  std::string name_;
  transport::EndpointPool pool_;
  settings::InstanceConfig instance_;
  evm::governance::Wanted wanted_;
  evm::governance::Dialects dialects_;
  std::uint64_t next_log_ = 0;
  std::uint8_t codes_ = 0;
  Fact last_;
  std::vector<std::string> told_, pending_;
  std::vector<std::string> provenance_;
  nlohmann::json steps_ = nlohmann::json::array();
};

}  // namespace lockstep::e2e
