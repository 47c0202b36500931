// Who may be asked: proof of the chain, back-off, distrust, preference.
#include "adapters/transport/endpoint_pool.hpp"

#include <algorithm>

#include "adapters/transport/endpoint_flight.hpp"
#include "base/uint256.hpp"

namespace lockstep::transport {
namespace {

constexpr std::size_t max_evidence = 64, max_outstanding = 16;
constexpr std::chrono::minutes forgiven_after{10};
constexpr std::chrono::milliseconds first_grace{200};  // for endpoints that are nearly there when K are up

std::vector<std::string> urls_of(const std::vector<EndpointUrl>& endpoints) {
  std::vector<std::string> urls;
  urls.reserve(endpoints.size());
  for (const auto& endpoint : endpoints) urls.push_back(endpoint.url);
  return urls;
}

}  // namespace

EndpointPool::EndpointPool(const std::vector<EndpointUrl>& endpoints, const PoolOptions& options)
    : options_(options),
      http_(urls_of(endpoints), options.timeout_ms, options.response_cap),
      backoff_(endpoints.size()),
      batch_(endpoints.size()),
      anchor_(options.anchor),
      jitter_(std::random_device{}()) {
  for (const auto& endpoint : endpoints) status_.push_back({.name = endpoint.name, .last_error = "not asked yet"});
}

EndpointPool::~EndpointPool() = default;

std::size_t EndpointPool::up_count() const {
  return static_cast<std::size_t>(std::ranges::count_if(status_, [](const auto& status) { return status.up; }));
}

/// Up, and not already owing us more answers than a good endpoint would.
bool EndpointPool::in_reach(std::size_t endpoint) const {
  const auto owed =
      std::ranges::count_if(flights_, [&](const auto& flight) { return flight.second.endpoint == endpoint; });
  return status_[endpoint].up && static_cast<std::size_t>(owed) < max_outstanding;
}

std::vector<std::size_t> EndpointPool::all_in_reach() const {
  std::vector<std::size_t> all;
  for (std::size_t i = 0; i < status_.size(); ++i) {
    if (in_reach(i)) all.push_back(i);
  }
  return all;
}

/// The preferred one as long as it is in reach and no other is twice as good.
std::optional<std::size_t> EndpointPool::best(const std::set<std::size_t>& without) const {
  std::optional<std::size_t> found;
  const auto cost = [&](std::size_t i) { return status_[i].score() * (i == preferred_ ? 0.5 : 1); };
  for (std::size_t i = 0; i < status_.size(); ++i) {
    if (!in_reach(i) || without.contains(i)) continue;
    if (!found || cost(i) < cost(*found)) found = i;
  }
  return found;
}

std::uint32_t EndpointPool::jittered(std::uint32_t wait_ms) {
  return wait_ms / 2 + std::uniform_int_distribution<std::uint32_t>(0, wait_ms / 2)(jitter_);
}

void EndpointPool::down(std::size_t endpoint, std::string why, std::uint32_t at_least_ms) {
  auto& status = status_[endpoint];
  auto& backoff = backoff_[endpoint];
  status.up = false;
  status.failed();
  status.last_error = std::move(why);
  backoff.wait_ms = std::clamp(backoff.wait_ms * 2, options_.backoff_min_ms, options_.backoff_max_ms);
  const auto wait = std::max(jittered(backoff.wait_ms), at_least_ms);
  backoff.due = std::max(backoff.due, Clock::now() + std::chrono::milliseconds(wait));
}

/// A failure of a whole request, or of a call for a reason that will meet every other call as well.
void EndpointPool::refuse(std::size_t endpoint, const Failure& failure) {
  down(endpoint, to_text(failure), failure.retry_after_s * 1000);
}

void EndpointPool::distrust(std::size_t endpoint, const std::string& method, std::string why) {
  auto& status = status_[endpoint];
  auto& backoff = backoff_[endpoint];
  status.disagreements++;
  if (evidence_.size() == max_evidence) evidence_.pop_front();
  evidence_.push_back({status.name, method, why});
  const auto now = Clock::now();
  if (now - backoff.distrusted > forgiven_after) backoff.distrust_ms = 0;
  backoff.distrusted = now;
  backoff.distrust_ms = std::clamp(backoff.distrust_ms * 2, options_.distrust_min_ms, options_.distrust_max_ms);
  down(endpoint, std::move(why), jittered(backoff.distrust_ms));
}

EndpointPool::Clock::time_point EndpointPool::next_retry() const {
  auto due = Clock::time_point::max();
  for (std::size_t i = 0; i < status_.size(); ++i) {
    if (!status_[i].up) due = std::min(due, backoff_[i].due);
  }
  return due;
}

void EndpointPool::raise(std::size_t endpoint) {
  status_[endpoint].up = true;
  status_[endpoint].last_error.clear();
  backoff_[endpoint].wait_ms = 0;
}

void EndpointPool::vote_anchor(std::size_t endpoint, const std::string& hash) {
  for (auto& [other, voters] : anchor_votes_) voters.erase(endpoint);
  anchor_votes_[hash].insert(endpoint);
  if (anchor_votes_[hash].size() < options_.quorum) {
    return down(endpoint, "its block 0 is " + hash + ", which fewer than " + std::to_string(options_.quorum) +
                              " endpoints have shown until now");
  }
  anchor_ = hash;
  for (const auto& [said, voters] : std::exchange(anchor_votes_, {})) {
    for (const auto voter : voters) {
      if (said == anchor_)
        raise(voter);
      else
        distrust(voter, "eth_getBlockByNumber", "wrong chain: hash of block 0 expected " + anchor_ + ", got " + said);
    }
  }
}

void EndpointPool::admit(std::size_t endpoint, const Answers& answers) {
  const auto& id = answers[0];
  const auto& block = answers[1];
  if (!id) return refuse(endpoint, id.error());
  const auto number = id->is_string() ? parse_quantity(id->get<std::string>()) : std::nullopt;
  if (!number || *number != options_.chain_id) {
    return distrust(endpoint, "eth_chainId",
                    "wrong chain: chain id expected " + std::to_string(options_.chain_id) + ", got " +
                        (number ? to_decimal(*number) : id->dump().substr(0, 80)));
  }
  if (!block || !block->is_object() || !block->contains("hash") || !(*block)["hash"].is_string())
    return down(endpoint, "block 0: " + (block ? "no hash in the answer" : to_text(block.error())));
  const auto hash = (*block)["hash"].get<std::string>();
  if (anchor_.empty()) return vote_anchor(endpoint, hash);
  if (hash != anchor_) {
    return distrust(endpoint, "eth_getBlockByNumber",
                    "wrong chain: hash of block 0 expected " + anchor_ + ", got " + hash);
  }
  raise(endpoint);
}

bool EndpointPool::connect() {
  const auto now = Clock::now();
  std::vector<std::size_t> due;
  for (std::size_t i = 0; i < status_.size(); ++i) {
    const bool probing = std::ranges::any_of(flights_, [&](const auto& entry) {
      return entry.second.endpoint == i && entry.second.round && entry.second.round->probe;
    });
    if (!status_[i].up && backoff_[i].due <= now && !probing) due.push_back(i);
  }
  for (const auto endpoint : due) {
    const auto round = std::make_shared<Round>();
    round->calls = {{"eth_chainId"}, {"eth_getBlockByNumber", {"0x0", false}}};
    round->probe = true;
    send(round, endpoint, 0, round->calls.size());
  }
  const auto probing = [&] {
    return std::ranges::any_of(flights_,
                               [](const auto& entry) { return entry.second.round && entry.second.round->probe; });
  };
  if (usable()) {
    pump(now);
    return usable();
  }
  auto until = Clock::time_point::max();
  while (probing() && Clock::now() < until) {
    pump(until);
    if (usable() && until == Clock::time_point::max()) until = Clock::now() + first_grace;
  }
  return usable();
}

void EndpointPool::rest(Clock::time_point until) {
  if (flights_.empty()) {
    http_.wait(until);
    return;
  }
  pump(until);
}

}  // namespace lockstep::transport
