#include "adapters/peers/puller.hpp"

#include <algorithm>
#include <utility>

#include "adapters/peers/page.hpp"

namespace lockstep::peers {

using transport::HttpGets;

namespace {

constexpr long ok = 200, not_modified = 304, not_found = 404;
constexpr std::uint32_t least_gap_ms = 20;  // after an answer that brought nothing; doubled while they come at once
constexpr double held_s = 1;                // a peer that held a request that long does not make us spin
constexpr auto health_every = std::chrono::seconds(10);

bool is_operator(const coordinator::Plan& plan, const Address& address) {
  const auto& set = plan.operators.operators;
  return std::ranges::find(set, address) != set.end();
}

}  // namespace

Puller::Puller(std::vector<Peer> peers, const Limits& limits)
    : peers_(std::move(peers)),
      limits_(limits),
      gets_(limits.answer_bytes),
      jitter_(std::random_device{}()),
      health_told_(peers_.size()) {
  for (const auto& peer : peers_) {
    ports::PeerHealth health;
    health.peer = peer.address;
    health.last_error = "not asked yet";
    health_.push_back(std::move(health));
  }
}

void Puller::start(ports::Sink sink) {
  sink_ = std::move(sink);
  thread_ = std::thread([this] { run(); });
}

void Puller::stop() {
  stopping_ = true;
  gets_.wake();
  if (thread_.joinable()) thread_.join();
}

void Puller::follow(const coordinator::Plan& plan, const Hash32& domain) {
  const std::lock_guard lock(mutex_);
  wishes_.push_back({plan.hash, std::pair(plan, domain)});
  gets_.wake();
}

void Puller::forget(const Hash32& plan) {
  const std::lock_guard lock(mutex_);
  wishes_.push_back({plan, std::nullopt});
  gets_.wake();
}

std::size_t Puller::size_for(const coordinator::Plan& plan) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(peers_, [&](const Peer& peer) { return is_operator(plan, peer.address); }));
}

void Puller::run() {
  for (std::size_t i = 0; i < peers_.size(); ++i) tell_health(i);
  while (!stopping_) {
    grant_wishes();
    for (auto& done : gets_.wait(ask_what_is_due())) {
      if (stopping_) return;
      ended(done);
    }
  }
}

void Puller::grant_wishes() {
  std::vector<Wish> wishes;
  {
    const std::lock_guard lock(mutex_);
    wishes.swap(wishes_);
  }
  for (auto& wish : wishes) {
    if (!wish.follow) {
      std::erase_if(lines_, [&](const auto& line) {
        if (line.second.plan == wish.plan) gets_.cancel(line.first);
        return line.second.plan == wish.plan;
      });
      followed_.erase(wish.plan);
    } else if (!followed_.contains(wish.plan)) {
      const auto& plan =
          followed_.emplace(wish.plan, Followed{wish.follow->first, wish.follow->second, {}}).first->second.plan;
      for (std::size_t i = 0; i < peers_.size(); ++i) {
        if (!is_operator(plan, peers_[i].address)) continue;
        auto& line = lines_[next_id_++];
        line.peer = i;
        line.plan = wish.plan;
      }
    }
  }
}

/// When the next line is due that is not under way.
Puller::Clock::time_point Puller::ask_what_is_due() {
  auto next = Clock::now() + std::chrono::hours(1);
  for (auto& [id, line] : lines_) {
    if (line.under_way) continue;
    if (line.due <= Clock::now()) {
      ask(id, line);
    } else {
      next = std::min(next, line.due);
    }
  }
  return next;
}

void Puller::ask(std::uint64_t id, Line& line) {
  HttpGets::Request request;
  request.url = peers_[line.peer].url.reveal();
  while (request.url.ends_with('/')) request.url.pop_back();
  request.url += "/api/v1/attestations?plan=" + to_hex(line.plan);
  request.headers = {"Accept: application/json"};
  request.timeout_ms = limits_.timeout_ms;
  if (!line.etag.empty()) {
    request.headers.push_back("If-None-Match: " + line.etag);
    request.headers.push_back("Prefer: wait=" + std::to_string(limits_.wait_s));
    request.timeout_ms += limits_.wait_s * 1000;
  }
  gets_.start(id, request);
  line.under_way = true;
  health_[line.peer].requests++;
}

void Puller::ended(HttpGets::Ended& ended) {
  const auto found = lines_.find(ended.id);
  if (found == lines_.end()) return;
  auto& line = found->second;
  line.under_way = false;
  if (ended.took_s >= held_s) line.gap_ms = 0;
  if (line.etag.empty()) health_[line.peer].latency_s = ended.took_s;  // with one, it may have waited for news
  if (ended.reply) {
    answered(line, *ended.reply);
  } else {
    failed(line, transport::to_text(ended.reply.error()));
  }
}

void Puller::answered(Line& line, const HttpGets::Reply& reply) {
  if (reply.status == ok) return take_page(line, reply);
  if (reply.status == not_modified && !line.etag.empty()) {
    if (reply.preference.empty()) line.gap_ms = limits_.poll_ms;
    return fruitless(line);
  }
  if (reply.status == not_found && says_unknown_plan(reply.body)) {
    line.etag.clear();
    heard(line);
    line.gap_ms = limits_.poll_ms;
    return fruitless(line);
  }
  failed(line, "HTTP status " + std::to_string(reply.status));
}

void Puller::take_page(Line& line, const HttpGets::Reply& reply) {
  const auto page = parse_page(reply.body);
  if (!page) return failed(line, page.error());
  auto& followed = followed_.at(line.plan);
  std::size_t fresh = 0, bad = 0;
  for (const auto& attestation : *page) {
    const auto verdict = followed.known.look(attestation);
    if (verdict != Known::Verdict::fresh) continue;
    if (!proves_itself(attestation, followed.plan, followed.domain)) {
      ++bad;
      continue;
    }
    followed.known.add(attestation);
    ++fresh;
    sink_(coordinator::Event(coordinator::AttestationReceived{attestation}));
  }
  if (bad > 0) return failed(line, "handed on attestations that do not verify: " + std::to_string(bad));
  if (reply.etag.empty()) {
    line.gap_ms = limits_.poll_ms;
  } else if (line.etag.empty()) {
    line.gap_ms = 0;
  }
  line.etag = reply.etag;
  heard(line);
  if (fresh == 0) return fruitless(line);
  line.gap_ms = 0;
  succeed(line);
}

/// A good answer with nothing in it: the next request follows at once, unless such answers keep coming.
void Puller::fruitless(Line& line) {
  line.due = Clock::now() + std::chrono::milliseconds(line.gap_ms);
  line.gap_ms = std::min(std::max(line.gap_ms * 2, least_gap_ms), limits_.poll_ms);
  succeed(line);
}

void Puller::heard(Line& line) {
  if (std::exchange(line.heard, true)) return;
  sink_(ports::PeerHeard{peers_[line.peer].address, line.plan});
}

void Puller::succeed(Line& line) {
  line.backoff_ms = 0;
  auto& health = health_[line.peer];
  const bool changed = !health.up || Clock::now() >= health_told_[line.peer] + health_every;
  health.up = true;
  health.last_error.clear();
  if (changed) tell_health(line.peer);
}

void Puller::failed(Line& line, std::string why) {
  line.etag.clear();
  line.gap_ms = 0;
  line.backoff_ms = std::clamp(line.backoff_ms * 2, limits_.backoff_min_ms, limits_.backoff_max_ms);
  const auto spread = std::uniform_int_distribution<std::uint32_t>(0, line.backoff_ms / 2)(jitter_);
  line.due = Clock::now() + std::chrono::milliseconds(line.backoff_ms / 2 + spread);
  auto& health = health_[line.peer];
  health.failures++;
  health.up = false;
  health.last_error = std::move(why);
  tell_health(line.peer);
}

void Puller::tell_health(std::size_t peer) {
  health_told_[peer] = Clock::now();
  sink_(health_[peer]);
}

std::unique_ptr<ports::Peers> make_peers(std::vector<Peer> peers, const Limits& limits) {
  return std::make_unique<Puller>(std::move(peers), limits);
}

}  // namespace lockstep::peers
