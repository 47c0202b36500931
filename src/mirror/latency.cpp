#include "mirror/latency.hpp"

#include "base/checked.hpp"

namespace lockstep::mirror {
namespace {

constexpr Int ppm = 1'000'000, ms = 1'000;
constexpr Int full_ppm = 950'000;

Int load_of(const BlockLoad& block) { return ceil_div(Int{block.gas_used} * ppm, Int{block.gas_limit}); }

std::string wrong(std::span<const BlockLoad> blocks) {
  if (blocks.size() <= least_intervals) return "too few blocks to measure";
  for (std::size_t i = 1; i < blocks.size(); ++i) {
    if (blocks[i].time < blocks[i - 1].time) return "a block is older than the one before it";
    if (blocks[i].gas_limit == 0 || blocks[i].gas_used > blocks[i].gas_limit)
      return "a block used more gas than it has room for";
  }
  if (blocks.front().time == blocks.back().time) return "all blocks have one time";
  if (blocks.back().is_full()) return "the newest block is full, and nobody knows when one will have room";
  return {};
}

}  // namespace

bool BlockLoad::is_full() const { return gas_limit == 0 || load_of(*this) >= full_ppm; }

std::expected<Latency, std::string> latency_of(std::span<const BlockLoad> blocks) {
  if (auto refusal = wrong(blocks); !refusal.empty()) return std::unexpected(std::move(refusal));
  Checked math;
  Int load = 0, doubled = 0;  // Σ T (T + 2R)
  UnixSeconds room_at = 0;    // of the first block from here on that is not full
  for (auto i = blocks.size() - 1; i > 0; --i) {
    load += load_of(blocks[i]);
    if (!blocks[i].is_full()) room_at = blocks[i].time;
    const Int interval{blocks[i].time - blocks[i - 1].time}, rest{room_at - blocks[i].time};
    doubled = math.add(doubled, math.mul(interval, math.add(interval, 2 * rest)));
  }
  const Int elapsed{blocks.back().time - blocks.front().time};
  const Int inclusion_ms = ceil_div(math.mul(doubled, ms), 2 * elapsed);
  if (math.overflow()) return std::unexpected("a number is too large");
  return Latency{ceil_div(load, static_cast<Int>(blocks.size() - 1)), inclusion_ms};
}

}  // namespace lockstep::mirror
