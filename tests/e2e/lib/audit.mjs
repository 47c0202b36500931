// What a flow left behind, from the views alone, and the identities that must hold in it (README.md of the exchange).
import { markets } from './deploy.mjs';
import { Exchange } from './exchange.mjs';
import { keccak256, stringToHex } from './packages.mjs';

const ids = markets.map((_, i) => i + 1);

/// accounts: all that ever touched the exchange. Throws if value is not conserved; resolves counts and a digest of everything the views say.
export async function audit(rpc, deployment, accounts) {
  const exchange = new Exchange(rpc, deployment);
  const [[insurance, nextOrder], ...sides] = await Promise.all([exchange.read('globals'), ...ids.map((id) => exchange.read('marketOf', id))]);
  const collateral = await exchange.readMany('accountOf', accounts.map((address) => [address]));
  const keys = accounts.flatMap((address) => ids.map((id) => [address, id]));
  const positions = await exchange.readMany('positionOf', keys);
  const tokens = await exchange.tokens();
  const held = insurance + sum(collateral) + sum(positions.map(([, quote]) => quote));
  if (held !== tokens) throw new Error(`value is not conserved: the exchange owes ${held} and holds ${tokens}`);
  ids.forEach((id, i) => {
    const sizes = positions.filter((_, k) => keys[k][1] === id).map(([size]) => size);
    if (sum(sizes) !== 0n) throw new Error(`market ${id}: longs and shorts differ by ${sum(sizes)}`);
    const longs = sum(sizes.filter((size) => size > 0n));
    if (longs !== sides[i][5]) throw new Error(`market ${id}: open interest is ${sides[i][5]}, longs are ${longs}`);
  });
  const books = await Promise.all(sides.flatMap((side) => [walk(exchange, side[6]), walk(exchange, side[7])]));
  const everything = { insurance, nextOrder, sides, collateral, positions, books };
  return {
    tokens, insurance, positions: positions.filter(([size]) => size !== 0n).length, orders: books.flat().length,
    openInterest: sides.map((side) => side[5]),
    digest: keccak256(stringToHex(JSON.stringify(everything, (_, value) => (typeof value === 'bigint' ? value.toString() : value)))),
  };
}

async function walk(exchange, first) {
  const orders = [];
  for (let id = first; id !== 0n;) {
    const order = await exchange.read('orderOf', id);
    orders.push([id, ...order]);
    id = order[5];
  }
  return orders;
}

const sum = (list) => list.reduce((total, value) => total + value, 0n);
