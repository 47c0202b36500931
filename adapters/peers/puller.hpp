#pragma once
// The one thread behind make_peers. A line is one peer's answers about one plan: it has a request under way, or a time
// when the next one is due.
#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "adapters/peers/known.hpp"
#include "adapters/peers/peers.hpp"
#include "adapters/transport/http_gets.hpp"

namespace lockstep::peers {

class Puller final : public ports::Peers {
 public:
  Puller(std::vector<Peer> peers, const Limits& limits);
  ~Puller() override { stop(); }

  void start(ports::Sink sink) override;
  void follow(const coordinator::Plan& plan, const Hash32& domain) override;
  void forget(const Hash32& plan) override;
  void stop() override;
  std::size_t size() const override { return peers_.size(); }
  std::size_t size_for(const coordinator::Plan& plan) const override;

 private:
  using Clock = transport::HttpGets::Clock;
  struct Followed {
    coordinator::Plan plan;
    Hash32 domain;
    Known known;
  };
  struct Line {
    std::size_t peer = 0;
    Hash32 plan;
    std::string etag;  // of the last page that was good in every part
    Clock::time_point due{};
    std::uint32_t backoff_ms = 0;  // after failures
    std::uint32_t gap_ms = 0;      // after good answers that brought nothing
    bool under_way = false, heard = false;
  };
  struct Wish {  // of another thread
    Hash32 plan;
    std::optional<std::pair<coordinator::Plan, Hash32>> follow;  // nothing: forget
  };

  void run();
  void grant_wishes();
  void ask(std::uint64_t id, Line& line);
  Clock::time_point ask_what_is_due();
  void ended(transport::HttpGets::Ended& ended);
  void answered(Line& line, const transport::HttpGets::Reply& reply);
  void take_page(Line& line, const transport::HttpGets::Reply& reply);
  void heard(Line& line);
  void fruitless(Line& line);
  void succeed(Line& line);
  void failed(Line& line, std::string why);
  void tell_health(std::size_t peer);

  const std::vector<Peer> peers_;
  const Limits limits_;
  transport::HttpGets gets_;
  std::minstd_rand jitter_;
  ports::Sink sink_;
  std::map<Hash32, Followed> followed_;
  std::map<std::uint64_t, Line> lines_;  // by the id of their requests
  std::uint64_t next_id_ = 1;
  std::vector<ports::PeerHealth> health_;  // as peers_
  std::vector<Clock::time_point> health_told_;

  std::mutex mutex_;
  std::vector<Wish> wishes_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace lockstep::peers
