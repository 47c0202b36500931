#include "adapters/evm/log.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "adapters/evm/json_fields.hpp"

namespace lockstep::evm {
namespace {

bool is_false(od::value value) {
  bool flag = true;
  return value.get_bool().get(flag) == simdjson::SUCCESS && !flag;
}

bool read_log(od::value value, Log& log) {
  unsigned seen = 0;
  const bool good = each_field(value, [&](std::string_view key, od::value field) {
    if (key == "address") return seen |= 1U, read(field, log.address);
    if (key == "topics") return seen |= 2U, read(field, log.topics);
    if (key == "data") return seen |= 4U, read(field, log.data);
    if (key == "blockNumber") return seen |= 8U, read(field, log.block_num);
    if (key == "blockHash") return seen |= 16U, read(field, log.block_hash);
    if (key == "transactionHash") return seen |= 32U, read(field, log.txn);
    if (key == "transactionIndex") return seen |= 64U, read(field, log.txn_index);
    if (key == "logIndex") return seen |= 128U, read(field, log.index);
    return key != "removed" || is_false(field);
  });
  return good && seen == 255U;
}

/// What is wrong with the last of them.
std::string trouble(const std::vector<Log>& logs, const std::vector<Address>& addresses, std::uint64_t from,
                    std::uint64_t to) {
  const auto& log = logs.back();
  if (!std::ranges::binary_search(addresses, log.address))
    return "a log of an address not asked for: " + to_hex(log.address);
  if (log.block_num < from || log.block_num > to)
    return fmt::format("a log outside the range asked for: of block {}, asked {} to {}", log.block_num, from, to);
  const auto place = [](const Log& one) { return std::pair(one.block_num, one.index); };
  if (logs.size() > 1 && place(logs[logs.size() - 2]) >= place(log))
    return fmt::format("logs are not in order: block {} log {}", log.block_num, log.index);
  return {};
}

bool is_list(od::value& value) {
  od::json_type type{};
  return value.type().get(type) == simdjson::SUCCESS && type == od::json_type::array;
}

bool read_raw(od::value value, std::string& out) {
  od::object object;
  std::string_view text;
  if (value.get_object().get(object) != simdjson::SUCCESS || object.raw_json().get(text) != simdjson::SUCCESS)
    return false;
  out = text;
  return true;
}

}  // namespace

std::expected<LogsAndBlock, NoAnswer> parse_logs(std::string& body, const std::vector<Address>& addresses,
                                                 std::uint64_t from, std::uint64_t to) {
  od::document document;
  od::value root;
  if (!open(body, document, root)) return malformed("not JSON");
  LogsAndBlock found;
  bool has_logs = false;
  std::string why;
  const auto read_logs = [&](od::value list) {
    has_logs = true;
    return each_element(list, [&](od::value one) {
      why = read_log(one, found.logs.emplace_back()) ? trouble(found.logs, addresses, from, to) : "a log is malformed";
      return why.empty();
    });
  };
  std::optional<NoAnswer> none;
  if (!is_list(root)) {  // one answer to all of it
    none = answer(root, "an answer to the batch", [](od::value) { return false; });
    return std::unexpected(*std::move(none));
  }
  const bool batch = each_element(root, [&](od::value one) {
    none = answer(one, "logs and a block", [&](od::value result) {
      return is_list(result) && !has_logs ? read_logs(result) : found.block.empty() && read_raw(result, found.block);
    });
    return !none;
  });
  if (!why.empty()) return malformed(std::move(why));
  if (none) return std::unexpected(*std::move(none));
  if (!batch || !has_logs || found.block.empty()) return malformed("not an answer to the batch");
  return found;
}

}  // namespace lockstep::evm
