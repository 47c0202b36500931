#include "app/idempotency_store.hpp"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "files/durable.hpp"

namespace lockstep::app {
namespace {

using nlohmann::json;

constexpr std::uint64_t kept_s = 86'400;

}  // namespace

IdempotencyStore::IdempotencyStore(std::filesystem::path file, std::size_t most) : file_(std::move(file)), most_(most) {
  std::ifstream input(file_, std::ios::binary);
  const auto known = json::parse(input, nullptr, false);
  if (!known.is_object() || !known.contains("answers") || !known["answers"].is_object()) return;
  for (const auto& [key, one] : known["answers"].items()) {
    if (!one.is_object()) continue;
    const bool good = one.contains("request") && one["request"].is_string() && one.contains("status") &&
                      one["status"].is_number_integer() && one.contains("body") && one["body"].is_string() &&
                      one.contains("at_s") && one["at_s"].is_number_unsigned();
    if (good) entries_[key] = {{one["request"], one["status"], one["body"]}, one["at_s"].get<std::uint64_t>()};
  }
}

std::optional<api::Remembered> IdempotencyStore::recall(const std::string& key, std::uint64_t now_s) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(key);
  if (found == entries_.end() || found->second.at_s + kept_s < now_s) return std::nullopt;
  return found->second.answer;
}

void IdempotencyStore::forget(std::uint64_t now_s) {
  std::erase_if(entries_, [&](const auto& entry) { return entry.second.at_s + kept_s < now_s; });
  while (entries_.size() > most_)
    entries_.erase(std::ranges::min_element(entries_, {}, [](const auto& entry) { return entry.second.at_s; }));
}

std::string IdempotencyStore::text() const {
  json answers = json::object();
  for (const auto& [key, entry] : entries_)
    answers[key] = {{"request", entry.answer.request},
                    {"status", entry.answer.status},
                    {"body", entry.answer.body},
                    {"at_s", entry.at_s}};
  return json{{"schema", "lockstep.idempotency/1"}, {"answers", answers}}.dump(-1, ' ', false,
                                                                               json::error_handler_t::replace);
}

Result<void> IdempotencyStore::remember(const std::string& key, const api::Remembered& answer, std::uint64_t now_s) {
  const std::lock_guard lock(mutex_);
  entries_[key] = {answer, now_s};
  forget(now_s);
  return files::write_durably(file_, text());
}

}  // namespace lockstep::app
