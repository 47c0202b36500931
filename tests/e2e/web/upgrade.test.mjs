// The page through one world's life: no plan; a plan whose chain stalls and which its operator aborts; then a whole upgrade. What it must say is
// asserted while it happens, and at every rest that axe-core, the console and the content security policy have nothing to say.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { lockstep, until } from '../demo/daemon.mjs';
import { Demo } from '../demo/demo.mjs';
import { upgrade } from '../demo/play.mjs';
import { Random } from '../lib/random.mjs';
import { verifyReport } from '../lib/report.mjs';
import { seenOnTerminal } from '../lib/terminal.mjs';
import { cards, firstRenderMs, lanes, launch, open, said, seriousFindings } from './browser.mjs';

const dir = fileURLToPath(new URL('../../../build/e2e/web', import.meta.url));
const delays = { votingDelay: 1, votingPeriod: 4, timelock: 1, minNotice: 3, disarmMargin: 1, haltNowDuration: 15 };
const leadS = Number(process.env.LOCKSTEP_LEAD_S ?? 20);   // until the halt; governance must have armed by then
let demo, browser, shown, first;   // first: the plan that went back

before(async () => {
  mkdirSync(dir, { recursive: true });
  demo = new Demo({ scenario: { name: 'web' }, fast: true, dir, portBase: 27545, accounts: 12, say: (text) => console.log(`# ${text}`), delays, pollMs: 100, seed: 1 });
  [browser] = await Promise.all([launch(), demo.prepare()]);
  shown = await open(browser, demo.api);
});
after(async () => {
  await browser?.close();
  await demo?.stop();
});

/// Waits until the page says what it must; in vain, the error shows what it says instead.
async function says(what, check, timeoutMs = 60_000) {
  let last = null;
  try {
    return await until(what, timeoutMs, async () => { last = { ...await said(shown.page), cards: await cards(shown.page) }; return check(last) && last; }, 60);
  } catch (error) {
    throw new Error(`${error.message}; the page says ${JSON.stringify(last)}`);
  }
}

const picture = (name) => shown.page.screenshot({ path: path.join(dir, `${name}.png`), fullPage: true });
const nothingSerious = async (page, when) => assert.deepEqual(await seriousFindings(page), [], when);
const noComplaints = (when) => assert.deepEqual(shown.complaints, [], when);

/// One upgrade of the world; act runs beside it. A page that says something wrong ends it at once.
function play(epoch, scenario) {
  demo.begin({ scenario: { leadS, ...scenario }, epoch, random: new Random(epoch) });
  return upgrade(demo);
}

test('without a plan it says so, and whether the relayer is ready', async () => {
  await says('that no upgrade is planned', ({ headline, connection }) => /This relayer watches 3 chains/.test(headline) && connection === 'ready');
  console.log(`# first render ${Math.round(await firstRenderMs(shown.page))} ms`);
  await nothingSerious(shown.page, 'without a plan');
});

/// The next step of every chain, with how far it is and how surely, for those who look at a terminal instead.
async function terminalsForecast() {
  const { config } = demo.operators[0];
  const forecast = (name) => new RegExp(`^ {2}${name} +(halts in|must be switched within) \\d+ s, \\d+ ± \\d+ blocks; final \\d+ ± \\d+ s later\r?$`, 'm');
  const shows = (screen) => demo.chains.every(({ name }) => forecast(name).test(screen));
  await Promise.all([['status', '--watch'], ['plan', 'watch', demo.planId]].map((words) => seenOnTerminal('when each chain goes on', demo.binaries.lockstep, ['-c', config, ...words], shows)));
}

async function stallAndAbort() {
  await demo.stageReached('armed');
  const armed = await says('that every chain is armed', ({ headline }) => /^Armed on every chain\. Trading goes on/.test(headline));
  assert.equal(armed.mood, 'Trading');
  await terminalsForecast();
  const { node, name } = demo.chains.at(-1);
  await says('that the chains are halted', ({ mood }) => mood === 'Trading halted');
  node.pause();
  try {
    const stalled = await says(`that the plan waits for ${name}`, ({ headline, waiting }) => /^The halt time has come/.test(headline) && waiting.includes(`on ${name}`));
    assert.match(stalled.waiting, /Goes on when/);
    assert.equal(stalled.cards[name].state, 'halted');
    await until(`the page to show that no endpoint of ${name} answers`, 60_000, async () => (await shown.page.locator('.endpoint.red').count()) > 0);
    await says('that the relayer is not ready', ({ connection }) => connection.startsWith(`not ready: no endpoint of chain ${name} can be used`));
    await nothingSerious(shown.page, 'stalled');
    await picture('stalled');
    await demo.command('abort', 'rehearsal of a stall');
    const back = await says('why it goes back', ({ headline, trouble }) => /^(Going back|Decided: back to 1)/.test(headline) && trouble.includes('rehearsal of a stall'));
    assert.equal(back.mood, 'Going back');
    await says('that the other chains are open again', ({ cards: all }) => ['alpha', 'beta'].every((other) => /on the old version/.test(all[other].state)));
    assert.equal((await cards(shown.page))[name].state, 'halted');
    await picture('one-missing');
  } finally {
    node.resume();
  }
}

test('a chain stalls and the operator aborts: what is missing, why it goes back, who is open', async () => {
  const end = await play(1, { name: 'stall-abort', about: 'stall and abort', promise: 'any-old', because: 'rehearsal of a stall', act: stallAndAbort });
  first = demo.planId;
  assert.deepEqual(end.problems, []);
  const over = await says('that it ended on the old version', ({ headline }) => /^Ended on the old version\. Every chain runs 1/.test(headline));
  assert.equal(over.mood, 'Back on the old version');
  for (const [chain, states] of Object.entries(await lanes(shown.page))) assert.equal(states.at(-1), 'old', chain);
  // a stopped node is an answer that fails; nothing else was wrong
  noComplaints('after the abort');
});

async function watchUpgrade() {
  for (const [what, pattern] of [
    ['that every chain is armed', /^Armed on every chain/], ['that the chains are halted', /^(The halt time has come|Every chain is halted|Switched to 2|Verified everywhere)/],
    ['the decision', /^(Decided: 2|Every chain runs 2|Every chain trades on 2|Done)/], ['that it is done', /^Done\. Every chain runs 2/],
  ]) await says(what, ({ headline }) => pattern.test(headline), 120_000);
}

test('a whole upgrade: every step, evidence on every level, who signed', async () => {
  const end = await play(2, { name: 'upgrade', about: 'a whole upgrade', promise: 'new', act: watchUpgrade });
  assert.deepEqual(end.problems, []);
  const { page } = shown;
  assert.equal((await said(page)).mood, 'Upgraded');
  for (const [chain, states] of Object.entries(await lanes(page))) {
    const order = ['armed', 'halted', 'switched', 'verified', 'new'];
    assert.deepEqual(states.filter((state) => order.includes(state)), order, chain);
  }
  assert.equal(await page.locator('.shade:not(.planned)').count(), 1, 'the halted window is shaded');
  for (const chain of demo.chains.map(({ name }) => name)) {
    for (const level of ['E1', 'E2', 'E3', 'E4', 'E5', 'E6']) assert.equal(await page.locator(`.card[data-chain="${chain}"] .chip.red, .card[data-chain="${chain}"] .chip.green, .card[data-chain="${chain}"] .chip.amber`).filter({ hasText: level }).count(), 1, `${chain} ${level}`);
    assert.equal(await page.locator(`.card[data-chain="${chain}"] .chip.red`).count(), 0, chain);
  }
  for (const kind of ['Switch', 'Vote NEW', 'Outcome']) assert.match(await page.locator('.signatures thead th', { hasText: kind }).textContent(), /1 of 1 ✓/);
  assert.match(await page.locator('section[aria-labelledby="market-title"] tbody').first().textContent(), /✓ conserved/);
  assert.equal(await page.locator('section[aria-labelledby="history-title"] tbody tr').count(), 2);
  await until('the shadow of the plan to be gone with it', 20_000, async () => await page.locator('caption', { hasText: 'open plans' }).count() === 0);
  await nothingSerious(page, 'upgraded');
  await picture('upgraded');
  noComplaints('after the upgrade');
});

test('reports of both upgrades hold, by the program offline and by ethers; with a word changed they do not', async () => {
  const { daemon, address } = demo.operators[0];
  const file = path.join(dir, 'report.json');
  const verify = async (report, ...more) => {
    writeFileSync(file, JSON.stringify(report));
    const { code, stdout } = await lockstep(demo.binaries.lockstep, ['--json', 'report', 'verify', file, ...more]);
    return [code, JSON.parse(stdout).checks.filter(({ ok }) => !ok).map(({ name }) => name)];
  };
  for (const [id, decision] of [[first, 'old'], [demo.planId, 'new']]) {
    const report = await daemon.get(`/api/v1/plans/${id}/report`);
    assert.deepEqual([report.plan.id, report.result.ended, report.result.decision], [id, true, decision]);
    assert.equal(await verifyReport(report, demo.chains), address);
    assert.deepEqual(await verify(report, '--signer', address), [0, []]);
    assert.deepEqual(await verify({ ...report, skew_s: { ...report.skew_s, closed: 99_999 } }), [12, ['facts', 'signature']]);
  }
  const report = await daemon.get(`/api/v1/plans/${demo.planId}/report`);
  for (const { chain, closed_at: closed, halted_window_s: halted } of report.instances) {
    const { closedAt } = await demo.chains.find(({ name }) => name === chain).status();
    assert.deepEqual([Date.parse(closed) / 1000, halted], [Number(closedAt), Number(closedAt) - demo.haltAt], chain);
  }
  for (const [format, text] of [['md', `# Upgrade ${report.plan.name} of perps\n`], ['html', `<h1>Upgrade ${report.plan.name} of perps</h1>`]]) {
    const { code, stdout } = await lockstep(demo.binaries.lockstep, ['--url', demo.api, 'report', demo.planId, '--format', format]);
    assert.ok(code === 0 && stdout.includes(text) && stdout.includes(address), stdout.slice(0, 500));
  }
  const page = await open(browser, `${demo.api}/api/v1/plans/${demo.planId}/report?format=html`, { shows: 'h1' });
  assert.match(await page.page.locator('h1').textContent(), /^Upgrade/);
  assert.deepEqual(await seriousFindings(page.page), [], 'the report as a page');
  assert.deepEqual(page.complaints, []);
  await page.close();
});

test('evidence is reached and left with the keyboard alone', async () => {
  const { page } = shown;
  await page.locator('.card .chip', { hasText: 'E4' }).first().focus();
  await page.keyboard.press('Enter');
  await page.waitForSelector('dialog[open]');
  assert.match(await page.locator('dialog').textContent(), /E4 Accounts.*mirror-state/s);
  await nothingSerious(page, 'evidence open');
  await page.keyboard.press('Escape');
  await page.waitForSelector('dialog[open]', { state: 'detached' });
  assert.match(await page.evaluate(() => document.activeElement.textContent), /^E4/);
});

test('the plan before is one click away, and its address leads to it', async () => {
  const { page } = shown;
  await page.locator('section[aria-labelledby="history-title"] tbody a').last().click();
  await says('the earlier plan', ({ headline }) => /^Ended on the old version/.test(headline));
  await page.reload();
  await says('the earlier plan again', ({ headline }) => /^Ended on the old version/.test(headline));
  await page.goBack();
  await says('the newest plan', ({ headline }) => /^Done/.test(headline));
});

test('dark, and on a phone, it is whole', async () => {
  const phone = await open(browser, demo.api, { width: 360, height: 740, colorScheme: 'dark' });
  await phone.page.waitForSelector('.lane');
  assert.deepEqual(await phone.page.evaluate(() => [document.scrollingElement.scrollWidth, innerWidth]), [360, 360], 'nothing sticks out');
  await nothingSerious(phone.page, 'dark, on a phone');
  await phone.page.screenshot({ path: path.join(dir, 'phone.png'), fullPage: true });
  assert.deepEqual(phone.complaints, []);
  await phone.close();
});
