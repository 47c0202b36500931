#include "mirror/narrow/narrow.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "mirror/narrow/paths.hpp"

namespace lockstep::mirror::narrow {
namespace {

/// The least integer that is not below value x factor / divisor, without the intermediate product; the rest times the
/// factor is below 2^63.
std::int64_t share_up(std::int64_t value, std::int64_t factor, std::int64_t divisor) {
  const std::int64_t whole = value / divisor, rest = value % divisor;  // of one sign
  const std::int64_t product = rest * factor;
  return whole * factor + product / divisor + (product % divisor > 0 ? 1 : 0);
}

Worth value_one(const Terms& market, const Columns& in, std::size_t at) {
  if (!market.is_here) return {};
  const auto whole = [](double number) { return static_cast<std::int64_t>(number); };
  const std::int64_t size = in.size[at], worth = size * whole(market.mark), notional = worth < 0 ? -worth : worth;
  const std::int64_t moved = whole(market.funding_index) - in.funding_index[at];
  return {.equity = in.quote[at] + worth - share_up(moved, size, std::int64_t{funding_scale}),
          .initial = share_up(in.worst[at] * whole(market.mark), whole(market.initial_bps), std::int64_t{bps_scale}),
          .maintenance = share_up(notional, whole(market.maintenance_bps), std::int64_t{bps_scale}),
          .closing_fee = share_up(notional, whole(market.fee_ppm), std::int64_t{ppm_scale})};
}

Kernel kernel(Path path) {
  LOCKSTEP_ASSERT(runs_here(path));
#ifdef LOCKSTEP_NARROW_X86
  if (path == Path::avx512) return avx512_kernel;
  if (path == Path::avx2) return avx2_kernel;
#endif
  return nullptr;
}

void value(const Terms* terms, const Columns& in, std::size_t from, std::size_t count, Block& out, Kernel kernel) {
  LOCKSTEP_ASSERT(count <= block_size);
  std::size_t at = kernel == nullptr ? 0 : kernel(terms, in, from, count, out);
  for (; at < count; ++at) out[at] = value_one(terms[in.market[from + at]], in, from + at);
}

}  // namespace

bool fits(const Bounds& bounds) {
  const auto is_below = [](Int a, Int b, Int limit) { return b == 0 || a < limit / b; };
  return bounds.lots < most_lots && bounds.mark < most_exact && bounds.funding < most_exact &&
         bounds.quote < most_quote && is_below(bounds.lots, bounds.mark, most_exact) &&
         is_below(bounds.lots, bounds.funding, most_share * funding_scale) &&
         is_below(bounds.lots * bounds.mark, bounds.most_bps, most_share * bps_scale) &&
         is_below(bounds.lots * bounds.mark, bounds.fee_ppm, most_share * ppm_scale);
}

bool runs_here(Path path) {
  if (path == Path::portable) return true;
#ifdef LOCKSTEP_NARROW_X86
  const bool fma = __builtin_cpu_supports("fma") != 0 && __builtin_cpu_supports("avx2") != 0;
  if (path == Path::avx2) return fma;
  if (path == Path::avx512) return fma && __builtin_cpu_supports("avx512f") != 0;
#endif
  return false;
}

Path best_path() {
  for (const auto path : {Path::avx512, Path::avx2})
    if (runs_here(path)) return path;
  return Path::portable;
}

void value(const Terms* terms, const Columns& in, std::size_t from, std::size_t count, Block& out) {
  static const Kernel best = kernel(best_path());
  value(terms, in, from, count, out, best);
}

void value(const Terms* terms, const Columns& in, std::size_t from, std::size_t count, Block& out, Path path) {
  value(terms, in, from, count, out, kernel(path));
}

}  // namespace lockstep::mirror::narrow
