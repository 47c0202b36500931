#pragma once
// A chain in memory: a gate by the rules of docs/PROTOCOL.md, and an exchange whose truth is a mirror fed with what
// really happened. It outlives the daemons that look at it. Certificates are only counted here; that their signatures
// are right is tested elsewhere.
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "coordinator/effect.hpp"
#include "coordinator/plan.hpp"
#include "mirror/mirror.hpp"

namespace lockstep::crash {

struct Block {
  coordinator::GateView gate;  // after this block; gate.block is the block
  std::vector<mirror::Operation> operations;
  mirror::Mirror truth;
};

class Ledger {
 public:
  Ledger(std::string name, std::uint64_t lag) : name_(std::move(name)), lag_(lag) { blocks_.resize(1); }

  void arm(const coordinator::Plan& plan, coordinator::InstanceIndex self);  // by governance, in the next block
  void set_corrupting_switch() { corrupting_ = true; }  // it also changes what the plan does not declare
  bool corrupting_switch() const { return corrupting_; }
  void send(const coordinator::Submit& submit);  // the same twice is a no-op
  void mine();

  const std::string& name() const { return name_; }
  std::uint64_t head() const { return blocks_.size() - 1; }
  std::uint64_t final_num() const { return head() > lag_ ? head() - lag_ : 0; }
  const Block& at(std::uint64_t num) const { return blocks_[num]; }
  const std::map<std::string, coordinator::TxnStatus>& receipts() const { return receipts_; }
  bool open() const;  // to trading, in the head block
  bool runs_new() const { return runs_new_; }
  static std::vector<mirror::Delta> declared();

 private:
  bool carry_out(const coordinator::Submit& submit, Block& block);
  void switch_version(Block& block);
  void roll_back(Block& block);
  void happen(Block& block, mirror::OpCode code, std::vector<mirror::Value> args);

  std::string name_;
  std::uint64_t lag_;
  std::vector<Block> blocks_;  // by number; block 0 is before everything
  std::vector<coordinator::Submit> mempool_;
  std::map<std::string, coordinator::TxnStatus> receipts_;
  coordinator::Plan plan_;
  coordinator::InstanceIndex self_ = 0;
  bool arm_next_ = false, corrupting_ = false, runs_new_ = false;
};

}  // namespace lockstep::crash
