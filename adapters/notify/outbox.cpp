#include "adapters/notify/outbox.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace lockstep::notify {
namespace {

std::string said(const Message& message) { return message.type + "\n" + message.plan + "\n" + message.title; }

}  // namespace

void Outbox::offer(Message message, std::uint64_t now_ms) {
  std::erase_if(told_, [&](const auto& entry) { return entry.second + limits_.same_within_ms <= now_ms; });
  if (!told_.emplace(said(message), now_ms).second) {
    ++counters_.repeated;
    return;
  }
  pending_.push_back(std::move(message));
  if (pending_.size() <= limits_.pending) return;
  const auto least = std::ranges::min_element(pending_, {}, [](const auto& one) { return one.severity; });
  pending_.erase(least);
  ++counters_.dropped;
}

void Outbox::refill(std::uint64_t now_ms) {
  const auto most = static_cast<double>(limits_.burst);
  if (!started_) {
    tokens_ = most;
    started_ = true;
  } else if (now_ms > tokens_at_ms_) {
    const auto gained =
        static_cast<double>(now_ms - tokens_at_ms_) * static_cast<double>(limits_.per_minute) / 60'000.0;
    tokens_ = std::min(most, tokens_ + gained);
  }
  tokens_at_ms_ = now_ms;
}

void Outbox::expire(std::uint64_t now_ms) {
  while (!pending_.empty() && pending_.front().time_ms + limits_.give_up_after_ms <= now_ms) {
    pending_.pop_front();
    ++counters_.expired;
    retry_at_ms_ = wait_ms_ = 0;
  }
}

const Message* Outbox::due(std::uint64_t now_ms) {
  refill(now_ms);
  expire(now_ms);
  if (pending_.empty() || retry_at_ms_ > now_ms || tokens_ < 1) return nullptr;
  return &pending_.front();
}

std::optional<std::uint64_t> Outbox::next_ms(std::uint64_t now_ms) const {
  if (pending_.empty()) return std::nullopt;
  auto at = std::max(now_ms, retry_at_ms_);
  if (started_ && tokens_ < 1) {
    const auto wait = (1 - tokens_) * 60'000.0 / static_cast<double>(limits_.per_minute);
    at = std::max(at, tokens_at_ms_ + static_cast<std::uint64_t>(std::ceil(wait)));
  }
  return at;
}

void Outbox::delivered(std::uint64_t now_ms) {
  refill(now_ms);
  tokens_ = std::max(0.0, tokens_ - 1);
  pending_.pop_front();
  ++counters_.delivered;
  retry_at_ms_ = wait_ms_ = 0;
}

void Outbox::failed(std::uint64_t now_ms, bool for_good, double jitter) {
  if (for_good) {
    pending_.pop_front();
    ++counters_.rejected;
    retry_at_ms_ = wait_ms_ = 0;
    return;
  }
  ++counters_.failed;
  wait_ms_ = wait_ms_ == 0 ? limits_.retry_first_ms : std::min(wait_ms_ * 2, limits_.retry_longest_ms);
  retry_at_ms_ = now_ms + wait_ms_ / 2 + static_cast<std::uint64_t>(static_cast<double>(wait_ms_ / 2) * jitter);
}

std::string Outbox::save() const {
  auto pending = nlohmann::json::array();
  for (const auto& message : pending_) pending.push_back(to_json(message));
  return nlohmann::json{{"schema", "lockstep.outbox/1"}, {"cursor", cursor}, {"pending", pending}}.dump(
      -1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::optional<Outbox> Outbox::load(const std::string& text, OutboxLimits limits) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  const bool good = json.is_object() && json.value("schema", "") == "lockstep.outbox/1" && json.contains("cursor") &&
                    json["cursor"].is_number_unsigned() && json.contains("pending") && json["pending"].is_array();
  if (!good) return std::nullopt;
  Outbox outbox(limits);
  outbox.cursor = json["cursor"].get<std::uint64_t>();
  for (const auto& one : json["pending"]) {
    auto message = message_from(one);
    if (!message) return std::nullopt;
    outbox.told_.emplace(said(*message), message->time_ms);
    outbox.pending_.push_back(std::move(*message));
  }
  return outbox;
}

}  // namespace lockstep::notify
