#pragma once
// Sends what the coordinator asked for: one transaction in flight per signer, each kept durably before it is signed
// (S11), the same bytes again until they are mined, with higher fees when they stick (F22, F23). What happened is told,
// but the truth is the gate's state (F24).
#include <chrono>
#include <functional>
#include <map>
#include <optional>

#include "adapters/evm/followed_plan.hpp"
#include "adapters/evm/rpc_read.hpp"
#include "adapters/evm/state_dir.hpp"
#include "adapters/evm/txn_intent.hpp"
#include "crypto/secp256k1.hpp"
#include "settings/config.hpp"

namespace lockstep::evm {

class TxnSender {
 public:
  using Clock = std::chrono::steady_clock;
  using Tell = std::function<void(const TxnIntent&, coordinator::TxnStatus)>;

  TxnSender(EndpointPool& pool, const StateDir& state, const std::optional<crypto::PrivateKey>& key,
            const settings::ChainConfig& config, Tell tell);

  /// Intents of an earlier run, from the state directory. An error is a damaged or unreadable file: nothing may be sent
  /// then.
  Result<void> recover();
  /// Idempotent per (plan, instance, action); a later attempt replaces an earlier one.
  void submit(const coordinator::Submit& submit, const FollowedPlan& plan);
  /// Starts or restarts what is due. True if something was done.
  bool step(const Header& head);
  /// Receipts, balance and nonce at a new head.
  void on_head(const Header& head, const std::optional<Header>& final);

  const std::optional<Address>& address() const { return address_; }
  const Uint256& balance() const { return balance_; }
  std::uint64_t nonce() const { return nonce_; }
  const std::string& trouble() const { return trouble_; }  // why nothing can be sent at the moment, empty if it can

 private:
  struct Pending {
    TxnIntent intent;
    bool keep_nonce = false;  // replaces an earlier attempt that is in flight
    Address gate;
    unsigned failures = 0;
    Clock::time_point due{}, sent_at{};
  };
  struct Quote {
    Uint256 gas, tip, balance;
    std::uint64_t nonce = 0;
  };
  static std::string name_of(const TxnIntent& intent);
  bool someone_in_flight() const;
  void start(Pending& pending, const Header& head);
  Result<std::optional<Quote>> quote(Pending& pending, const Header& head);
  bool price(Pending& pending, const Quote& quote, const Header& head);
  void refuse(Pending& pending, std::string why);
  void later(Pending& pending, std::string why);
  bool keep(const TxnIntent& intent);
  void sign_and_broadcast(Pending& pending);
  void broadcast(Pending& pending, const Bytes& raw);
  void on_receipt(Pending& pending, const nlohmann::json& receipt);
  void on_no_receipt(Pending& pending);
  void on_reverted(Pending& pending);
  bool applied(const TxnIntent& intent, const Address& gate, const Hash32& block);

  EndpointPool& pool_;
  const StateDir& state_;
  const std::optional<crypto::PrivateKey>& key_;
  std::optional<Address> address_;
  std::uint64_t chain_id_;
  Uint256 cap_;
  std::chrono::seconds stuck_after_;
  Tell tell_;
  std::map<std::string, Pending> pendings_;  // by file name
  Uint256 balance_ = 0;
  std::uint64_t nonce_ = 0;
  std::string trouble_;
};

}  // namespace lockstep::evm
