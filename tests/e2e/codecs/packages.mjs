// The npm packages live with the contracts; this is the one place that knows the way.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

export const solidity = fileURLToPath(new URL('../../../contracts_abi/solidity/', import.meta.url));
const require = createRequire(join(solidity, 'package.json'));
export const viem = require('viem');
export const ethers = require('ethers').ethers;

const cases = join(dirname(require.resolve('@ethersproject/testcases/package.json')), 'testcases');
/// One of the vector files of @ethersproject/testcases.
export const testcases = (name) => JSON.parse(gunzipSync(readFileSync(join(cases, `${name}.json.gz`))));

/// @ethereumjs/mpt needs a newer Node than the rest; undefined on an older one.
const [major, minor] = process.versions.node.split('.').map(Number);
export const mpt = major > 20 || (major === 20 && minor >= 19) ? { ...require('@ethereumjs/mpt'), ...require('@ethereumjs/rlp') } : undefined;
