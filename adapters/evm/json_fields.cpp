#include "adapters/evm/json_fields.hpp"

#include <limits>

#include "adapters/transport/failure.hpp"

namespace lockstep::evm {
namespace {

constexpr std::size_t max_topics = 4;

/// The value of a hex digit; what is none makes `bad` true. Without a table, so that many are read side by side.
inline std::uint8_t digit(std::uint8_t c, std::uint8_t& bad) {
  const auto decimal = static_cast<std::uint8_t>(c - '0'), letter = static_cast<std::uint8_t>((c | 0x20) - 'a');
  const bool is_decimal = decimal < 10, is_letter = letter < 6;
  bad |= static_cast<std::uint8_t>(!is_decimal & !is_letter);
  return is_decimal ? decimal : static_cast<std::uint8_t>(letter + 10);
}

/// The digits of a string "0x…" as it stands in the text: escapes are none of ours.
std::optional<std::string_view> digits(od::value value) {
  std::string_view token = value.raw_json_token();
  while (!token.empty() && token.back() <= ' ') token.remove_suffix(1);
  if (token.size() < 4 || !token.starts_with("\"0x") || token.back() != '"') return std::nullopt;
  return token.substr(3, token.size() - 4);
}

bool decode(std::string_view text, std::uint8_t* out) {
  std::uint8_t bad = 0;
  const auto* in = reinterpret_cast<const std::uint8_t*>(text.data());
  for (std::size_t i = 0; i < text.size() / 2; ++i) {
    const auto high = digit(in[2 * i], bad), low = digit(in[2 * i + 1], bad);
    out[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return text.size() % 2 == 0 && bad == 0;
}

simdjson::padded_string_view padded(std::string& body) {
  body.reserve(body.size() + simdjson::SIMDJSON_PADDING);
  return simdjson::padded_string_view(body.data(), body.size(), body.capacity());
}

}  // namespace

bool read_bytes(od::value value, std::span<std::uint8_t> out) {
  const auto text = digits(value);
  return text && text->size() == 2 * out.size() && decode(*text, out.data());
}

bool read(od::value value, Bytes& out) {
  const auto text = digits(value);
  if (!text) return false;
  out.resize(text->size() / 2);
  return decode(*text, out.data());
}

bool read(od::value value, std::uint64_t& out) {
  const auto text = digits(value);
  if (!text || text->empty() || text->size() > 16) return false;
  out = 0;
  std::uint8_t bad = 0;
  for (const auto c : *text) out = out << 4 | (digit(static_cast<std::uint8_t>(c), bad) & 0xf);
  return bad == 0;
}

bool read(od::value value, std::uint32_t& out) {
  std::uint64_t number = 0;
  if (!read(value, number) || number > std::numeric_limits<std::uint32_t>::max()) return false;
  out = static_cast<std::uint32_t>(number);
  return true;
}

bool read(od::value value, std::vector<Hash32>& topics) {
  topics.clear();
  return each_element(
      value, [&](od::value topic) { return topics.size() < max_topics && read(topic, topics.emplace_back()); });
}

bool is_null(od::value& value) {
  bool null = false;
  return value.is_null().get(null) == simdjson::SUCCESS && null;
}

std::unexpected<NoAnswer> malformed(std::string why) {
  return std::unexpected(NoAnswer{NoAnswer::Kind::malformed, std::move(why)});
}

NoAnswer refusal(od::value error) {
  std::int64_t code = 0;
  std::string message = "an error without a message";
  each_field(error, [&](std::string_view key, od::value field) {
    std::string_view text;
    if (key == "code" && field.get_int64().get(code) != simdjson::SUCCESS) code = 0;
    if (key == "message" && field.get_string().get(text) == simdjson::SUCCESS) message = text.substr(0, 300);
    return true;
  });
  const transport::Failure failure{.kind = transport::FailureKind::rpc, .detail = message, .code = code};
  const bool unknown = transport::limit_of(failure) == transport::Limit::unknown_method;
  const auto kind = unknown                             ? NoAnswer::Kind::unknown_method
                    : transport::asks_for_less(failure) ? NoAnswer::Kind::too_much
                                                        : NoAnswer::Kind::absent;
  return {kind, "rpc error " + std::to_string(code) + ": " + message};
}

bool open(std::string& body, od::document& document, od::value& root) {
  thread_local od::parser parser;  // its buffers grow to the largest answer and are used again
  return parser.iterate(padded(body)).get(document) == simdjson::SUCCESS &&
         document.get_value().get(root) == simdjson::SUCCESS;
}

}  // namespace lockstep::evm
