// The npm packages live with the contracts, and so do the compiled contracts; this is the one place of lib/ that knows the way.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = new URL('../../../contracts_abi/', import.meta.url);
const require = createRequire(fileURLToPath(new URL('solidity/package.json', root)));

export const {
  concatHex, decodeFunctionResult, encodeAbiParameters, encodeDeployData, encodeFunctionData, encodeFunctionResult, getAbiItem, getAddress,
  getContractAddress, keccak256, numberToHex, padHex, parseAbi, parseEventLogs, stringToHex, toFunctionSelector, toHex, toRlp,
} = require('viem');

export const { generatePrivateKey, mnemonicToAccount, privateKeyToAccount } = require('viem/accounts');
export const ethers = require('ethers');
/// Loaded only where it is used.
export const redocly = () => import(pathToFileURL(require.resolve('@redocly/openapi-core')).href);

/// contracts_abi/<name>.json: { abi, bytecode, deployedBytecode, storageLayout, … }.
export function artifact(name) {
  return JSON.parse(readFileSync(new URL(`${name}.json`, root), 'utf8'));
}

/// The real program behind the npm wrapper, so that a signal reaches it.
export const anvilBinary = fileURLToPath(new URL('solidity/node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil', root));
