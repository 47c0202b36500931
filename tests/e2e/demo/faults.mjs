// What several operators must survive. Each act gets the running demo and resolves when its mischief is done; it runs beside the upgrade.
import { exchangeAbi } from '../lib/exchange.mjs';
import { otherContract, otherState } from '../lib/lies.mjs';
import { markets } from '../lib/deploy.mjs';
import { declaredWrites } from '../lib/plan.mjs';
import { Byzantine } from './byzantine.mjs';
import { delay, until } from './daemon.mjs';
import { fourOperators } from './team.mjs';

const deadlines = { switch_by: '14s', decide_by: '20s' };
const four = (name, about, promise, act, options = {}) => ({ name, about, promise, act, shape: fourOperators, ...options });

export const faults = [
  four('four-operators', 'four operators, three must sign; one transaction per step, not four', 'new', null, { after: notWasted }),
  four('operator-killed', 'kill -9 of one of four operators at a random moment; it returns', 'new', operatorKilled),
  four('two-operators-stopped', 'two of four operators are stopped from the halt until past the deadline; nobody opens meanwhile', 'old', twoStopped, { window: deadlines }),
  four('partitioned-peers', 'two operators cannot hear the other two for a while after the halt', 'new', partitioned),
  four('deadline', 'no operator hears another from the halt until past the deadline', 'old', deaf, { window: deadlines }),
  four('byzantine-operator', 'one operator signs two statements of each kind and serves garbage', 'new', byzantine, { before: replaceOne }),
  four('kelpdao', 'one chain is upgraded badly; of three endpoints to it two lie alike, in the words and the views, and the third is down', 'old', kelpdao,
    { bad: 'fee', only: 'one chain', trace: 'off', audits: false, window: deadlines, after: nobodyVotedNew }),
  four('one-liar-left', 'of three endpoints to one chain, two operators are left with one, and it lies: they do not vote NEW, and two others are not enough', 'old', oneLiarLeft,
    { window: deadlines, after: theDeceivedVotedNothingNew }),
  four('restored-backup', 'one operator is restored from a backup older than its signatures: it may only watch', 'new', restoredBackup),
  four('halt-now', 'two of four operators halt every instance at once', 'old-or-new', haltNow, { delays: { haltNowDuration: 30 }, leadS: 60 }),
];

const homeOf = (demo) => demo.chains.find((chain) => chain.home);
const victimOf = (demo) => demo.chains.findLast((chain) => !chain.home);

async function halted(demo) {
  await until('every gate to be halted', 120_000, async () => (await demo.gates()).every((gate) => gate.halted), 50);
}

/// Until home's clock has passed the deadline; throws if a gate is closed before.
async function pastDeadline(demo) {
  const home = homeOf(demo), { decideBy } = await home.status();
  await until('the decision deadline on home', 120_000, async () => {
    if ((await demo.gates()).some((gate) => gate.phase > 2)) throw new Error('a gate was closed without three operators');
    return BigInt(await home.now()) > decideBy;
  });
}

async function notWasted(demo) {
  const spent = await demo.spent();
  if (spent.reverted > spent.needed / 2) return [`${spent.reverted} of ${spent.sent} transactions did what was done already; ${spent.needed} were needed`];
  return [];
}

async function operatorKilled(demo) {
  const victim = demo.random.pick(demo.operators);
  await demo.stageReached('armed');
  await delay(demo.random.between(0, 12_000));
  const { stage } = await demo.plan();
  await victim.stopAtOnce();
  demo.say(`killed ${victim.name} while ${stage}`);
  await delay(demo.random.between(1000, 6000));
  victim.start();
  await victim.ready();
  demo.result.killed = { operator: victim.name, while: stage };
}

async function twoStopped(demo) {
  const victims = demo.operators.slice(2);
  await halted(demo);
  for (const victim of victims) victim.sleep();
  demo.say(`stopped ${victims.map(({ name }) => name).join(' and ')}`);
  await pastDeadline(demo);
  await delay(3000);   // time to do wrong; what is promised is that nothing happens in it
  const opened = (await demo.gates()).filter((gate) => gate.phase > 2);
  for (const victim of victims) victim.wake();
  demo.say('they go on');
  if (opened.length) throw new Error('a gate was closed by two operators');
}

async function partitioned(demo) {
  await halted(demo);
  for (const link of demo.team.between([[0, 1], [2, 3]])) link.set('drop');
  demo.say('op-1, op-2 | op-3, op-4');
  await delay(demo.random.between(4000, 9000));
  demo.team.heal();
  demo.say('healed');
}

async function deaf(demo) {
  await halted(demo);
  for (const link of demo.team.between([])) link.set('refuse');
  await pastDeadline(demo);
  demo.team.heal();
  demo.say('they hear each other again, after the deadline');
}

/// In the place of the last operator's daemon stands a program with its key.
async function replaceOne(demo) {
  const victim = demo.operators.at(-1);
  await victim.daemon.stop();
  victim.absent = true;
  demo.dishonest = [victim.address];
  demo.byzantine = await new Byzantine({ key: victim.key.privateKey, port: victim.ports.api, seed: demo.seed, home: homeOf(demo) }).start();
}

async function byzantine(demo) {
  const traitor = demo.byzantine;
  try {
    await until('the plan to be decided', 240_000, async () => {
      for (const statement of await demo.told()) await traitor.twist(statement);
      return Number((await homeOf(demo).status()).decision) !== 0;
    }, 200);
    const blamed = await until('every honest operator to show the equivocation', 60_000, async () => {
      const shown = await Promise.all(demo.operators.filter(({ absent }) => !absent).map(async (operator) => (await operator.alarms()).filter(({ code }) => code === 'equivocation')));
      return shown.every((alarms) => alarms.length > 0) ? shown : null;
    });
    demo.result.equivocations = blamed.map((alarms) => alarms.length);
    demo.result.garbage_served = traitor.garbage;
  } finally {
    await traitor.stop();
  }
}

const fees = new Set(markets.map(({ takerFeePpm }) => takerFeePpm));
const declared = declaredWrites().find(({ slot }) => BigInt(slot) >> 64n);   // the market whose parameters change: a hashed slot

/// The upgrade of the victim doubles a taker fee, undeclared. Two of every operator's three endpoints say it did not: in views and in words.
async function kelpdao(demo) {
  const victim = victimOf(demo);
  await halted(demo);
  const lie = otherContract({
    address: victim.deployment.exchange, abi: exchangeAbi, change: { marketOf: (words) => words.with(3, fees.has(words[3]) ? words[3] : words[3] / 2) },
    word: (slot, value) => (slot === BigInt(declared.slot) && value >> 224n === 2n * (BigInt(declared.value) >> 224n) ? BigInt(declared.value) : value),
  });
  demo.operators.forEach((_, i) => {
    const [first, second, third] = demo.team.nodesOf(i, victim.name);
    first.set('lie', { lie });
    second.set('lie', { lie });
    third.set('refuse');
  });
  demo.say(`every operator's endpoints to ${victim.name}: two lie, one is down`);
  await pastDeadlineOrDecided(demo);
  demo.result.lies_told = demo.team.traffic().spoiled;
  demo.team.heal();
  demo.say('the endpoints are honest again');
}

/// A good upgrade; but who has no two endpoints that agree knows nothing, and never makes do with the one that answers.
async function oneLiarLeft(demo) {
  const victim = victimOf(demo);
  await halted(demo);
  const head = Number(await victim.rpc.call('eth_blockNumber'));
  for (const i of [0, 1]) {
    const [first, ...others] = demo.team.nodesOf(i, victim.name);
    first.set('lie', { lie: otherState(head + 1) });
    for (const link of others) link.set('refuse');
  }
  demo.say(`op-1 and op-2: one endpoint to ${victim.name} lies, two are down`);
  await pastDeadlineOrDecided(demo);
  demo.team.heal();
  demo.say('the endpoints are honest again');
}

async function theDeceivedVotedNothingNew(demo) {
  const deceived = demo.operators.slice(0, 2).map(({ address }) => address);
  return (await demo.told()).filter(({ kind, signer }) => kind === 'vote_new' && deceived.includes(signer)).map(({ signer }) => `${signer} voted NEW on the word of one endpoint`);
}

async function pastDeadlineOrDecided(demo) {
  const home = homeOf(demo), { decideBy } = await home.status();
  await until('home to decide or its deadline', 120_000, async () => Number((await home.status()).decision) !== 0 || BigInt(await home.now()) > decideBy);
}

async function nobodyVotedNew(demo) {
  const votes = (await demo.told()).filter(({ kind }) => kind === 'vote_new');
  return votes.length ? [`${votes.length} votes for NEW are served`] : [];
}

async function restoredBackup(demo) {
  const victim = demo.operators.at(-1);
  await demo.stageReached('armed');
  await victim.daemon.stop();
  victim.backUp();
  victim.start();
  await victim.ready();
  await until('op-4 to have voted', 120_000, async () => (await demo.told()).some(({ signer, kind }) => signer.toLowerCase() === victim.address && kind === 'vote_new'), 50);
  await victim.stopAtOnce();
  const before = victim.signed();
  victim.restore();
  victim.start();
  victim.observer = true;
  demo.say(`restored ${victim.name} from a backup older than its vote`);
  await until('it to say that it may only watch', 60_000, async () =>
    (await victim.alarms().catch(() => [])).some(({ code }) => ['own-signature-unknown', 'quarantine'].includes(code)));
  demo.result.forgotten = before.length;
}

async function haltNow(demo) {
  await demo.stageReached('armed');
  const began = Date.now();
  await Promise.all(demo.operators.slice(0, 2).map((operator) => operator.command('halt', demo.planId, 'a price feed is wrong')));
  await halted(demo);
  demo.result.halted_everywhere_after_s = (Date.now() - began) / 1000;
  const early = (await demo.gates()).every((gate) => gate.haltNowUntil > 0n);
  if (!early) throw new Error('the armed time halted a gate, not the operators: this run shows nothing');
}
