// A contract that sprays logs: called with a number n it emits n events Sprayed(uint256 indexed i, address indexed by, uint256 i), n - 1 first. Called with
// nothing, or 0, it answers its balance. Assembled here by hand so that nothing but the logs costs anything.
import { keccak256, padHex, toHex } from '../lib/packages.mjs';

export const signature = 'event Sprayed(uint256 indexed i, address indexed by, uint256 value)';
export const topic = keccak256(toHex('Sprayed(uint256,address,uint256)'));
const runtime = [
  '600035',          // n
  '5b8015603c57',    // 03: while n is not 0
  '60019003',        //   n := n - 1
  '80600052',        //   memory[0] := n
  `33817f${topic.slice(2)}60206000a3`,   // LOG3 over 32 bytes: topic, n, caller
  '600356',          // again
  '5b4760005260206000f3',   // 3c: the balance
].join('');

const size = (runtime.length / 2).toString(16).padStart(2, '0');
export const initCode = `0x60${size}80600b6000396000f3${runtime}`;
export const spray = (n) => padHex(toHex(n), { size: 32 });
