#include "mirror/venue/rules.hpp"

namespace lockstep::mirror::venue {
namespace {

bool inside(std::int64_t value, std::int64_t least, std::int64_t most) { return value >= least && value <= most; }

}  // namespace

bool valid(const MarketTerms& terms) {
  std::int64_t last = 0;
  for (const MarginTier& tier : terms.tiers) {
    if (tier.above <= last || !inside(tier.initial_bps, 0, 10'000) || !inside(tier.maintenance_bps, 0, 10'000))
      return false;
    last = tier.above;
  }
  return terms.tick_value >= 1 && terms.lot >= 1 && inside(terms.initial_bps, 1, 10'000) &&
         inside(terms.maintenance_bps, 1, 10'000) && inside(terms.maker_fee_ppm, 0, 1'000'000) &&
         inside(terms.taker_fee_ppm, 0, 1'000'000) && inside(terms.band_bps, 0, 10'000);
}

bool valid(const VenueTerms& terms) {
  const LiquidationTerms& closing = terms.liquidation;
  return inside(terms.collateral_haircut_bps, 0, 10'000) && inside(closing.fee_ppm, 0, 1'000'000) &&
         inside(closing.close_bps, 1, 10'000) && inside(closing.fund_bps, 0, 10'000);
}

const char* to_text(Refusal refusal) {
  switch (refusal) {
    case Refusal::none:
      return "none";
    case Refusal::market:
      return "no such market, or it has no mark";
    case Refusal::account:
      return "no such account";
    case Refusal::id:
      return "the id is not new, or not resting";
    case Refusal::size:
      return "the size is no multiple of the lot or out of range";
    case Refusal::price:
      return "the price is beyond the band";
    case Refusal::expired:
      return "it has expired";
    case Refusal::crosses:
      return "it would trade at once";
    case Refusal::unfilled:
      return "it cannot be filled wholly";
    case Refusal::reduce:
      return "there is nothing to reduce";
    case Refusal::too_many:
      return "too many orders rest";
    case Refusal::margin:
      return "the equity does not cover it";
    case Refusal::isolated:
      return "the position is not isolated, or not flat and without orders";
    case Refusal::healthy:
      return "it is not below its maintenance margin";
  }
  return "unknown";
}

}  // namespace lockstep::mirror::venue
