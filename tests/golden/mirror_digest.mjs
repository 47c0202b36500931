// Computes digests of a mirror's rows with noble's TurboSHAKE256 from the definition in docs/PROTOCOL.md alone: a recursion over the sorted leaves, no
// tree. Shares nothing with the C++. Writes mirror_digest.txt next to it.
//   node tests/golden/mirror_digest.mjs
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(join(here, "../../contracts_abi/solidity/package.json"));
const { concat, hexToBytes, keccak256, toHex } = require("viem");
const { turboshake256 } = createRequire(require.resolve("viem"))("@noble/hashes/sha3-addons");

const tables = ["global", "market", "account", "position", "order", "series", "pool_terms", "pool", "pool_account", "pool_position", "board", "strike", "holding", "option_terms"];
const derived = { market: [6, 7], account: [1, 2, 3], order: [5], pool_position: [3] };
const zeros = "0x" + "00".repeat(32);
const hash = (text) => toHex(turboshake256(hexToBytes(text), { D: 1, dkLen: 32 }));
const number = (value, size) => toHex(BigInt.asUintN(8 * size, BigInt(value)), { size });

const entityOf = (row) => ({ global: 0, market: 1, account: 2, position: 2, order: 3, series: 1, pool_terms: 0, pool: 1, pool_account: 2, pool_position: 2, board: 4, strike: 1, holding: 5, option_terms: 0 })[row.table];
const keyOf = (row) => ["0x", number(row.market, 4), row.account, number(row.order, 8), number(row.market, 4), number(row.order, 8)][entityOf(row)];
const pathOf = (row) => concat([number(entityOf(row), 1), keyOf(row)]).padEnd(2 + 2 * 21, "0");

const field = (value) => (String(value).startsWith("0x") ? concat(["0x01", value]) : concat(["0x00", number(value, 16)]));
const rowText = (row) =>
  concat([
    number(tables.indexOf(row.table), 1),
    ...(row.table.endsWith("position") ? [number(row.market, 4)] : []),
    ...row.values.filter((_, i) => !(derived[row.table] ?? []).includes(i)).map(field),
  ]);

const digitsOf = (path) => [...hexToBytes(path)].flatMap((byte) => [byte >> 6, (byte >> 4) & 3, (byte >> 2) & 3, byte & 3]);
const rootOf = (leaves) => {
  if (leaves.length === 0) return zeros;
  if (leaves.length === 1) return leaves[0].hash;
  const depth = leaves[0].digits.findIndex((_, i) => leaves.some((leaf) => leaf.digits[i] !== leaves[0].digits[i]));
  const children = [0, 1, 2, 3].map((digit) => rootOf(leaves.filter((leaf) => leaf.digits[depth] === digit)));
  return hash(concat(["0x01", number(depth, 1), ...children]));
};

const digestOf = (rows) => {
  const texts = new Map();
  for (const row of rows) {
    const path = pathOf(row);
    texts.set(path, concat([texts.get(path) ?? concat(["0x00", number(entityOf(row), 1), keyOf(row)]), rowText(row)]));
  }
  const leaves = [...texts].map(([path, text]) => ({ digits: digitsOf(path), hash: hash(text) }));
  return hash(concat(["0x03", number(leaves.length, 8), rootOf(leaves)]));
};

// A small generator of its own, so that the file never changes: xorshift32.
let state = 20261128;
const random = (below) => {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % below;
};
const address = (seed) => keccak256(number(seed, 4)).slice(0, 42);
const row = (table, { account = "0x" + "00".repeat(20), market = 0, order = 0 }, values) => ({ table, account, market, order, values });
const wide = () => BigInt(random(2 ** 31)) * BigInt(random(2 ** 31)) * BigInt(random(2 ** 31)) * (random(2) ? 1n : -1n);

const state_of = (markets, accounts, orders) => {
  const names = Array.from({ length: accounts }, (_, i) => address(i)).sort();
  const rows = [row("global", {}, [wide(), orders + 1])];
  for (let m = 0; m < markets; ++m) rows.push(row("market", { market: m * 7 }, Array.from({ length: 11 }, () => random(100000))));
  for (const account of names) rows.push(row("account", { account }, [wide(), wide(), random(1000), random(1000)]));
  for (const account of names)
    for (let m = 0; m < markets; ++m)
      if (random(3) > 0) rows.push(row("position", { account, market: m * 7 }, [wide(), wide(), wide(), random(50), random(50)]));
  for (let o = 1; o <= orders; ++o)
    if (random(4) > 0) rows.push(row("order", { order: o }, [names[random(accounts)], 7, random(2), random(5000), random(99), random(orders)]));
  return rows;
};

const most = 2n ** 127n - 1n;
const cases = [
  ["nothing", []],
  ["globals", [row("global", {}, [-1, 1])]],
  ["extremes", [row("global", {}, [most, "18446744073709551615"]), row("account", { account: "0x" + "ff".repeat(20) }, [-most - 1n, 0, 0, 0])]],
  ["one_account", state_of(1, 1, 0)],
  ["small", state_of(2, 3, 5)],
  ["large", state_of(3, 40, 60)],
];
const options = state_of(4, 6, 0);
for (const m of [7, 21]) options.push(row("series", { market: m }, Array.from({ length: 12 }, wide)));
cases.push(["series", options]);
const pools = state_of(0, 5, 0);
pools.push(row("pool_terms", {}, [10n ** 18n, 10n ** 12n, 10, 100000, 62500, 1]));
for (const m of [1, 9]) pools.push(row("pool", { market: m }, [wide(), wide()]));
const owners = pools.filter((r) => r.table === "account").map((r) => r.account);
for (const account of owners) pools.push(row("pool_account", { account }, [wide()]));
for (const account of owners) for (const m of [1, 9]) if (random(3) > 0) pools.push(row("pool_position", { account, market: m }, [wide(), wide(), wide(), random(99)]));
cases.push(["pools", pools]);
const boards = state_of(0, 4, 0);
for (const b of [1, 5]) boards.push(row("board", { market: b }, [1790000000, 10n ** 18n, random(10 ** 9), random(2), wide()]));
for (const m of [1, 2, 5]) boards.push(row("strike", { market: m }, [1, wide(), random(10 ** 9), wide(), wide(), 0, wide(), wide()]));
for (const h of [1, 2, 9]) boards.push(row("holding", { order: h }, [address(random(4)), 5, random(5), wide(), wide()]));
cases.push(["boards", boards]);
cases.push(["option_terms", [...boards, row("option_terms", {}, [wide(), -wide(), 10n ** 18n])]]);
const text = cases.map(([name, rows]) =>
  [`case ${name} ${rows.length} ${digestOf(rows)}`, ...rows.map((r) => [r.table, r.account, r.market, r.order, ...r.values].join(" "))].join("\n"),
);
writeFileSync(join(here, "mirror_digest.txt"), "# Written by mirror_digest.mjs with viem and noble. case NAME ROWS DIGEST, then the rows: table account market order fields\n" + text.join("\n") + "\n");
