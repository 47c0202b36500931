#include "adapters/transport/endpoint_pool.hpp"

#include <algorithm>

#include "base/uint256.hpp"

namespace lockstep::transport {
namespace {

std::vector<std::string> urls_of(const std::vector<EndpointUrl>& endpoints) {
  std::vector<std::string> urls;
  urls.reserve(endpoints.size());
  for (const auto& endpoint : endpoints) urls.push_back(endpoint.url);
  return urls;
}

RpcAnswers none_up() { return std::unexpected(Failure{FailureKind::unreachable, "no endpoint is up", 0, ""}); }

}  // namespace

EndpointPool::EndpointPool(const std::vector<EndpointUrl>& endpoints, const PoolOptions& options)
    : options_(options),
      http_(urls_of(endpoints), options.timeout_ms),
      backoff_(endpoints.size()),
      jitter_(std::random_device{}()) {
  for (const auto& endpoint : endpoints) status_.push_back({.name = endpoint.name, .last_error = "not asked yet"});
}

std::size_t EndpointPool::up_count() const {
  return static_cast<std::size_t>(std::ranges::count_if(status_, [](const auto& status) { return status.up; }));
}

void EndpointPool::down(std::size_t endpoint, std::string why) {
  auto& status = status_[endpoint];
  auto& backoff = backoff_[endpoint];
  status.up = false;
  status.failures++;
  status.last_error = std::move(why);
  backoff.wait_ms = std::clamp(backoff.wait_ms * 2, options_.backoff_min_ms, options_.backoff_max_ms);
  const auto spread = std::uniform_int_distribution<std::uint32_t>(0, backoff.wait_ms / 2)(jitter_);
  backoff.due = Clock::now() + std::chrono::milliseconds(backoff.wait_ms / 2 + spread);
}

void EndpointPool::distrust(std::size_t endpoint, std::string why) {
  status_[endpoint].disagreements++;
  down(endpoint, std::move(why));
}

EndpointPool::Clock::time_point EndpointPool::next_retry() const {
  auto due = Clock::time_point::max();
  for (std::size_t i = 0; i < status_.size(); ++i) {
    if (!status_[i].up) due = std::min(due, backoff_[i].due);
  }
  return due;
}

std::vector<RpcAnswers> EndpointPool::exchange(const std::vector<std::size_t>& endpoints,
                                               const std::vector<RpcCall>& calls) {
  const auto first_id = next_id_;
  next_id_ += calls.size();
  const auto body = encode_batch(calls, first_id);
  std::vector<HttpClient::Post> posts;
  posts.reserve(endpoints.size());
  for (const auto endpoint : endpoints) posts.push_back({endpoint, body});
  const auto began = Clock::now();
  auto replies = http_.post(posts);
  const std::chrono::duration<double> took = Clock::now() - began;
  std::vector<RpcAnswers> all;
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    auto& status = status_[endpoints[i]];
    status.requests += calls.size();
    status.latency_s = took.count();
    if (!replies[i]) {
      down(endpoints[i], to_text(replies[i].error()));
      all.push_back(std::unexpected(replies[i].error()));
      continue;
    }
    auto answers = decode_batch(*replies[i], calls.size(), first_id);
    if (!answers) down(endpoints[i], to_text(answers.error()));
    all.push_back(std::move(answers));
  }
  return all;
}

void EndpointPool::admit(std::size_t endpoint, const RpcAnswers& answers) {
  if (!answers) return;  // already marked down by exchange()
  const auto& id = (*answers)[0];
  const auto& block = (*answers)[1];
  if (!id) return down(endpoint, "eth_chainId: " + to_text(id.error()));
  const auto number = id->is_string() ? parse_quantity(id->get<std::string>()) : std::nullopt;
  if (!number || *number != options_.chain_id) {
    return down(endpoint, "wrong chain: chain id expected " + std::to_string(options_.chain_id) + ", got " +
                              (number ? to_decimal(*number) : id->dump().substr(0, 80)));
  }
  if (!block || !block->is_object() || !block->contains("hash") || !(*block)["hash"].is_string()) {
    return down(endpoint, "block 0: " + (block ? "no hash in the answer" : to_text(block.error())));
  }
  const auto hash = (*block)["hash"].get<std::string>();
  if (anchor_.empty()) {
    for (auto& [other, voters] : anchor_votes_) std::erase(voters, endpoint);
    auto& votes = anchor_votes_[hash];
    votes.push_back(endpoint);
    if (votes.size() >= options_.quorum) anchor_ = hash;
  }
  if (!anchor_.empty() && hash != anchor_) {
    return down(endpoint, "wrong chain: hash of block 0 expected " + anchor_ + ", got " + hash);
  }
  status_[endpoint].up = true;
  status_[endpoint].last_error.clear();
  backoff_[endpoint] = {};
}

bool EndpointPool::connect() {
  std::vector<std::size_t> due;
  const auto now = Clock::now();
  for (std::size_t i = 0; i < status_.size(); ++i) {
    if (!status_[i].up && backoff_[i].due <= now) due.push_back(i);
  }
  if (due.empty()) return usable();
  const auto answers =
      exchange(due, {{"eth_chainId", nlohmann::json::array()}, {"eth_getBlockByNumber", {"0x0", false}}});
  for (std::size_t i = 0; i < due.size(); ++i) admit(due[i], answers[i]);
  // Whoever was admitted before K agreed on the anchor and turns out to differ is on another chain.
  if (!anchor_.empty()) {
    for (const auto& [hash, voters] : anchor_votes_) {
      if (hash == anchor_) continue;
      for (const auto endpoint : voters)
        down(endpoint, "wrong chain: hash of block 0 expected " + anchor_ + ", got " + hash);
    }
    anchor_votes_.clear();
  }
  return usable();
}

RpcAnswers EndpointPool::ask(const std::vector<RpcCall>& calls) {
  RpcAnswers last = none_up();
  for (std::size_t tried = 0; tried < status_.size(); ++tried) {
    const auto endpoint = (preferred_ + tried) % status_.size();
    if (!status_[endpoint].up) continue;
    last = std::move(exchange({endpoint}, calls)[0]);
    if (last) {
      preferred_ = endpoint;
      return last;
    }
  }
  return last;
}

std::map<std::size_t, std::vector<RpcAnswer>> EndpointPool::each(const std::vector<RpcCall>& calls) {
  std::vector<std::size_t> up;
  for (std::size_t i = 0; i < status_.size(); ++i) {
    if (status_[i].up) up.push_back(i);
  }
  std::map<std::size_t, std::vector<RpcAnswer>> all;
  if (up.empty()) return all;
  auto answers = exchange(up, calls);
  for (std::size_t i = 0; i < up.size(); ++i) {
    if (answers[i]) all.emplace(up[i], *std::move(answers[i]));
  }
  return all;
}

RpcAnswers EndpointPool::agreed(const std::vector<RpcCall>& calls) {
  if (options_.quorum <= 1) return ask(calls);
  const auto all = each(calls);
  if (all.empty()) return none_up();
  std::vector<RpcAnswer> result;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    RpcAnswer best = std::unexpected(
        Failure{FailureKind::disagreement,
                calls[i].method + ": fewer than " + std::to_string(options_.quorum) + " equal answers", 0, ""});
    for (const auto& [candidate, answers] : all) {
      // An error is a vote only for an equal error: a revert is an answer, "header not found" from one of three is not.
      const auto same = [&](const RpcAnswer& other) {
        if (answers[i].has_value() != other.has_value()) return false;
        if (other) return *answers[i] == *other;
        return answers[i].error().code == other.error().code && answers[i].error().data == other.error().data;
      };
      const auto votes = std::ranges::count_if(all, [&](const auto& entry) { return same(entry.second[i]); });
      if (static_cast<std::size_t>(votes) < options_.quorum) continue;
      best = answers[i];
      break;
    }
    result.push_back(std::move(best));
  }
  return result;
}

}  // namespace lockstep::transport
