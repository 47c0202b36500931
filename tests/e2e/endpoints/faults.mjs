// Every way an endpoint is faulty, and what it may come to. `liar`: it says what is not so, and all that do say the same; fewer than K of them must not be
// believed. `sometimes`: it tells the truth often enough that more of them may do no harm. All others say nothing that could be believed, however many they are.
// `proved`: what one honest endpoint says suffices against them.
import { inTurns, otherHashes, otherHistory, staleHead, withoutEvents, wrongChain } from '../lib/lies.mjs';

const lie = (make) => (truth) => ({ mode: 'lie', options: { lie: make(truth) } });
const mode = (name, options = {}) => () => ({ mode: name, options });

export const faults = {
  'another state of a contract': { liar: true, set: lie((truth) => (method, params) => (method === 'eth_call' && params[0].to === truth.address.toLowerCase() ? `0x${'66'.padStart(64, '0')}` : undefined)) },
  'a log left out under the same hash': { proved: true, set: lie(({ left }) => withoutEvents((log) => log.blockNumber === left.blockNumber && log.logIndex === left.logIndex)) },
  'all logs left out': { proved: true, set: lie(() => withoutEvents(() => true)) },
  'another history that hashes': { liar: true, set: lie(({ other }) => otherHistory(other)) },
  'hashes that are none': { set: lie(() => otherHashes(3)) },
  'one history and another in turns': { liar: true, sometimes: true, set: lie(({ other }) => inTurns(otherHistory(other))) },
  'an old head': { liar: true, set: lie(({ final }) => staleHead(Number(final.number) - 6)) },
  'another chain': { set: lie(() => wrongChain()) },
  'too many requests': { set: mode('busy') },
  'no answer': { set: mode('drop') },
  'no connection': { set: mode('refuse') },
  'an answer in drips': { set: mode('drip') },
  'an answer without end': { set: mode('flood') },
  'half an answer': { set: mode('truncate') },
  'a redirect': { set: (truth) => ({ mode: 'elsewhere', options: { url: truth.node.url } }) },
};
