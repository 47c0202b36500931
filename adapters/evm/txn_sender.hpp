#pragma once
// Sends what the coordinator asked for, each transaction kept durably before it is signed (S11). Several plans may have
// one in flight with the same signer; each takes the lowest nonce that is free, and nothing new is begun while one was
// not taken by a node, so that no gap holds up those above it. A dropped transaction is sent again with the same bytes
// (F22), one that sticks with higher fees (F23), one whose nonce somebody else used is prepared anew (F24). What
// happened is told, but the truth is the gate's state. Whoever keeps the key may be slow, or a person: the chain goes
// on meanwhile, and no further nonce is given out before there is a signature for this one.
#include <chrono>
#include <functional>
#include <map>
#include <optional>

#include "adapters/evm/followed_plan.hpp"
#include "adapters/evm/l1_fees.hpp"
#include "adapters/evm/rpc_read.hpp"
#include "adapters/evm/signing_thread.hpp"
#include "adapters/evm/state_dir.hpp"
#include "adapters/evm/txn_intent.hpp"
#include "ports/key.hpp"
#include "settings/config.hpp"

namespace lockstep::evm {

class TxnSender {
 public:
  using Clock = std::chrono::steady_clock;
  using Tell = std::function<void(const TxnIntent&, coordinator::TxnStatus)>;

  /// `signed_now`: there is an answer of a key that lasts, for step(); any thread.
  TxnSender(
      EndpointPool& pool, const StateDir& state, ports::KeyPtr key, const settings::ChainConfig& config, Tell tell,
      std::function<void()> signed_now = [] {});

  /// Intents of an earlier run, from the state directory. An error is a damaged or unreadable file: nothing may be sent
  /// then.
  Result<void> recover();
  /// Idempotent per (plan, instance, action); a later attempt replaces an earlier one.
  void submit(const coordinator::Submit& submit, const FollowedPlan& plan);
  /// Direct mode, where one action takes several transactions. Takes the place of what is known of that step; the
  /// caller has seen that nothing of it is under way.
  void send(const coordinator::Submit& submit, std::uint16_t step, const Call& call);
  /// Nothing if nothing of that step is known.
  const TxnIntent* known(const coordinator::Submit& submit, std::uint16_t step) const;
  /// Some transaction of that action has a nonce, or may get one, and is in no block.
  bool under_way(const Hash32& plan, coordinator::InstanceIndex instance, coordinator::Action action) const;
  /// Forgets those that have no nonce yet.
  void withdraw(const Hash32& plan, coordinator::InstanceIndex instance, coordinator::Action action);
  /// Starts or restarts what is due. True if something was done.
  bool step(const Header& head);
  /// Ends its thread. step() and on_head() are not to be called after that.
  void stop() { signing_.stop(); }
  /// Receipts, balance and nonce at a new head.
  void on_head(const Header& head, const std::optional<Header>& final);

  const std::optional<Address>& address() const { return address_; }
  L1Fees& l1_fees() { return l1_fees_; }
  const Uint256& balance() const { return balance_; }
  std::uint64_t nonce() const { return nonce_; }
  /// How many of its transactions have a nonce and are in no block.
  std::uint64_t waiting() const;
  /// Why no signature came for longer than it should take; empty: nobody is missed.
  const std::string& missed() const { return missed_; }
  const std::string& trouble() const { return trouble_; }  // why nothing can be sent at the moment, empty if it can

 private:
  struct Pending {
    TxnIntent intent;
    bool keep_nonce = false;  // replaces an earlier attempt that is in flight
    Address gate;
    Uint256 l1_fee = 0;  // what a rollup takes for it beyond gas
    unsigned failures = 0;
    bool unsigned_yet = false;   // its signature was asked for
    bool raise_refused = false;  // whoever keeps the key would not sign it with higher fees
    Clock::time_point due{}, sent_at{}, asked_at{};
  };
  struct Quote {
    Uint256 gas, tip, balance;
    std::uint64_t nonce = 0;
  };
  static std::string name_of(const TxnIntent& intent);
  /// Begun and not mined: its nonce is taken.
  static bool holds_nonce(const Pending& pending) {
    return pending.intent.state == TxnState::sent || pending.keep_nonce;
  }
  bool may_begin() const;
  std::uint64_t free_nonce(std::uint64_t from) const;
  bool below_another(const Pending& pending) const;
  void start(Pending& pending, const Header& head);
  Result<std::optional<Quote>> quote(Pending& pending, const Header& head);
  bool price(Pending& pending, const Quote& quote, const Header& head);
  void refuse(Pending& pending, std::string why);
  void later(Pending& pending, std::string why);
  bool keep(const TxnIntent& intent);
  bool have_signed(Pending& pending);
  void not_signed(Pending& pending, const ports::NotSigned& why);
  bool came_too_late(Pending& pending, const Header& head);
  void sign_and_broadcast(Pending& pending, const Header& head);
  void broadcast(Pending& pending, const Bytes& raw);
  void on_receipt(Pending& pending, const nlohmann::json& receipt);
  void settle(Pending& pending, const nlohmann::json& receipt, const Header& final, const Header& head);
  void on_no_receipt(Pending& pending, bool known, const Header& head);
  void on_reverted(Pending& pending);
  bool applied(const TxnIntent& intent, const Address& gate, const Hash32& block);
  bool settle_or_refuse(Pending& pending, const transport::Failure& failure, const Hash32& block);

  EndpointPool& pool_;
  L1Fees l1_fees_;
  const StateDir& state_;
  ports::KeyPtr key_;
  std::optional<Address> address_;
  std::uint64_t chain_id_;
  Uint256 cap_;
  std::chrono::seconds stuck_after_;
  Tell tell_;
  std::map<std::string, Pending> pendings_;  // by file name
  Uint256 balance_ = 0;
  std::uint64_t nonce_ = 0;
  std::string trouble_, missed_;
  SigningThread signing_;
};

}  // namespace lockstep::evm
