#pragma once
// What lies between operators: delay, loss, duplication and partitions; and ports::Peers over it. A pull is one
// question and one answer; a pull that cannot get through is made again when the network says that something healed, so
// that an outage of a month costs nothing.
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "adapters/sim/scheduler.hpp"
#include "coordinator/attestation.hpp"
#include "ports/peers.hpp"

namespace lockstep::sim {

class Network {
 public:
  explicit Network(Rng rng) : rng_(rng) {}
  TimeMs latency() { return 5 + rng_.below(80) + (slow_ms_ > 0 ? rng_.below(slow_ms_) : 0); }
  bool lost() { return loss_per_mille_ > 0 && rng_.chance(loss_per_mille_); }
  bool twice() { return duplicate_per_mille_ > 0 && rng_.chance(duplicate_per_mille_); }
  bool connected(std::size_t a, std::size_t b) const { return ((sides_ >> a) & 1) == ((sides_ >> b) & 1); }

  /// Operators whose bit is set are on one side, all others on the other.
  void partition(std::uint32_t sides) { sides_ = sides; }
  void set_loss(std::uint32_t per_mille) { loss_per_mille_ = per_mille; }
  void set_slow(TimeMs up_to_ms) { slow_ms_ = up_to_ms; }
  void set_duplicates(std::uint32_t per_mille) { duplicate_per_mille_ = per_mille; }
  void heal() {
    sides_ = 0;
    loss_per_mille_ = duplicate_per_mille_ = 0;
    slow_ms_ = 0;
  }

 private:
  Rng rng_;
  std::uint32_t sides_ = 0, loss_per_mille_ = 0, duplicate_per_mille_ = 0;
  TimeMs slow_ms_ = 0;
};

class SimPeers final : public ports::Peers {
 public:
  using Answer = std::optional<std::vector<coordinator::Attestation>>;  // nothing: it does not answer
  struct World {
    Scheduler& time;
    Network& network;
    std::size_t self, count;  // operators are numbered; all others are our peers
    const std::vector<Address>& addresses;
    const Recover& recover;
    std::function<Answer(std::size_t peer, std::size_t asker, const Hash32& plan)> ask;
  };
  SimPeers(World world, Rng rng) : world_(std::move(world)), rng_(rng) {}
  ~SimPeers() override { stop(); }

  void start(ports::Sink sink) override;
  void follow(const coordinator::Plan& plan, const Hash32& domain) override;
  void forget(const Hash32& plan) override { plans_.erase(plan); }
  void stop() override;
  std::size_t size() const override { return world_.count - 1; }

  /// `peer` may hold something new, or can be reached again.
  void nudge(std::size_t peer);

 private:
  struct Followed {
    Hash32 domain;
    std::set<std::size_t> heard;
    std::set<std::size_t> due;  // peers with a pull on its way
  };
  void pull(const Hash32& plan, std::size_t peer, TimeMs within);
  void ask(const Hash32& plan, std::size_t peer);
  void take(const Hash32& plan, std::size_t peer, const std::vector<coordinator::Attestation>& held, bool again);

  World world_;
  Rng rng_;
  ports::Sink sink_;
  std::shared_ptr<bool> alive_;
  std::map<Hash32, Followed> plans_;
  std::unordered_set<std::string> told_;  // by signature
};

}  // namespace lockstep::sim
