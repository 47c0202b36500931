#include "mirror/greeks/exposure.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <tuple>

#include "base/assert.hpp"
#include "base/checked.hpp"
#include "mirror/rounding.hpp"

namespace lockstep::mirror::greeks {
namespace {

constexpr std::array fields = {&FixedGreeks::value, &FixedGreeks::delta, &FixedGreeks::gamma,
                               &FixedGreeks::vega,  &FixedGreeks::theta, &FixedGreeks::rho};

}  // namespace

std::expected<std::vector<Exposure>, ExposureError> exposures(std::span<const Holding> holdings,
                                                              std::span<const FixedGreeks> greeks,
                                                              std::span<const Refusal> refusal) {
  LOCKSTEP_ASSERT(greeks.size() == refusal.size());
  for (std::size_t i = 0; i < holdings.size(); ++i) {
    const auto option = holdings[i].option;
    if (option >= greeks.size()) return std::unexpected(ExposureError{i, Refusal::scale});
    if (refusal[option] != Refusal::none) return std::unexpected(ExposureError{i, refusal[option]});
  }
  std::vector<std::size_t> order(holdings.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto key = [&](std::size_t i) { return std::tie(holdings[i].account, holdings[i].underlying); };
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) { return key(a) != key(b) ? key(a) < key(b) : a < b; });

  std::vector<Exposure> rows;
  for (const auto i : order) {
    const Holding& held = holdings[i];
    if (rows.empty() || rows.back().account != held.account || rows.back().underlying != held.underlying)
      rows.push_back({held.account, held.underlying, {}});
    Checked math;
    for (const auto field : fields) {
      Int& sum = rows.back().sum.*field;
      const Int all = math.mul(held.quantity, greeks[held.option].*field);
      sum = math.add(sum, held.unit == 1 ? all : divide(math, all, held.unit, Rounding::bankers));
    }
    if (math.overflow()) return std::unexpected(ExposureError{i, Refusal::scale});
  }
  return rows;
}

}  // namespace lockstep::mirror::greeks
