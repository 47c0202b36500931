// Lyra's on-chain Black-Scholes, as published, on a node of our own. The package's bytes are pinned.
//   node tests/e2e/lyra/lyra.mjs > tests/golden/greeks/lyra.csv      asks the contract again
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Anvil, freePort } from '../lib/anvil.mjs';
import { decodeFunctionResult, encodeFunctionData } from '../lib/packages.mjs';
import { published } from '../lib/published.mjs';
import { Random } from '../lib/random.mjs';

const NAME = '@lyrafinance/protocol', VERSION = '0.1.3-alpha';
const INTEGRITY = 'sha512-oUO/m3kS6Bx0SmVID2PIjZ6RFVfixQV66I8hShuuMOIytehmxQtex5DgtMFDYumoO6MuyoZ18vKtDMHT0HLCXg==';
const SEED = 20261120, COUNT = 400;
const lyra = published(NAME, VERSION, INTEGRITY);
/// A compiled contract of the package.
export const artifact = (path) => lyra(`dist/artifacts/contracts/${path}`);

/// Its bytecode with the addresses of the libraries that it calls; libraries: { name: address }.
export function linked({ bytecode, linkReferences }, libraries) {
  const text = [...bytecode];
  for (const file of Object.values(linkReferences))
    for (const [name, places] of Object.entries(file))
      for (const { start, length } of places) text.splice(2 + 2 * start, 2 * length, ...libraries[name].slice(2));
  return text.join('');
}

async function deploy(rpc, bytecode) {
  const [from] = await rpc.call('eth_accounts');
  const [receipt] = await rpc.mined(await rpc.send([{ from, data: bytecode }]));
  return receipt.contractAddress;
}

/// [{ seconds, volatility, spot, strike, rate }] in 18 decimals: what a market of options on ether would list, and wider.
function options() {
  const random = new Random(SEED);
  const decimals = (value, digits) => BigInt(Math.round(value * 10 ** digits)) * 10n ** BigInt(18 - digits);
  return Array.from({ length: COUNT }, () => {
    const spot = 200 + 4800 * random.unit(), volatility = 0.2 + 1.8 * random.unit(), days = 1 + 364 * random.unit();
    const away = (random.unit() * 7 - 3.5) * volatility * Math.sqrt(days / 365);
    return {
      seconds: BigInt(Math.round(days * 86400)), volatility: decimals(volatility, 4), spot: decimals(spot, 6),
      strike: decimals(spot * Math.exp(away), 2), rate: decimals(random.pick([0, 0.05, -0.02]), 2),
    };
  });
}

/// Rows of seconds, volatility, spot, strike, rate, call, put, call delta, put delta, vega.
export async function rows() {
  const anvil = await new Anvil({ chainId: 31337, port: await freePort(), blockTime: 0.2 }).start();
  try {
    const library = await deploy(anvil.rpc, artifact('libraries/BlackScholes.sol/BlackScholes.json').bytecode);
    const test = artifact('test-helpers/TestBlackScholes.sol/TestBlackScholes.json');
    const to = await deploy(anvil.rpc, linked(test, { BlackScholes: library }));
    const all = options();
    const answers = await anvil.rpc.batch(all.map((o) => ['eth_call', [{
      to,
      data: encodeFunctionData({
        abi: test.abi, functionName: 'pricesDeltaStdVega_pub',
        args: [{ timeToExpirySec: o.seconds, volatilityDecimal: o.volatility, spotDecimal: o.spot, strikePriceDecimal: o.strike, rateDecimal: o.rate }],
      }),
    }, 'latest']]));
    return all.map((o, i) => {
      const got = decodeFunctionResult({ abi: test.abi, functionName: 'pricesDeltaStdVega_pub', data: answers[i] });
      return [o.seconds, o.volatility, o.spot, o.strike, o.rate, got.callPrice, got.putPrice, got.callDelta, got.putDelta, got.vega];
    });
  } finally {
    await anvil.stop();
  }
}

export function csv(list) {
  return [
    `# Written by tests/e2e/lyra/lyra.mjs, seed ${SEED}: pricesDeltaStdVega of BlackScholes in ${NAME} ${VERSION} (ISC), called on a local node.`,
    '# Integers of 18 decimals; seconds to expiry, a year has 31536000 of them.',
    'seconds,volatility,spot,strike,rate,call,put,call_delta,put_delta,vega', ...list.map((row) => row.join()),
  ].join('\n') + '\n';
}

export const committed = fileURLToPath(new URL('../../golden/greeks/lyra.csv', import.meta.url));
if (import.meta.url === pathToFileURL(process.argv[1]).href) process.stdout.write(csv(await rows()));
