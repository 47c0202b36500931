#include "adapters/evm/log_page.hpp"

#include <algorithm>

namespace lockstep::evm {
namespace {

// Numbers are little-endian; lists have their length in front.
constexpr std::size_t most_topics = 4;

void put(Bytes& out, std::uint64_t value, unsigned bytes) {
  for (unsigned i = 0; i < bytes; ++i) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

/// Reads what encode() wrote; `good` falls when there is less than that.
class Decoder {
 public:
  explicit Decoder(BytesView bytes) : left_(bytes) {}
  bool good() const { return good_; }
  bool ended() const { return good_ && left_.empty(); }
  std::uint64_t number(unsigned bytes) {
    std::uint64_t value = 0;
    const auto part = take(bytes);
    for (std::size_t i = 0; i < part.size(); ++i) value |= std::uint64_t{part[i]} << (8 * i);
    return value;
  }
  std::uint32_t number32() { return static_cast<std::uint32_t>(number(4)); }
  template <class Fixed>
  Fixed fixed() {
    Fixed value;
    std::ranges::copy(take(Fixed::size), value.bytes.begin());
    return value;
  }
  Bytes bytes(std::size_t count) {
    const auto part = take(count);
    return {part.begin(), part.end()};
  }

 private:
  BytesView take(std::size_t count) {
    good_ = good_ && count <= left_.size();
    if (!good_) return {};
    const auto part = left_.first(count);
    left_ = left_.subspan(count);
    return part;
  }
  BytesView left_;
  bool good_ = true;
};

bool well_formed(const LogPage& page) {
  const auto place = [](const Log& log) { return std::pair(log.block_num, log.index); };
  const auto inside = [&](const Log& log) { return log.block_num >= page.from && log.block_num <= page.upto.num; };
  return page.from <= page.upto.num && std::ranges::is_sorted(page.also) && std::ranges::all_of(page.logs, inside) &&
         std::ranges::adjacent_find(page.logs, std::ranges::greater_equal{}, place) == page.logs.end();
}

}  // namespace

Bytes encode(const LogPage& page) {
  Bytes out;
  put(out, page.from, 8);
  put(out, page.upto.num, 8);
  put(out, page.upto.time, 8);
  append(out, page.upto.hash.view());
  put(out, page.also.size(), 4);
  for (const auto& address : page.also) append(out, address.view());
  put(out, page.logs.size(), 4);
  for (const auto& log : page.logs) {
    append(out, log.address.view());
    put(out, log.block_num, 8);
    append(out, log.block_hash.view());
    append(out, log.txn.view());
    put(out, log.index, 4);
    put(out, log.txn_index, 4);
    put(out, log.topics.size(), 1);
    for (const auto& topic : log.topics) append(out, topic.view());
    put(out, log.data.size(), 4);
    append(out, log.data);
  }
  return out;
}

std::optional<LogPage> decode_log_page(BytesView bytes) {
  Decoder in(bytes);
  LogPage page;
  page.from = in.number(8);
  page.upto.num = in.number(8);
  page.upto.time = in.number(8);
  page.upto.hash = in.fixed<Hash32>();
  for (auto count = in.number32(); in.good() && count > 0; --count) page.also.push_back(in.fixed<Address>());
  for (auto count = in.number32(); in.good() && count > 0; --count) {
    auto& log = page.logs.emplace_back();
    log.address = in.fixed<Address>();
    log.block_num = in.number(8);
    log.block_hash = in.fixed<Hash32>();
    log.txn = in.fixed<Hash32>();
    log.index = in.number32();
    log.txn_index = in.number32();
    const auto topics = in.number(1);
    if (topics > most_topics) return std::nullopt;
    for (std::uint64_t i = 0; i < topics; ++i) log.topics.push_back(in.fixed<Hash32>());
    log.data = in.bytes(in.number32());
  }
  if (!in.ended() || !well_formed(page)) return std::nullopt;
  return page;
}

}  // namespace lockstep::evm
