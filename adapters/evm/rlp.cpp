#include "adapters/evm/rlp.hpp"

#include <algorithm>

namespace lockstep::evm::rlp {
namespace {

constexpr std::size_t max_depth = 64;
constexpr std::uint8_t short_text = 0x80, short_list = 0xc0;
constexpr std::size_t max_short = 55;

// `base` is the tag of the short form; the long form's tag plus the width of the length is 55 above it.
void put_length(Bytes& out, std::size_t length, std::uint8_t base) {
  if (length <= max_short) {
    out.push_back(static_cast<std::uint8_t>(base + length));
    return;
  }
  unsigned width = 0;
  for (std::size_t rest = length; rest != 0; rest >>= 8) ++width;
  out.push_back(static_cast<std::uint8_t>(base + max_short + width));
  for (unsigned i = width; i-- > 0;) out.push_back(static_cast<std::uint8_t>(length >> (8 * i)));
}

std::size_t head_size(std::size_t length) {
  std::size_t size = 1;
  if (length > max_short)
    for (std::size_t rest = length; rest != 0; rest >>= 8) ++size;
  return size;
}

bool is_own_encoding(BytesView bytes) { return bytes.size() == 1 && bytes[0] < short_text; }

std::size_t encoded_size(const Item& item);

std::size_t payload_size(const Item& item) {
  if (!item.list) return item.bytes.size();
  std::size_t size = 0;
  for (const auto& member : item.items) size += encoded_size(member);
  return size;
}

std::size_t encoded_size(const Item& item) {
  if (!item.list && is_own_encoding(item.bytes)) return 1;
  const auto size = payload_size(item);
  return head_size(size) + size;
}

void put(Bytes& out, const Item& item) {
  if (!item.list && is_own_encoding(item.bytes)) {
    out.push_back(item.bytes[0]);
    return;
  }
  put_length(out, payload_size(item), item.list ? short_list : short_text);
  if (!item.list) append(out, item.bytes);
  for (const auto& member : item.items) put(out, member);
}

struct Head {
  bool list = false;
  std::size_t at = 0, length = 0;  // of the payload
};

// The item that starts `input`; its payload lies within it and its length is written in the shortest way.
std::optional<Head> read_head(BytesView input) {
  if (input.empty()) return std::nullopt;
  const std::uint8_t tag = input[0];
  Head head{.list = tag >= short_list, .at = 0, .length = 1};
  if (tag < short_text) return head;
  const std::uint8_t base = head.list ? short_list : short_text;
  head.at = 1;
  head.length = tag - base;
  if (head.length > max_short) {
    const std::size_t width = head.length - max_short;
    if (input.size() < 1 + width || input[1] == 0) return std::nullopt;
    head.at = 1 + width;
    head.length = 0;
    for (std::size_t i = 1; i <= width; ++i) head.length = head.length << 8 | input[i];
    if (head.length <= max_short) return std::nullopt;
  }
  if (head.length > input.size() - head.at) return std::nullopt;
  if (!head.list && is_own_encoding(input.subspan(head.at, head.length))) return std::nullopt;
  return head;
}

// Reads one item from the front of `input` and takes it off.
bool take(BytesView& input, Item& item, std::size_t depth) {
  const auto head = read_head(input);
  if (!head || depth > max_depth) return false;
  auto payload = input.subspan(head->at, head->length);
  input = input.subspan(head->at + head->length);
  item.list = head->list;
  if (!head->list) {
    item.bytes.assign(payload.begin(), payload.end());
    return true;
  }
  while (!payload.empty())
    if (!take(payload, item.items.emplace_back(), depth + 1)) return false;
  return true;
}

}  // namespace

Item text(BytesView bytes) { return {.list = false, .bytes = {bytes.begin(), bytes.end()}, .items = {}}; }

Item integer(const Uint256& value) {
  const auto word = to_word(value);
  const auto first = std::ranges::find_if(word.bytes, [](std::uint8_t byte) { return byte != 0; });
  return {.list = false, .bytes = {first, word.bytes.end()}, .items = {}};
}

Item sequence(std::vector<Item> items) { return {.list = true, .bytes = {}, .items = std::move(items)}; }

Bytes encode(const Item& item) {
  Bytes out;
  out.reserve(encoded_size(item));
  put(out, item);
  return out;
}

Bytes minimal(std::uint64_t value) {
  Bytes out;
  for (unsigned width = 8; width-- > 0;) {
    const auto byte = static_cast<std::uint8_t>(value >> (8 * width));
    if (byte != 0 || !out.empty()) out.push_back(byte);
  }
  return out;
}

std::size_t size_of_text(BytesView bytes) {
  return is_own_encoding(bytes) ? 1 : head_size(bytes.size()) + bytes.size();
}

std::size_t size_of_list(std::size_t payload) { return head_size(payload) + payload; }

void put_text(Bytes& out, BytesView bytes) {
  if (!is_own_encoding(bytes)) put_length(out, bytes.size(), short_text);
  append(out, bytes);
}

void put_list_head(Bytes& out, std::size_t payload) { put_length(out, payload, short_list); }

std::optional<Item> decode(BytesView input) {
  Item item;
  if (!take(input, item, 0) || !input.empty()) return std::nullopt;
  return item;
}

}  // namespace lockstep::evm::rlp
