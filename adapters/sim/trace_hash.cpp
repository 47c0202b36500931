#include "adapters/sim/trace_hash.hpp"

#include "base/keccak256.hpp"

namespace lockstep::sim {
namespace {

constexpr std::size_t block_bytes = 1 << 16;

}  // namespace

void TraceHash::add(std::string_view kind, BytesView data) {
  ++items_;
  const auto size = static_cast<std::uint32_t>(data.size());
  pending_.insert(pending_.end(), kind.begin(), kind.end());
  for (int i = 0; i < 4; ++i) pending_.push_back(static_cast<std::uint8_t>(size >> (8 * i)));
  append(pending_, data);
  if (pending_.size() >= block_bytes) fold();
}

void TraceHash::add(std::string_view kind, std::uint64_t a, std::uint64_t b, std::uint64_t c) {
  std::uint8_t bytes[24];
  for (int i = 0; i < 8; ++i) {
    bytes[i] = static_cast<std::uint8_t>(a >> (8 * i));
    bytes[8 + i] = static_cast<std::uint8_t>(b >> (8 * i));
    bytes[16 + i] = static_cast<std::uint8_t>(c >> (8 * i));
  }
  add(kind, BytesView(bytes, sizeof bytes));
}

void TraceHash::fold() {
  append(pending_, chained_.view());
  chained_ = keccak256(pending_);
  pending_.clear();
}

Hash32 TraceHash::value() {
  if (!pending_.empty()) fold();
  return chained_;
}

}  // namespace lockstep::sim
