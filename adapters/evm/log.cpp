#include "adapters/evm/log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/uint256.hpp"

namespace lockstep::evm {
namespace {

using nlohmann::json;

const std::string* text_of(const json& object, const char* key) {
  const auto it = object.find(key);
  return it != object.end() && it->is_string() ? it->get_ptr<const std::string*>() : nullptr;
}

template <class Fixed>
bool read_fixed(const json& object, const char* key, Fixed& out) {
  const auto* text = text_of(object, key);
  const auto value = text != nullptr ? fixed_from_hex<Fixed>(*text) : std::nullopt;
  if (value) out = *value;
  return value.has_value();
}

template <class Integer>
bool read_number(const json& object, const char* key, Integer& out) {
  const auto* text = text_of(object, key);
  const auto value = text != nullptr ? parse_quantity(*text) : std::nullopt;
  if (!value || *value > std::numeric_limits<Integer>::max()) return false;
  out = static_cast<Integer>(*value);
  return true;
}

std::optional<Log> parse_log(const json& item) {
  Log log;
  if (!item.is_object() || item.value("removed", json(false)) != false) return std::nullopt;
  if (!read_fixed(item, "address", log.address) || !read_fixed(item, "blockHash", log.block_hash)) return std::nullopt;
  if (!read_fixed(item, "transactionHash", log.txn) || !read_number(item, "blockNumber", log.block_num))
    return std::nullopt;
  if (!read_number(item, "logIndex", log.index) || !read_number(item, "transactionIndex", log.txn_index))
    return std::nullopt;
  const auto* data = text_of(item, "data");
  auto bytes = data != nullptr ? bytes_from_hex(*data) : std::nullopt;
  const auto topics = item.find("topics");
  if (!bytes || topics == item.end() || !topics->is_array() || topics->size() > 4) return std::nullopt;
  log.data = *std::move(bytes);
  for (const auto& topic : *topics) {
    const auto hash = topic.is_string() ? fixed_from_hex<Hash32>(topic.get_ref<const std::string&>()) : std::nullopt;
    if (!hash) return std::nullopt;
    log.topics.push_back(*hash);
  }
  return log;
}

}  // namespace

Result<std::vector<Log>> parse_logs(const json& answer, const std::vector<Address>& addresses, std::uint64_t from,
                                    std::uint64_t to) {
  if (!answer.is_array()) return fail("logs are not a list");
  std::vector<Log> logs;
  logs.reserve(answer.size());
  for (const auto& item : answer) {
    auto log = parse_log(item);
    if (!log) return fail("a log is malformed", {}, item.dump().substr(0, 200));
    if (!std::ranges::binary_search(addresses, log->address))
      return fail("a log of an address not asked for", {}, to_hex(log->address));
    if (log->block_num < from || log->block_num > to) {
      return fail("a log outside the range asked for", {},
                  fmt::format("block {}, asked {} to {}", log->block_num, from, to));
    }
    if (!logs.empty() && std::pair(logs.back().block_num, logs.back().index) >= std::pair(log->block_num, log->index)) {
      return fail("logs are not in order", {}, fmt::format("block {} log {}", log->block_num, log->index));
    }
    logs.push_back(*std::move(log));
  }
  return logs;
}

}  // namespace lockstep::evm
