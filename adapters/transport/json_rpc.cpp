#include "adapters/transport/json_rpc.hpp"

#include <algorithm>
#include <optional>

#include "base/bytes.hpp"
#include "base/json_nesting.hpp"
#include "base/text.hpp"

namespace lockstep::transport {
namespace {

using nlohmann::json;

std::unexpected<Failure> malformed(std::string detail) {
  return std::unexpected(Failure{.kind = FailureKind::malformed, .detail = std::move(detail)});
}

// Never within a character: what is no UTF-8 could not be shown as JSON again.
std::string clipped(const std::string& text) {
  constexpr std::size_t most = 300;
  constexpr std::string_view ellipsis = "…";
  if (text.size() <= most) return text;
  return text.substr(0, character_start(text, most - ellipsis.size())).append(ellipsis);
}

/// error.data is text on some clients and an object that holds it on others.
std::string text_of_data(const json& error) {
  const auto data = error.find("data");
  if (data == error.end()) return "";
  if (data->is_string()) return data->get<std::string>();
  if (data->is_object() && data->contains("data") && (*data)["data"].is_string())
    return (*data)["data"].get<std::string>();
  return "";
}

bool says_reverted(std::string_view text) {
  static constexpr std::string_view word = "revert";
  const auto alike = [](char a, char b) { return (a | 0x20) == b; };
  return std::ranges::search(text, word, alike).begin() != text.end();
}

/// A revert is told in several forms. geth: code 3 with data, before go-ethereum#31456 -32000 and no data where there
/// are no bytes; Nethermind: -32000, before it -32015 and "Reverted 0x…" as data; and "0x" as data of what is no
/// revert.
void read_revert(const json& error, Failure& failure) {
  static constexpr std::string_view prefix = "Reverted ";
  const auto data = text_of_data(error);
  const bool worded = says_reverted(failure.detail) || says_reverted(data);
  const auto bytes = bytes_from_hex(std::string_view(data).substr(data.starts_with(prefix) ? prefix.size() : 0));
  failure.reverted = failure.code == 3 || worded || (bytes && !bytes->empty());
  if (failure.reverted && bytes && !bytes->empty()) failure.data = to_hex(*bytes);
}

std::expected<Failure, Failure> error_of(const json& error) {
  if (!error.is_object() || !error.contains("code") || !error["code"].is_number_integer() ||
      !error.contains("message") || !error["message"].is_string()) {
    return malformed("error without code and message");
  }
  Failure failure{.kind = FailureKind::rpc,
                  .detail = clipped(error["message"].get<std::string>()),
                  .code = error["code"].get<std::int64_t>()};
  read_revert(error, failure);
  return failure;
}

json envelope(const RpcCall& call, std::uint64_t id) {
  return {{"jsonrpc", "2.0"}, {"id", id}, {"method", call.method}, {"params", call.params}};
}

/// The result of a member, or the error in it (an answer), or why it is no member (no answer).
std::expected<RpcAnswer, Failure> answer_of(json& item) {
  const bool has_error = item.contains("error") && !item["error"].is_null();
  if (has_error == item.contains("result")) return malformed("not exactly one of result and error");
  if (!has_error) return RpcAnswer(std::move(item["result"]));
  auto error = error_of(item["error"]);
  if (!error) return std::unexpected(error.error());
  return RpcAnswer(std::unexpected(*std::move(error)));
}

}  // namespace

std::string encode_call(const RpcCall& call, std::uint64_t id) { return envelope(call, id).dump(); }

RpcAnswer decode_call(std::string_view body, std::uint64_t id) {
  if (nests_too_deep(body)) return malformed("nested more than " + std::to_string(max_json_nesting) + " deep");
  auto item = json::parse(body, nullptr, false);
  if (!item.is_object() || item.value("jsonrpc", json()) != "2.0") return malformed("not a JSON-RPC 2.0 answer");
  const bool has_error = item.contains("error") && !item["error"].is_null();
  // What could not be read has no id to answer with.
  if (item.value("id", json()) != id && !(has_error && item.value("id", json()).is_null()))
    return malformed("an id that was not asked for");
  auto answer = answer_of(item);
  if (!answer) return std::unexpected(answer.error());
  return *std::move(answer);
}

std::string encode_batch(std::span<const RpcCall> calls, std::uint64_t first_id) {
  json batch = json::array();
  for (const auto& call : calls) {
    batch.push_back(envelope(call, first_id++));
  }
  return batch.dump();
}

RpcAnswers decode_batch(std::string_view body, std::size_t count, std::uint64_t first_id) {
  if (nests_too_deep(body)) return malformed("nested more than " + std::to_string(max_json_nesting) + " deep");
  auto batch = json::parse(body, nullptr, false);
  if (batch.is_discarded()) return malformed("not JSON");
  if (batch.is_object() && batch.contains("error")) {
    auto error = error_of(batch["error"]);
    return std::unexpected(error ? *error : error.error());
  }
  if (!batch.is_array()) return malformed("not a batch");
  if (batch.size() != count)
    return malformed(std::to_string(batch.size()) + " answers to " + std::to_string(count) + " calls");
  std::vector<std::optional<RpcAnswer>> slots(count);
  for (auto& item : batch) {
    if (!item.is_object() || item.value("jsonrpc", json()) != "2.0") return malformed("a member is not JSON-RPC 2.0");
    const auto id = item.find("id");
    if (id == item.end() || !id->is_number_unsigned()) return malformed("a member without a numeric id");
    const auto number = id->get<std::uint64_t>();
    if (number < first_id || number - first_id >= count) return malformed("an id that was not asked for");
    auto& slot = slots[number - first_id];
    if (slot) return malformed("an id answered twice");
    auto answer = answer_of(item);
    if (!answer) return std::unexpected(answer.error());
    slot = *std::move(answer);
  }
  std::vector<RpcAnswer> answers;
  answers.reserve(count);
  for (auto& slot : slots) answers.push_back(*std::move(slot));
  return answers;
}

}  // namespace lockstep::transport
