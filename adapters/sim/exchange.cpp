#include "adapters/sim/exchange.hpp"

#include "adapters/sim/gate.hpp"
#include "base/assert.hpp"

namespace lockstep::sim {
namespace {

using mirror::Int;
using mirror::OpCode;

constexpr Int market = 1;

Int initial_bps(std::uint64_t epoch) { return 500 + static_cast<Int>(epoch) * 100; }
Int taker_fee_ppm(std::uint64_t epoch) { return 200 + static_cast<Int>(epoch) * 50; }

}  // namespace

Address account_address(std::uint64_t number) {
  Address address;
  address.bytes[0] = 0xac;
  address.bytes[19] = static_cast<std::uint8_t>(number + 1);
  return address;
}

Exchange::Exchange(const Hash32& code, bool push)
    : code_(code), push_(push), book_(std::make_shared<const mirror::Mirror>()) {}

std::vector<mirror::Delta> Exchange::declared(std::uint64_t epoch) {
  mirror::Key key;
  key.table = mirror::Table::market;
  key.market = 1;
  return {{key, "initial_bps", initial_bps(epoch)}, {key, "taker_fee_ppm", taker_fee_ppm(epoch)}};
}

void Exchange::begin_block(std::uint64_t num) {
  num_ = num;
  operations_.clear();
  if (num != 1) return;
  happen(OpCode::add_market, {market, initial_bps(0), Int{300}, Int{100}, taker_fee_ppm(0)});
}

void Exchange::happen(OpCode code, std::vector<mirror::Value> args) {
  mirror::Operation operation{code, std::move(args), num_, static_cast<std::uint32_t>(operations_.size())};
  auto next = std::make_shared<mirror::Mirror>(*book_);
  const auto done = next->apply(operation);
  LOCKSTEP_ASSERT(done.has_value());
  book_ = std::move(next);
  operations_.push_back(std::move(operation));
}

void Exchange::set_price(UnixSeconds now, Int price) {
  price_time_ = now;
  happen(OpCode::set_mark, {market, price});
}

void Exchange::deposit(std::uint64_t account, Int amount) {
  happen(OpCode::deposit, {account_address(account), amount});
}

// Only what the book allows: an exchange reverts otherwise, and nothing happened.
void Exchange::withdraw(std::uint64_t account, Int amount) {
  mirror::Operation operation{
      OpCode::withdraw, {account_address(account), amount}, num_, static_cast<std::uint32_t>(operations_.size())};
  auto next = std::make_shared<mirror::Mirror>(*book_);
  if (!next->apply(operation)) return;
  book_ = std::move(next);
  operations_.push_back(std::move(operation));
}

/// A migration announces its parameters as an event, as a real one would; a rollback restores storage and announces
/// nothing.
void Exchange::set_parameters(std::uint64_t version, bool corrupt, bool announced) {
  std::vector<mirror::Value> args{market, initial_bps(version), Int{corrupt ? 10 : 300}, Int{100},
                                  taker_fee_ppm(version)};
  if (announced) return happen(OpCode::set_parameters, std::move(args));
  auto next = std::make_shared<mirror::Mirror>(*book_);
  const auto done = next->apply({OpCode::set_parameters, std::move(args), 0, 0});
  LOCKSTEP_ASSERT(done.has_value());
  book_ = std::move(next);
}

bool Exchange::run_switch(const Leaf& leaf, const coordinator::BlockRef& block) {
  if (block.time < payload_.reverts_until) return false;
  previous_version_ = version_;
  version_ = leaf.epoch;
  set_parameters(version_, payload_.corrupts, true);
  code_ = leaf.new_code;
  return true;
}

bool Exchange::run_rollback(const Leaf& leaf, const coordinator::BlockRef&) {
  if (payload_.rollback_fails) return false;
  version_ = previous_version_;
  set_parameters(version_, false, false);
  code_ = leaf.old_code;
  return true;
}

}  // namespace lockstep::sim
