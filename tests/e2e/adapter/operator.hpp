#pragma once
// One operator's adapter on a world, and what it is asked and told on the way of an upgrade.
#include <gtest/gtest.h>

#include "tests/e2e/adapter/world.hpp"

namespace lockstep::e2e {

using namespace coordinator;

/// "E3 storage-root: …" per line, of the rows at least that bad.
std::string problems(const std::vector<CheckRow>& rows, Colour least);
bool has_row(const std::vector<CheckRow>& rows, Colour colour, const std::string& name, const std::string& part = {});
ports::ExpectedRows shared(mirror::Rows rows);

/// Its own state directory, its own idea of finality, its own memory; the chain is shared.
class Operator {
 public:
  Operator(World& world, const std::string& name, std::uint64_t confirmations = 0);
  /// One more protocol on the same chain, before start().
  void serve(World& other) { others_.push_back(&other); }
  ~Operator();
  Operator(const Operator&) = delete;
  Operator& operator=(const Operator&) = delete;

  void start(const evm::CompiledPlan& plan);  // again after stop(): a restart, with what the state directory kept
  void also(const evm::CompiledPlan& plan);   // one more plan on the running adapter
  void stop();

  GateView wait_gate(const char* what, Finality finality, const std::function<bool(const GateView&)>& condition);
  /// Armed by governance and halted at finality; the block of that.
  GateView arm_and_halt(const evm::CompiledPlan& plan);
  /// Mined, and shown by the gate at finality.
  GateView submit_until(const evm::CompiledPlan& plan, Action action, Outcome outcome,
                        const std::function<bool(const GateView&)>& condition);
  std::vector<CheckRow> readiness(const evm::CompiledPlan& plan);
  EvidenceReport baseline(const evm::CompiledPlan& plan, const BlockRef& block);
  EvidenceReport evidence(const evm::CompiledPlan& plan, const BlockRef& block, Outcome expected);

  World& world;
  std::unique_ptr<evm::EvmChain> chain;
  Listener listener;
  bool traces = true;  // before start(): whether readiness traces what the switch would write

 private:
  std::filesystem::path state_;
  std::uint64_t confirmations_;
  std::vector<World*> others_;
  std::uint32_t round_ = 0;
};

}  // namespace lockstep::e2e
