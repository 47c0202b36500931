// Debian's Chromium, driven by playwright-core, and what it complained of while it showed a page.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const require = createRequire(fileURLToPath(new URL('../../../contracts_abi/solidity/package.json', import.meta.url)));
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

const quiet = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

export const launch = () => chromium.launch({ executablePath: process.env.LOCKSTEP_CHROMIUM ?? '/usr/bin/chromium', args: quiet });

/// A page in a profile of its own, once it shows something. complaints: console errors, exceptions, blocked by the content security policy, answers that are errors.
export async function open(browser, url, { width = 1280, height = 900, colorScheme = 'light', expected = [], shows = '#headline' } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme, reducedMotion: 'reduce' });
  const page = await context.newPage();
  const complaints = [];
  const complain = (text) => { if (!expected.some((pattern) => pattern.test(text))) complaints.push(text); };
  page.on('console', (message) => { if (['error', 'warning'].includes(message.type())) complain(`console ${message.type()}: ${message.text()}`); });
  page.on('pageerror', (error) => complain(`exception: ${error.stack}`));
  page.on('response', (response) => { if (response.status() >= 400) complain(`${response.url()} answers ${response.status()}`); });
  await page.exposeFunction('lockstepTestComplain', complain);
  await page.addInitScript(() => document.addEventListener('securitypolicyviolation', (event) => globalThis.lockstepTestComplain(`blocked: ${event.violatedDirective} ${event.blockedURI}`)));
  await page.goto(url);
  await page.waitForSelector(shows);
  return { page, complaints, close: () => context.close() };
}

/// axe-core's findings that are serious or worse, as sentences. It runs outside the page's policy, as an extension would.
export async function seriousFindings(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  return violations.filter(({ impact }) => ['serious', 'critical'].includes(impact))
    .flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id} ${target.join(' ')}: ${failureSummary.replaceAll('\n', ' ')}`));
}

export const firstRenderMs = (page) => page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null);

/// What the page says, as text; what is not there is empty.
export const said = (page) => page.evaluate(() => {
  const text = (selector) => document.querySelector(selector)?.textContent.trim() ?? '';
  return { headline: text('#headline'), mood: text('#mood'), connection: text('#connection'), waiting: text('#waiting'), trouble: text('.trouble'), alarms: text('.alarms') };
});

/// What each chain's card says: { state, waits }, by chain.
export const cards = (page) => page.locator('.card').evaluateAll((all) => Object.fromEntries(all.map((card) => [card.dataset.chain,
  { state: card.querySelector('.state').textContent.trim(), waits: card.querySelector('.rows dd').textContent.trim() }])));

/// The states of each lane in their order, by chain.
export const lanes = (page) => page.locator('.lane').evaluateAll((rows) => Object.fromEntries(rows.map((row) => [
  row.querySelector('.lane-name').firstChild.textContent.trim(),
  [...row.querySelectorAll('.segment')].map((segment) => /is-(\w+)/.exec(segment.className)[1])])));
