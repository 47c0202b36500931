// The parameters of the market: those of the team's own tests where nothing is said, in 18 decimals where they are no seconds.
const hour = 3600n, day = 24n * hour, week = 7n * day;
const decimal = (number) => BigInt(Math.round(number * 1e6)) * 10n ** 12n;

export const spot = decimal(1742.01337);
export const exchangeFees = { ofBase: decimal(0.0075), ofQuote: decimal(0.005) };
/// Far more than the flow can use up, so that a trade is refused for what it is and not for want of liquidity.
export const liquidity = decimal(50_000_000);
export const tradingCutoff = day / 2n;

export const market = {
  maxBoardExpiry: 48n * week, securityModule: '0xefeefeefeefeefeefeefeefeefeefeefeefeefee',
  feePortionReserved: decimal(0.1), staticBaseSettlementFee: exchangeFees.ofBase,
};

export const pool = {
  minDepositWithdraw: decimal(1), depositDelay: week, withdrawalDelay: week, withdrawalFee: decimal(0.01), liquidityCBThreshold: decimal(0.01), liquidityCBTimeout: 3n * day,
  ivVarianceCBThreshold: decimal(0.1), skewVarianceCBThreshold: decimal(0.35), ivVarianceCBTimeout: 12n * hour, skewVarianceCBTimeout: 12n * hour,
  guardianMultisig: '0x0000000000000000000000000000000000000000', guardianDelay: 2n * week, boardSettlementCBTimeout: 6n * hour, maxFeePaid: decimal(0.01),
};

export const greekCache = {
  maxStrikesPerBoard: 30n, acceptableSpotPricePercentMove: decimal(0.05), staleUpdateDuration: 3n * hour, varianceIvGWAVPeriod: day, varianceSkewGWAVPeriod: 3n * day,
  optionValueIvGWAVPeriod: day, optionValueSkewGWAVPeriod: 3n * day, gwavSkewFloor: decimal(0.5), gwavSkewCap: decimal(2), rateAndCarry: decimal(0.05),
};

export const minCollateral = {
  minStaticQuoteCollateral: decimal(200), minStaticBaseCollateral: decimal(0.2), shockVolA: decimal(2.5), shockVolPointA: 2n * week,
  shockVolB: decimal(1.8), shockVolPointB: 8n * week,
  callSpotPriceShock: decimal(1.2), putSpotPriceShock: decimal(0.8),
};

export const forceClose = {
  ivGWAVPeriod: 12n * hour, skewGWAVPeriod: day, shortVolShock: decimal(1.2), shortPostCutoffVolShock: decimal(1.4), longVolShock: decimal(0.8),
  longPostCutoffVolShock: decimal(0.5),
  liquidateVolShock: decimal(1.3), liquidatePostCutoffVolShock: decimal(1.6), shortSpotMin: decimal(0.01), liquidateSpotMin: decimal(0.02),
};

/// standardSize: ten times theirs, so that some hundred trades do not drive the volatility to its limits.
export const pricing = {
  optionPriceFeeCoefficient: decimal(0.01), optionPriceFee1xPoint: 6n * week, optionPriceFee2xPoint: 16n * week,
  spotPriceFeeCoefficient: decimal(0.01), spotPriceFee1xPoint: 6n * week,
  spotPriceFee2xPoint: 12n * week, vegaFeeCoefficient: decimal(100), standardSize: decimal(50), skewAdjustmentFactor: decimal(0.75),
};

/// minDelta: theirs is 0.15; wider here, since the spot price wanders.
export const tradeLimits = {
  minDelta: decimal(0.03), minForceCloseDelta: decimal(0.25), tradingCutoff, minBaseIV: decimal(0.35), maxBaseIV: decimal(2), minSkew: decimal(0.5), maxSkew: decimal(1.5),
  minVol: decimal(0.35), maxVol: decimal(3), absMinSkew: decimal(0.15), absMaxSkew: decimal(5), capSkewsToAbs: false,
};

export const varianceFee = {
  defaultVarianceFeeCoefficient: decimal(0.25), forceCloseVarianceFeeCoefficient: decimal(0.25), skewAdjustmentCoefficient: decimal(3), referenceSkew: decimal(1),
  minimumStaticSkewAdjustment: decimal(1), vegaCoefficient: decimal(0.01), minimumStaticVega: 0n, ivVarianceCoefficient: decimal(1.5), minimumStaticIvVariance: decimal(1),
};

export const partialCollateral = { penaltyRatio: decimal(0.2), liquidatorFeeRatio: decimal(0.4), smFeeRatio: decimal(0.3), minLiquidationFee: decimal(15) };
export const hedger = { interactionDelay: day, hedgeCap: 2n ** 256n - 1n };
export const shortBuffer = decimal(2);

/// Boards of the beginning. weeks: until they expire.
export const boards = [
  { weeks: 3, iv: decimal(1), strikes: [1500, 1750, 2000].map(decimal), skews: [1.05, 1, 1.1].map(decimal) },
  { weeks: 6, iv: decimal(0.9), strikes: [1400, 1800, 2200].map(decimal), skews: [0.95, 1, 1.05].map(decimal) },
];
export const weeks = (count) => BigInt(count) * week;
