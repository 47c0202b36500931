// The npm packages live with the contracts; this is the one place that knows the way.
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const require = createRequire(fileURLToPath(new URL('../../../contracts_abi/solidity/package.json', import.meta.url)));
export const {
  concatHex, decodeEventLog, decodeFunctionData, decodeFunctionResult, encodeAbiParameters, encodeFunctionData, hashTypedData, keccak256, parseAbi,
  recoverAddress, stringToHex,
} = require('viem');
export const { privateKeyToAddress, sign } = require('viem/accounts');
