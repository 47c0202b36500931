#pragma once
// The rules that a plan declares, on the flow that goes on under those of today: what every account would be worth and
// asked for, what trades would have cost, which of them would not have been. It follows a mirror and never changes it;
// what the new rules would have refused, it counts and then follows all the same.
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/time.hpp"
#include "mirror/equivalence.hpp"
#include "mirror/mirror.hpp"
#include "mirror/state.hpp"

namespace lockstep::mirror {

/// Of one account since the shadow began.
struct Spent {
  Int told = 0, under = 0;    // trading fees as the chain told them, and as the new rules would have them
  std::uint64_t refused = 0;  // operations of it that the new rules alone would not have allowed
};

struct Drift {
  Equivalence worth;  // "before": under the rules of today, "after": under the declared ones, fees since then included
  Spent total;
  std::vector<Spent> spent;  // of worth.accounts, in its order
};

class Shadow {
 public:
  explicit Shadow(std::vector<Delta> declared) : declared_(std::move(declared)) {}

  /// Around every operation that the mirror takes: before it is applied, and after it was.
  void before(const State& state, const Operation& operation);
  void after(const State& state, const Operation& operation);

  /// Options are priced at `at`. Refused, with what is wrong, where the declared changes do not fit the state or a
  /// number does not fit.
  std::expected<Drift, std::string> drift(const State& state, UnixSeconds at, std::size_t limit) const;

  const std::vector<Delta>& declared() const { return declared_; }

 private:
  /// Whoever acts with this operation, and what it must hold afterwards.
  struct Actor {
    Address account;
    bool reduces = false;                // the maintenance margin suffices
    bool withdraws = false;              // collateral alone must cover it as well
    std::optional<MarketId> if_grown{};  // asked only if the position there became larger than `held`
    Int held = 0;
  };
  void charge(const State& state, const Operation& operation);
  void judge(const State& state, const Actor& actor);
  /// Of today's state, what the declared changes speak of, with them: markets without books, and accounts.
  std::expected<State, std::string> changed(const State& state) const;
  void refresh(const State& state, MarketId id);

  std::vector<Delta> declared_;
  std::expected<State, std::string> under_ = std::unexpected("");  // kept up to date; why not, before the first one
  std::unordered_map<Address, Spent> spent_;
  std::vector<Actor> actors_;
  bool outside_band_ = false;  // of the new rules alone; the order that comes in
};

}  // namespace lockstep::mirror
