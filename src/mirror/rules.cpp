#include "mirror/rules.hpp"

#include "mirror/state.hpp"

namespace lockstep::mirror {

Rules rules_of(const State& state) {
  Rules rules;
  rules.name = "as it is";
  for (const auto& [id, market] : state.markets) {
    const Parameters& p = market.parameters;
    rules.markets[id] = {{{0, p.initial_bps, p.maintenance_bps}}, p.taker_fee_ppm, p.maker_fee_ppm};
  }
  if (const auto& terms = state.pools.terms) rules.pools = {terms->initial_ppm, terms->maintenance_ppm};
  return rules;
}

std::string check(const Rules& rules) {
  if (rules.collateral_haircut_bps < 0 || rules.collateral_haircut_bps > 10'000)
    return "collateral_haircut_bps is not within 0 … 10000";
  const LiquidationRules& l = rules.liquidation;
  if (l.fee_ppm < 0 || l.fee_ppm > max_ppm) return "liquidation.fee_ppm is not within 0 … 1000000";
  if (l.close_bps < 1 || l.close_bps > 10'000) return "liquidation.close_bps is not within 1 … 10000";
  if (l.fund_bps < 0 || l.fund_bps > 10'000) return "liquidation.fund_bps is not within 0 … 10000";
  const auto share = [](Int value) { return value >= 0 && value <= max_ppm; };
  if (!share(rules.pools.initial_ppm)) return "pools.initial_ppm is not within 0 … 1000000";
  if (!share(rules.pools.maintenance_ppm)) return "pools.maintenance_ppm is not within 0 … 1000000";
  for (const auto& [id, scan] : rules.scans) {
    if (!in_range(scan.price_bps, 1, max_bps) || !in_range(scan.volatility_bps, 0, bps_scale) ||
        !in_range(scan.extreme_bps, bps_scale, max_bps) || !in_range(scan.extreme_cover_bps, 0, bps_scale) ||
        !in_range(scan.short_minimum_bps, 0, bps_scale) || !in_range(scan.initial_bps, bps_scale, max_bps))
      return "scan of market " + std::to_string(id) + ": a share is out of bounds";
  }
  for (const auto& [id, market] : rules.markets) {
    const std::string where = "market " + std::to_string(id) + ": ";
    if (market.tiers.empty() || market.tiers.front().above != 0) return where + "its first tier is not above 0";
    for (std::size_t i = 0; i < market.tiers.size(); ++i) {
      const Tier& tier = market.tiers[i];
      if (i > 0 && tier.above <= market.tiers[i - 1].above) return where + "its tiers do not ascend";
      if (tier.above > max_amount) return where + "a tier begins beyond any position";
      if (tier.initial_bps < 0 || tier.initial_bps > max_bps || tier.maintenance_bps < 0 ||
          tier.maintenance_bps > max_bps)
        return where + "a share is not within 0 … " + to_text(max_bps);
    }
    if (market.taker_fee_ppm < 0 || market.taker_fee_ppm > max_ppm || market.maker_fee_ppm < -max_ppm ||
        market.maker_fee_ppm > max_ppm)
      return where + "a fee is out of range";
  }
  return "";
}

}  // namespace lockstep::mirror
