// How the reference exchange feeds the mirror: its events as operations, its views as fields. Text of the protocol file.

const parameters = {
  market: 'market', initial_bps: 'initialBps', maintenance_bps: 'maintenanceBps', maker_fee_ppm: 'makerFeePpm', taker_fee_ppm: 'takerFeePpm',
};
const same = (...names) => Object.fromEntries(names.map((name) => [name, name]));

export const events = [
  ['exchange', 'MarketAdded(uint32 indexed market, uint128 tick, uint32 initialBps, uint32 maintenanceBps, uint32 makerFeePpm, uint32 takerFeePpm)', 'add_market', { ...parameters, tick: 'tick' }],
  ['exchange', 'ParametersChanged(uint32 indexed market, uint32 initialBps, uint32 maintenanceBps, uint32 makerFeePpm, uint32 takerFeePpm)', 'set_parameters', parameters],
  ['oracle', 'PriceUpdated(uint32 indexed market, uint128 price, uint64 time)', 'set_mark', same('market', 'price')],
  ['exchange', 'Deposited(address indexed account, uint256 amount)', 'deposit', same('account', 'amount')],
  ['exchange', 'Withdrawn(address indexed account, uint256 amount)', 'withdraw', same('account', 'amount')],
  ['exchange', 'OrderPlaced(uint64 indexed order, uint32 indexed market, address indexed account, bool isBuy, uint128 price, uint128 size, uint8 timeInForce, bool reduceOnly)', 'place_order',
    { ...same('order', 'market', 'account', 'price', 'size'), is_buy: 'isBuy', time_in_force: 'timeInForce', reduce_only: 'reduceOnly' }],
  ['exchange', 'OrderCancelled(uint64 indexed order, uint128 remaining, uint8 reason)', 'cancel_order', same('order', 'remaining')],
  ['exchange', 'Trade(uint32 indexed market, uint64 indexed makerOrder, uint64 indexed takerOrder, uint128 price, uint128 size, uint256 makerFee, uint256 takerFee)', 'trade',
    { ...same('market', 'price', 'size'), maker_order: 'makerOrder', taker_order: 'takerOrder', maker_fee: 'makerFee', taker_fee: 'takerFee' }],
  ['exchange', 'FundingUpdated(uint32 indexed market, int256 index)', 'set_funding', same('market', 'index')],
  ['exchange', 'FundingSettled(address indexed account, uint32 indexed market, int256 payment, int256 index)', 'settle_funding', same('account', 'market', 'payment', 'index')],
  ['exchange', 'Liquidated(address indexed account, uint32 indexed market, address indexed liquidator, int256 size, uint128 price, uint256 penalty)', 'liquidate',
    same('account', 'market', 'liquidator', 'size', 'price', 'penalty')],
  ['exchange', 'BadDebtCovered(address indexed account, uint256 amount)', 'cover_bad_debt', same('account', 'amount')],
  ['exchange', 'InsuranceChanged(int256 delta)', 'insurance', same('delta')],
].map(([contract, signature, op, bind]) => ({ contract, signature, op, bind }));

export const views = [
  ['global', 'globals() view returns (int256 insurance, uint64 nextOrder, uint32 marketCount)', { insurance: 'insurance', next_order: 'nextOrder' }],
  ['market', 'marketOf(uint32 market) view returns (uint32 initialBps, uint32 maintenanceBps, uint32 makerFeePpm, uint32 takerFeePpm, int256 fundingIndex, uint256 openInterest, uint64 bestBid, uint64 bestAsk)',
    { initial_bps: 'initialBps', maintenance_bps: 'maintenanceBps', maker_fee_ppm: 'makerFeePpm', taker_fee_ppm: 'takerFeePpm', funding_index: 'fundingIndex', open_interest: 'openInterest', best_bid: 'bestBid', best_ask: 'bestAsk' }],
  ['account', 'accountOf(address account) view returns (int256 collateral)', { collateral: 'collateral' }],
  ['account', 'marginOf(address account) view returns (int256 equity, uint256 initial, uint256 maintenance)', { equity: 'equity', initial_margin: 'initial', maintenance_margin: 'maintenance' }],
  ['position', 'positionOf(address account, uint32 market) view returns (int256 size, int256 quote, int256 fundingIndex, uint256 bidLots, uint256 askLots)',
    { size: 'size', quote: 'quote', funding_index: 'fundingIndex', bid_lots: 'bidLots', ask_lots: 'askLots' }],
  ['order', 'orderOf(uint64 order) view returns (address account, uint32 market, bool isBuy, uint128 price, uint128 remaining, uint64 next)',
    { account: 'account', market: 'market', is_buy: 'isBuy', price: 'price', remaining: 'remaining', next: 'next' }],
].map(([table, signature, bind]) => ({ contract: 'exchange', table, signature, bind }));
