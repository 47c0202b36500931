#pragma once
// The instance behind a gate: a code hash, a price with its time, a pause of its own, and a book whose truth is a
// mirror fed with what really happened. Cheap to copy: the book is shared until it changes.
#include <memory>
#include <optional>
#include <vector>

#include "coordinator/gate.hpp"
#include "mirror/mirror.hpp"

namespace lockstep::sim {

struct Leaf;

/// What is wrong with the upgrade on this instance, if anything. Readiness sees what a rehearsal on live state can see.
struct Payload {
  UnixSeconds reverts_until = 0;  // the switch reverts before this time
  bool corrupts = false;          // it also changes a row the plan does not declare
  bool rollback_fails = false;
  bool seen_by_rehearsal = false;
};

class Exchange {
 public:
  Exchange() = default;
  /// `push`: it only knows pause(), and never asks the gate.
  Exchange(const Hash32& code, bool push);

  const Hash32& code() const { return code_; }
  UnixSeconds price_time() const { return price_time_; }
  bool paused() const { return paused_; }
  bool push() const { return push_; }
  const mirror::Mirror& book() const { return *book_; }
  const Payload& payload() const { return payload_; }
  const std::vector<mirror::Operation>& operations() const { return operations_; }  // of the block that is being made

  void begin_block(std::uint64_t num);
  void set_paused(bool paused) { paused_ = paused; }
  void set_price(UnixSeconds now, mirror::Int price);
  void confirm_price(UnixSeconds now) { price_time_ = now; }  // the same price, seen again
  void deposit(std::uint64_t account, mirror::Int amount);
  void withdraw(std::uint64_t account, mirror::Int amount);
  bool run_switch(const Leaf& leaf, const coordinator::BlockRef& block);    // false: it reverts
  bool run_rollback(const Leaf& leaf, const coordinator::BlockRef& block);  // the same
  void set_code(const Hash32& code) { code_ = code; }                       // by an outsider, past the gate
  void set_payload(const Payload& payload) { payload_ = payload; }          // of the plan that is being armed

  static std::vector<mirror::Delta> declared(std::uint64_t epoch);

 private:
  void happen(mirror::OpCode code, std::vector<mirror::Value> args);
  void set_parameters(std::uint64_t version, bool corrupt, bool announced);

  Hash32 code_;
  Payload payload_;
  UnixSeconds price_time_ = 0;
  bool paused_ = false, push_ = false;
  std::uint64_t version_ = 0, previous_version_ = 0;  // epoch of the last switch, and of the one before it
  std::uint64_t num_ = 0;
  std::shared_ptr<const mirror::Mirror> book_;
  std::vector<mirror::Operation> operations_;
};

Address account_address(std::uint64_t number);

}  // namespace lockstep::sim
