// Faults that must not matter: whatever is drawn of them, an upgrade that is good still ends NEW, and one that is not ends OLD. Each resolves a few words
// about what it did; it runs beside the upgrade and is over, healed, when it resolves.
import { delay, until } from '../demo/daemon.mjs';
import { otherHashes, otherState, staleHead, withoutLogs, wrongChain } from '../lib/lies.mjs';

const moment = async (demo, random) => { await demo.stageReached('armed'); await delay(random.between(0, 14_000)); };
const stageNow = async (demo) => (await demo.plan().catch(() => ({ stage: 'nobody answers' }))).stage;
const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;

export async function kill(demo, random) {
  const victim = random.pick(demo.operators.filter(({ absent }) => !absent)), downMs = random.between(200, 5000);
  await moment(demo, random);
  const stage = await stageNow(demo);
  await victim.stopAtOnce();
  await delay(downMs);
  victim.start();
  await victim.ready();
  return `${victim.name} killed (${stage}), back after ${seconds(downMs)}`;
}

/// Again and again, the same one.
export async function killOften(demo, random) {
  const victim = random.pick(demo.operators.filter(({ absent }) => !absent)), times = random.between(2, 4);
  await demo.stageReached('armed');
  for (let i = 0; i < times; ++i) {
    await delay(random.between(500, 4000));
    await victim.stopAtOnce();
    await delay(random.between(0, 1000));
    victim.start();
    await victim.ready();
  }
  return `${victim.name} killed ${times} times`;
}

export async function stop(demo, random) {
  const victim = random.pick(demo.operators.filter(({ absent }) => !absent)), sleepMs = random.between(3000, 12_000);
  await moment(demo, random);
  const stage = await stageNow(demo);
  victim.sleep();
  await delay(sleepMs);
  victim.wake();
  return `${victim.name} stopped (${stage}) for ${seconds(sleepMs)}`;
}

export async function partition(demo, random) {
  const order = demo.operators.map((_, i) => [random.unit(), i]).sort(([a], [b]) => a - b).map(([, i]) => i);
  const cut = random.between(1, order.length >> 1), groups = [order.slice(0, cut), order.slice(cut)], lastMs = random.between(2000, 9000);
  await moment(demo, random);
  const links = demo.team.between(groups), mode = random.pick(['drop', 'refuse']);
  for (const link of links) link.set(mode);
  await delay(lastMs);
  for (const link of links) link.pass();
  return `${groups.map((group) => group.map((i) => demo.operators[i].name).join('+')).join(' | ')} for ${seconds(lastMs)} (${mode})`;
}

const lies = {
  'other hashes': otherHashes, 'another state': otherState, 'another chain': () => wrongChain(), 'no logs': () => withoutLogs(() => true),
  'half the logs': () => withoutLogs((log) => Number(log.logIndex) % 2 === 1), 'an old head': staleHead,
};
const breaks = ['drop', 'refuse', 'busy', 'broken', 'truncate', 'slow', 'flaky'];

/// One of each operator's endpoints to each chain lies or fails, for the whole upgrade.
export async function endpoints(demo, random) {
  const told = {};
  await Promise.all(demo.operators.flatMap((operator, i) => demo.chains.map(async (chain) => {
    const link = random.pick(demo.team.nodesOf(i, chain.name)), what = random.pick([...Object.keys(lies), ...breaks]);
    told[what] = (told[what] ?? 0) + 1;
    if (breaks.includes(what)) { link.set(what); return; }
    const head = Number(await chain.rpc.call('eth_blockNumber'));
    link.set('lie', { lie: lies[what](head + random.between(0, 20)) });
  })));
  await demo.over;
  return `one endpoint of three: ${Object.entries(told).map(([what, times]) => `${times}× ${what}`).join(', ')}`;
}

export async function flakyPeers(demo, random) {
  const p = random.between(10, 50) / 100;
  for (const { peers } of demo.operators) for (const { link } of peers) link.set('flaky', { p });
  await demo.over;
  return `links between operators fail ${Math.round(p * 100)} % of the time`;
}

/// The newest block of a chain is replaced by another, without its transactions, after the halt.
export async function reorg(demo, random) {
  const chain = random.pick(demo.chains), wanted = random.pick([1, 2]);
  await until(`${chain.name} to be ${wanted === 2 ? 'switched' : 'halted'}`, 240_000, async () => {
    const gate = await chain.status();
    const ours = Number(gate.epoch) === demo.epoch;   // before it is armed a gate shows how the plan before ended
    return ours && (gate.phase > 2 || (wanted === 2 ? gate.phase === 2 : gate.halted));
  }, 20);
  await chain.node.reorg(1);
  return `one block of ${chain.name} reorganised, ${wanted === 2 ? 'with its switch' : 'after its halt'}`;
}

export const harmless = { kill, killOften, stop, partition, endpoints, flakyPeers, reorg };
