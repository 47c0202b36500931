#pragma once
// Pools as simply as they can be kept: maps and whole numbers of any size, sums over everything from scratch. It
// follows the contracts' own words (Perp v2: ClearingHouse, AccountBalance, Exchange._getPnlToBeRealized), not the
// mirror's, and tells the operations that its events would be.
#include <boost/multiprecision/cpp_int.hpp>
#include <map>
#include <vector>

#include "mirror/op.hpp"
#include "mirror/row.hpp"

namespace lockstep::dumb {

using Big = boost::multiprecision::cpp_int;

class Pools {
 public:
  Pools(Big unit, Big scale, Big dust, Big initial, Big maintenance, bool once);

  void add(std::uint32_t market);
  void mark(std::uint32_t market, const Big& price);
  void deposit(int account, const Big& amount);
  /// A swap against the pool; what it realises goes to what is owed.
  void swap(int account, std::uint32_t market, const Big& base, const Big& quote);
  void provide(int account, std::uint32_t market, const Big& liquidity);
  /// Liquidity leaves and becomes a trade: one by one, as its owner does it, or cancelled by somebody else, which tells
  /// the same in another order.
  void remove(int account, std::uint32_t market, const Big& liquidity, const Big& base, const Big& quote,
              bool cancelled);
  void realize(int account, const Big& profit);
  void transfer(int payer, int account, const Big& amount);
  /// Of what is there without margin; false if it is more.
  bool withdraw(int account, const Big& amount);

  const Big& liquidity(int account, std::uint32_t market) { return info_[{account, market}].liquidity; }
  const Big& size(int account, std::uint32_t market) { return info_[{account, market}].size; }
  mirror::Rows rows() const;
  std::vector<mirror::Operation> told;  // since it was cleared

 private:
  struct Info {
    Big size, notional, liquidity;
  };
  Big realised(const Info& info, const Big& size, const Big& base, const Big& quote) const;
  void settle(int account, std::uint32_t market, const Big& base, const Big& quote, const Big& profit);
  void tell(mirror::OpCode code, std::vector<mirror::Value> args);
  bool is_dust(const Big& value) const { return value < dust_ && -value < dust_; }

  Big unit_, scale_, dust_, initial_, maintenance_;
  bool once_;
  std::map<std::uint32_t, Big> marks_;
  std::map<int, Big> cash_, owed_;
  std::map<std::pair<int, std::uint32_t>, Info> info_;
  std::uint32_t log_ = 0;
};

Address pool_user(int account);
mirror::Int narrow(const Big& value);

}  // namespace lockstep::dumb
