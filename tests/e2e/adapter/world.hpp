#pragma once
// The reference exchange behind a gate and a timelock on one anvil, with some trading done, and a plan for it.
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <functional>
#include <mutex>
#include <variant>

#include "adapters/evm/chain.hpp"
#include "adapters/evm/diamond.hpp"
#include "crypto/secp256k1.hpp"
#include "mirror/mirror.hpp"
#include "tests/e2e/adapter/anvil.hpp"

namespace lockstep::e2e {

/// What the exchange stands behind; each lets only the gate give it other code. Timelocked: as transparent, but its
/// ProxyAdmin is owned by a timelock in which the gate alone executes. Diamond: the exchange's functions are those of
/// one facet of it.
enum class Proxy : std::uint8_t { uups, transparent, beacon, timelocked, diamond };

struct World {
  std::shared_ptr<Anvil> node;
  Anvil& anvil;
  std::string protocol;
  Address admin, timelock, gate, token, oracle, exchange, old_implementation;
  crypto::PrivateKey operator_key;

  /// Who is called to switch: the exchange itself, its ProxyAdmin, or its beacon.
  Address switch_of;
  Proxy proxy;
  Address upgrader;                               // of a timelocked exchange, else zero
  std::vector<evm::diamond::Selector> functions;  // of the exchange, if it is a diamond
  std::map<std::string, Address> more;            // further contracts of the instance

  explicit World(Proxy kind = Proxy::uups) : World(std::make_shared<Anvil>(), "perps", kind) {}
  /// Another protocol on a chain that is there.
  World(std::shared_ptr<Anvil> on, std::string name, Proxy kind = Proxy::uups);
  settings::InstanceConfig instance_config() const;
  /// Upgrades the exchange to `implementation` with `init`; only the slot that names it is declared to change.
  evm::CompiledPlan plan(const Address& implementation, const Bytes& init, unsigned new_version, std::uint64_t halt_at);
  /// Switches nothing: halts, observes the exchange through a change of the base layer at time `change`, and releases.
  evm::CompiledPlan network_plan(std::uint64_t halt_at, std::uint64_t change);
  /// After a change of its leaf: the plan's hashes anew.
  static void seal(evm::CompiledPlan& plan);
  evm::ChainSetup chain_setup(const std::filesystem::path& state_dir) const;
  /// diamondCut() of the exchange: these functions to another facet.
  Bytes cut(evm::diamond::Action action, const Address& facet,
            const std::vector<evm::diamond::Selector>& selectors) const;
  void push_price(std::uint64_t price);
  /// arm() through the timelock: scheduled, ripe, executed.
  void schedule(const evm::CompiledPlan& plan);
  void execute(const evm::CompiledPlan& plan);
  void cancel(const evm::CompiledPlan& plan);  // the scheduled arm()
  /// The plan's switch and rollback, in the upgrader, by the timelock that arms the gate.
  void queue_in_upgrader(const evm::CompiledPlan& plan);
  /// As if that contract called.
  void send_as(const Address& contract, const Address& to, const Bytes& data);
  coordinator::Submit signed_submit(const evm::CompiledPlan& plan, coordinator::Action action,
                                    coordinator::Outcome outcome);

 private:
  void plan_cut(evm::CompiledInstance& instance, const Address& implementation);
};

/// Collects what a chain tells, and waits for it.
class Listener {
 public:
  ports::Sink sink();
  /// The first news not taken yet of that type for which the condition holds; throws after 60 s. What was passed over
  /// stays.
  template <class Event>
  Event wait(
      const char* what, const std::function<bool(const Event&)>& condition = [](const Event&) { return true; });
  /// What was told of others and not taken yet, in words: interference, and changes that no plan explains.
  std::string others();
  /// The mirror of everything fed until now, up to `num` at least.
  mirror::Rows rows_at(std::uint64_t num);

 private:
  template <class Event>
  static const Event* as(const ports::News& news);
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<ports::News> news_;
  mirror::Mirror mirror_;
  std::uint64_t fed_ = 0;
  std::string contradiction_;
};

template <class Event>
const Event* Listener::as(const ports::News& news) {
  if constexpr (std::is_same_v<Event, ports::TxnSeen> || std::is_same_v<Event, ports::ChainHealth>) {
    return std::get_if<Event>(&news);
  } else {
    const auto* event = std::get_if<coordinator::Event>(&news);
    return event == nullptr ? nullptr : std::get_if<Event>(event);
  }
}

template <class Event>
Event Listener::wait(const char* what, const std::function<bool(const Event&)>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  std::unique_lock lock(mutex_);
  while (true) {
    for (auto it = news_.begin(); it != news_.end(); ++it) {
      const auto* event = as<Event>(*it);
      if (event == nullptr || !condition(*event)) continue;
      auto found = *event;
      news_.erase(it);
      return found;
    }
    if (changed_.wait_until(lock, deadline) == std::cv_status::timeout)
      throw std::runtime_error(std::string("never told: ") + what);
  }
}

}  // namespace lockstep::e2e
