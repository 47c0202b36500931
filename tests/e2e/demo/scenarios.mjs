// What the demo can play. `promise` is how the plan must end; `because` must then be part of what the status API says about it.
//   new       closed NEW on every chain
//   old       halted, then closed OLD on every chain, nothing changed
//   refused   closed OLD before any chain was halted
//   disarmed  taken back by governance before any chain was halted
//   any-old   closed OLD, halted or not;    old-or-new  either, the same everywhere
import { connect, createServer } from 'node:net';
import { delay, until } from './daemon.mjs';
import { faults } from './faults.mjs';

const unforeseen = { trace: 'off', audits: false };   // nobody tries the new code before the halt: evidence has to find it
const bad = (name, about, promise, because, options = {}) => ({ name: `bad-${name}`, about, promise, because, bad: name, ...options });

export const scenarios = [
  { name: 'upgrade', about: 'v1 to v2 on three chains, through governance', promise: 'new' },
  bad('layout', 'the new implementation shifts the storage layout', 'refused', 'shadow-run'),
  bad('initializer', 'the migration is forgotten: a safety parameter is 0', 'refused', 'shadow-run'),
  bad('margin', 'a margin constant is wrong in the code; every getter looks right', 'refused', 'shadow-vectors'),
  { ...bad('margin', 'the same, and nobody tried the new code before the halt', 'old', 'maintenance_margin', unforeseen), name: 'bad-margin-unforeseen' },
  bad('rounding', "the migration rounds one account's collateral", 'old', 'collateral', unforeseen),
  bad('fee', 'the taker fee changes, undeclared', 'refused', 'shadow-writes'),
  bad('book', 'the migration drops resting orders', 'old', 'best_bid', unforeseen),
  bad('revert', 'the switch reverts on one chain', 'refused', 'shadow-run', { only: 'one chain' }),
  bad('code', 'the new implementation has no code on one chain', 'refused', 'implementation-code', { only: 'one chain' }),
  bad('rollback', 'the rollback does not restore what the switch changed', 'refused', 'shadow-run'),
  { name: 'disarm', about: 'governance disarms every gate before the halt', promise: 'disarmed', act: disarm, leadS: 45 },
  { name: 'kill', about: 'kill -9 of the daemon at random moments', promise: 'new', act: kill, receipts: 'agreed' },
  { name: 'api-lost', about: "another process holds the daemon's API address from before the halt until every chain is closed", promise: 'new', act: apiLost },
  { name: 'api-saturated', about: 'the API is crowded by pollers, event streams and requests that never end, behind six addresses, from before the halt until every chain is closed', promise: 'new', act: apiSaturated },
  { name: 'chain-down', about: 'a chain stops after the halt; the others reopen OLD; it returns and closes OLD', promise: 'old', act: chainDown, window: { switch_by: '15s', decide_by: '22s' } },
  { name: 'reorg', about: 'the switch is reorganised away within the finality depth', promise: 'new', act: reorg },
  { name: 'reorg-deep', about: 'a final block is reorganised away: frozen until the operator resumes', promise: 'old-or-new', act: reorgDeep },
  { name: 'late', about: 'the relayer sleeps past the decision deadline', promise: 'old', act: late, window: { switch_by: '15s', decide_by: '22s' } },
  ...faults,
];

/// Each act gets the running demo and resolves when its mischief is done; it runs beside the upgrade.
async function disarm(demo) {
  await demo.stageReached('armed');
  await Promise.all(demo.chains.map((chain) => chain.disarm()));
}

async function kill(demo) {
  let kills = 0;
  for (;;) {
    await delay(demo.random.between(500, 3999));
    const plan = await demo.plan().catch(() => null);
    if (plan && demo.ended(plan)) break;
    await demo.daemon.kill();
    kills += 1;
    demo.say(`killed the daemon (${kills})`);
    await delay(demo.random.between(0, 799));
    demo.daemon.start();
    await demo.daemon.ready();
    if (kills >= 12) break;
  }
  demo.result.kills = kills;
  if (kills < 3) throw new Error(`only ${kills} kills before the plan ended: this run shows nothing`);
}

async function apiLost(demo) {
  await demo.stageReached('armed');
  await demo.daemon.kill();
  const squatter = createServer((socket) => socket.destroy());
  await new Promise((resolve) => { squatter.listen(Number(new URL(demo.api).port), '127.0.0.1', resolve); });
  demo.daemon.start();
  demo.say('the daemon is back, its API address is not');
  await until('every gate to be closed', 180_000, async () => (await Promise.all(demo.chains.map((chain) => demo.gate(chain)))).every(({ phase }) => phase >= 3));   // whichever way: it is judged later
  squatter.close();
  await demo.daemon.ready();
  demo.result.apiCameBack = true;
}

async function apiSaturated(demo) {
  await demo.stageReached('armed');
  const port = Number(new URL(demo.api).port);
  const greedy = new Set();
  let over = false, refused = 0;
  const get = (page) => `GET ${page} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
  // One of a crowd of clients: some poll as fast as they are answered, some follow events, the rest never ends its request. Who is thrown out comes back, who was not let in a little later.
  const join = (localAddress, i) => {
    const socket = connect({ port, host: '127.0.0.1', localAddress });
    let again = 50;
    greedy.add(socket);
    socket.on('connect', () => socket.write(i < 4 ? get('/api/v1/status') : i < 8 ? get('/api/v1/events') : 'GET /livez HTTP/1.1\r\nHost: local'));
    socket.on('data', (bytes) => {
      if (bytes.toString('latin1').startsWith('HTTP/1.1 503')) { refused += 1; again = 1_000; } else if (i < 4) socket.write(get('/api/v1/status'));
    });
    socket.on('error', () => {});   // thrown out; 'close' follows
    socket.once('close', () => { greedy.delete(socket); if (!over) setTimeout(join, again, localAddress, i); });
  };
  for (const last of [2, 3, 4, 5, 6, 7]) for (let i = 0; i < 240; ++i) join(`127.0.0.${last}`, i);
  demo.say('1,440 clients behind six addresses want the 1,024 connections of the API to themselves');
  try {
    await until('the API to be full', 60_000, () => refused > 200);
    await until('somebody else to be answered', 30_000, () => fetch(`${demo.api}/livez`).then(({ ok }) => ok, () => false));   // a peer, say
    await demo.command('hold', 'whoever operates it is let in: the socket has connections of its own');
    await demo.command('resume', 'that is all');
    await until('every gate to be closed', 180_000, async () => (await Promise.all(demo.chains.map((chain) => demo.gate(chain)))).every(({ phase }) => phase >= 3));
  } finally {
    over = true;
    for (const socket of greedy) socket.destroy();
  }
  await demo.daemon.ready(60_000);
  demo.result.refused = refused;
}

async function chainDown(demo) {
  const victim = demo.chains.findLast((chain) => !chain.home);
  await demo.stageReached('halting');
  await until(`${victim.name} to be halted`, 60_000, async () => (await demo.instance(victim.name))?.halted);
  victim.node.pause();
  demo.say(`stopped ${victim.name}`);
  await until('the other chains to close OLD', 180_000, async () => {
    const plan = await demo.plan();
    return plan.instances.filter((instance) => instance.chain !== victim.name).every((instance) => instance.phase === 'closed_old');
  });
  demo.result.othersReopenedWithout = victim.name;
  victim.node.resume();
  demo.say(`${victim.name} is back`);
}

async function reorg(demo) {
  const victim = demo.chains.findLast((chain) => !chain.home);
  await until('every chain to halt', 120_000, async () => ['halting', 'switching'].includes((await demo.plan()).stage), 20);
  await victim.node.holdBlocks();   // long before the block that goes
  await until(`${victim.name} to show the switch`, 120_000, async () => {
    await victim.node.mine();
    return (await demo.gate(victim)).phase === 2;
  }, 1000 * victim.node.blockTime);
  await victim.node.replace(1);
  await victim.node.releaseBlocks();
  const lost = (await demo.gate(victim)).phase === 1;
  demo.say(`reorganised one block of ${victim.name}; the switch ${lost ? 'is gone' : 'was not in it'}`);
  demo.result.switchLost = lost;
  if (!lost) throw new Error('the reorganisation did not take the switch with it: this run shows nothing');
}

async function reorgDeep(demo) {
  const victim = demo.chains.findLast((chain) => !chain.home);
  await until(`${victim.name} to be switched at finality`, 120_000, async () => (await demo.instance(victim.name))?.phase === 'switched', 20);
  await victim.node.reorg(6);
  victim.reorgedBelowFinality = true;   // the checker is told: of what this chain had shown it cannot ask finality
  demo.say(`reorganised six blocks of ${victim.name}, beyond finality`);
  await until('the plan to be frozen', 60_000, async () => (await demo.plan()).frozen);
  demo.result.frozen = true;
  await demo.command('resume', 'the fork was inspected: the chain is the one everybody sees');
}

async function late(demo) {
  const home = demo.chains.find((chain) => chain.home);
  await until('a switch somewhere', 120_000, async () => (await Promise.all(demo.chains.map((chain) => demo.gate(chain)))).some((gate) => gate.phase === 2), 20);
  demo.daemon.signal('SIGSTOP');
  demo.say('the relayer sleeps');
  const { decideBy } = await demo.gate(home);
  await until('the decision deadline on home', 180_000, async () => BigInt(await home.now()) > decideBy);
  demo.daemon.signal('SIGCONT');
  demo.say('the relayer wakes, after the deadline');
}
