#include "app/cli/mirror_flow.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace lockstep::app {
namespace {

using mirror::replay::Message;
using mirror::venue::Life;
using mirror::venue::SelfTrade;
using nlohmann::json;

constexpr std::array<std::string_view, 6> kinds{"time", "mark", "funding", "order", "cancel", "settle"};
constexpr std::array<std::string_view, 4> lives{"gtc", "ioc", "fok", "post_only"};
constexpr std::array<std::string_view, 4> self_trades{"cancel_resting", "cancel_incoming", "cancel_both", "decrement"};
static_assert(kinds.size() == static_cast<std::size_t>(Message::Kind::count_));

constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t most_32 = std::numeric_limits<std::uint32_t>::max();

/// Takes members out of an object; what is left at the end was not known.
class Fields {
 public:
  explicit Fields(json object) : object_(std::move(object)) {}

  std::int64_t number(const char* key, std::int64_t from, std::int64_t to) {
    const auto at = object_.find(key);
    if (at == object_.end()) return refuse(std::string("\"") + key + "\" is missing");
    const bool whole = at->is_number_integer() && (!at->is_number_unsigned() || at->get<std::uint64_t>() <= most);
    const std::int64_t value = whole ? at->get<std::int64_t>() : 0;
    if (!whole || value < from || value > to)
      return refuse(std::string("\"") + key + "\" is no whole number of " + std::to_string(from) + " … " +
                    std::to_string(to));
    object_.erase(at);
    return value;
  }
  bool flag(const char* key) {
    const auto at = object_.find(key);
    if (at == object_.end()) return false;
    if (!at->is_boolean()) return refuse(std::string("\"") + key + "\" is neither true nor false") != 0;
    const bool value = *at;
    object_.erase(at);
    return value;
  }
  /// Place of a word in a list; what is left out is the first.
  template <std::size_t n>
  std::size_t word(const char* key, const std::array<std::string_view, n>& words) {
    const auto at = object_.find(key);
    if (at == object_.end()) return 0;
    const auto found = at->is_string() ? std::ranges::find(words, at->get<std::string>()) : words.end();
    if (found == words.end()) {
      std::string known;
      for (const auto one : words) known += (known.empty() ? "" : ", ") + std::string(one);
      return static_cast<std::size_t>(refuse(std::string("\"") + key + "\" is none of " + known));
    }
    object_.erase(at);
    return static_cast<std::size_t>(found - words.begin());
  }
  std::string why() const {
    if (!why_.empty() || object_.empty()) return why_;
    return "unknown key \"" + object_.begin().key() + "\"";
  }

 private:
  std::int64_t refuse(std::string why) {
    if (why_.empty()) why_ = std::move(why);
    return 0;
  }
  json object_;
  std::string why_;
};

mirror::venue::NewOrder read_order(Fields& in) {
  mirror::venue::NewOrder order;
  order.id = static_cast<mirror::OrderId>(in.number("id", 1, most));
  order.market = static_cast<std::uint32_t>(in.number("market", 0, most_32));
  order.account = static_cast<std::uint32_t>(in.number("account", 0, std::numeric_limits<std::int32_t>::max()));
  order.tick = static_cast<std::uint32_t>(in.number("tick", 0, most_32));
  order.lots = in.number("lots", 1, most);
  order.expires = static_cast<std::uint64_t>(in.number("expires", 0, most));
  order.is_buy = in.flag("is_buy");
  order.is_market = in.flag("is_market");
  order.reduce_only = in.flag("reduce_only");
  order.life = static_cast<Life>(in.word("life", lives));
  order.self_trade = static_cast<SelfTrade>(in.word("self_trade", self_trades));
  return order;
}

}  // namespace

json json_of(const Message& message) {
  json line{{"kind", kinds[static_cast<std::size_t>(message.kind)]}};
  const auto& order = message.order;
  switch (message.kind) {
    case Message::Kind::time:
      line["seconds"] = message.number;
      break;
    case Message::Kind::mark:
      line.update({{"market", message.market}, {"price", message.number}});
      break;
    case Message::Kind::funding:
      line.update({{"market", message.market}, {"index", message.number}});
      break;
    case Message::Kind::order:
      line.update({{"id", order.id},
                   {"market", order.market},
                   {"account", order.account},
                   {"tick", order.tick},
                   {"lots", order.lots},
                   {"expires", order.expires},
                   {"is_buy", order.is_buy},
                   {"is_market", order.is_market},
                   {"reduce_only", order.reduce_only},
                   {"life", lives[static_cast<std::size_t>(order.life)]},
                   {"self_trade", self_trades[static_cast<std::size_t>(order.self_trade)]}});
      break;
    case Message::Kind::cancel:
      line.update({{"id", order.id}, {"market", order.market}});
      break;
    case Message::Kind::settle:
    case Message::Kind::count_:
      break;
  }
  return line;
}

Result<Message> read_message(const std::string& line, const std::string& where) {
  constexpr std::size_t longest = 4096;
  json object = line.size() > longest ? json() : json::parse(line, nullptr, false);
  if (!object.is_object()) return fail("a line of flow is no JSON object", where);
  const bool named = object.contains("kind");
  Fields in(std::move(object));
  Message message;
  message.kind = static_cast<Message::Kind>(in.word("kind", kinds));
  if (!named) return fail("a line of flow has no \"kind\"", where);
  switch (message.kind) {
    case Message::Kind::time:
      message.number = in.number("seconds", 0, most);
      break;
    case Message::Kind::mark:
    case Message::Kind::funding:
      message.market = static_cast<std::uint32_t>(in.number("market", 0, most_32));
      message.number =
          message.kind == Message::Kind::mark ? in.number("price", 1, most) : in.number("index", -most, most);
      break;
    case Message::Kind::order:
      message.order = read_order(in);
      message.market = message.order.market;
      break;
    case Message::Kind::cancel:
      message.order.id = static_cast<mirror::OrderId>(in.number("id", 1, most));
      message.order.market = static_cast<std::uint32_t>(in.number("market", 0, most_32));
      message.market = message.order.market;
      break;
    case Message::Kind::settle:
    case Message::Kind::count_:
      break;
  }
  if (const std::string why = in.why(); !why.empty()) return fail("a line of flow is not understood", where, why);
  return message;
}

}  // namespace lockstep::app
