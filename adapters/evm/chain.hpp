#pragma once
// One EVM chain as the daemon's actor: one thread that follows heads and final blocks, feeds the mirror, watches
// governance, checks readiness and evidence, and sends transactions. Nothing of it waits for another chain.
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/evm/compile.hpp"
#include "ports/chain.hpp"
#include "ports/key.hpp"
#include "settings/config.hpp"
#include "settings/protocol.hpp"
#include "settings/secret_ref.hpp"

namespace lockstep::evm {

/// An endpoint with its secret resolved. `name` is what people see; the URL is never logged, served or put in an error.
struct ResolvedEndpoint {
  std::string name;
  settings::Secret url;
  std::optional<settings::Secret> ws = {};  // where it tells of new heads
};

/// An instance of a protocol on this chain, with the protocol's bindings as written in its file.
struct InstanceSetup {
  std::string protocol;
  settings::InstanceConfig config;
  std::vector<settings::EventBinding> events;
  std::vector<settings::ViewBinding> views;
};

struct ChainSetup {
  settings::ChainConfig config;
  std::vector<ResolvedEndpoint> endpoints;  // as config.rpc, resolved
  ports::KeyPtr gas_key;                    // pays for transactions; nothing = this chain is only observed
  std::vector<InstanceSetup> instances;
  std::filesystem::path state_dir;  // created if missing: transaction intents, baselines, last final block
};

class EvmChain final : public ports::Chain {
 public:
  struct Impl;
  explicit EvmChain(std::unique_ptr<Impl> impl);
  ~EvmChain() override;

  /// What follow() and perform() need of a plan. Thread-safe, repeatable; an error if the plan's instance is not one of
  /// this chain's.
  Result<void> add_plan(const CompiledPlan& plan, coordinator::InstanceIndex instance);

  void start(ports::Sink sink) override;
  void follow(const Hash32& plan, coordinator::InstanceIndex instance) override;
  void perform(const coordinator::Effect& effect, ports::ExpectedRows expected) override;
  void audit(ports::AuditAsked asked) override;
  void refeed(const std::string& protocol) override;
  void stop() override;

 private:
  std::unique_ptr<Impl> impl_;
};

/// Parses bindings and opens the state directory; does not need the chain to be up. Errors: a binding that names an
/// unknown operation, table, field or parameter; a state directory that cannot be made; no endpoints; a quorum larger
/// than the endpoints.
Result<std::unique_ptr<EvmChain>> make_chain(ChainSetup setup);

}  // namespace lockstep::evm
