#include "adapters/transport/hint_talk.hpp"

#include <nlohmann/json.hpp>

#include "base/json_nesting.hpp"
#include "base/uint256.hpp"

namespace lockstep::transport {
namespace {

using nlohmann::json;

constexpr unsigned most_strangers = 16;
enum Id : std::uint8_t { chain_id = 1, block_0 = 2, heads = 3 };

std::string call(Id id, const char* method, json params) {
  return json{{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", std::move(params)}}.dump();
}

const json& member(const json& object, const char* key) {
  static const json none;
  if (!object.is_object()) return none;
  const auto it = object.find(key);
  return it == object.end() ? none : *it;
}

bool is(const json& value, std::string_view text) {
  return value.is_string() && value.get_ref<const std::string&>() == text;
}

}  // namespace

std::vector<std::string> HintTalk::opening() {
  return {call(Id::chain_id, "eth_chainId", json::array()),
          call(Id::block_0, "eth_getBlockByNumber", json::array({"0x0", false}))};
}

std::string HintTalk::subscription() { return call(Id::heads, "eth_subscribe", json::array({"newHeads"})); }

HintTalk::Step HintTalk::end(std::string why) {
  why_ = std::move(why);
  return Step::end;
}

HintTalk::Step HintTalk::take(std::string_view message) {
  if (nests_too_deep(message)) return end("a message nests too deep");
  const auto said = json::parse(message, nullptr, false);
  if (said.is_discarded()) return end("a message is not JSON");
  if (subscription_ && is(member(said, "method"), "eth_subscription")) {
    if (is(member(member(said, "params"), "subscription"), *subscription_)) return Step::hint;
  } else if (const auto& id = member(said, "id"); id.is_number_unsigned() && !subscription_) {
    const auto& result = member(said, "result");
    if (id == Id::chain_id && !chain_shown_) {
      const auto number = result.is_string() ? parse_quantity(result.get<std::string>()) : std::nullopt;
      if (!number || *number != chain_id_) return end("wrong chain: another chain id");
      chain_shown_ = true;
      return chain_shown_ && anchor_shown_ ? Step::send : Step::wait;
    }
    if (id == Id::block_0 && !anchor_shown_) {
      if (!is(member(result, "hash"), anchor_)) return end("wrong chain: another block 0");
      anchor_shown_ = true;
      return chain_shown_ && anchor_shown_ ? Step::send : Step::wait;
    }
    if (id == Id::heads && chain_shown_ && anchor_shown_) {
      if (!result.is_string() || result.get_ref<const std::string&>().size() > 128)
        return end("it gives no subscription");
      subscription_ = result.get<std::string>();
      return Step::subscribed;
    }
  }
  return ++strangers_ > most_strangers ? end("too many messages that nobody asked for") : Step::wait;
}

}  // namespace lockstep::transport
