// The chains as their endpoints answer, and how far finality lags behind the head, over time.
import uPlot from 'uplot';
import { useEffect, useRef } from 'preact/hooks';
import { html } from './html.mjs';
import { clock, shortHash } from './words.mjs';

const strokes = ['--line-1', '--line-2', '--line-3', '--line-4', '--line-5', '--line-6'];
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function chartOf(node, names) {
  const axis = { stroke: colour('--quiet'), grid: { stroke: colour('--rule') }, ticks: { stroke: colour('--rule') } };
  return new uPlot({
    width: Math.max(240, node.clientWidth), height: 180, legend: { live: false }, cursor: { drag: { x: false, y: false } },
    axes: [{ ...axis, values: (_, all) => all.map((at) => clock(at * 1000)), space: 70 }, { ...axis, size: 44, values: (_, all) => all.map((value) => `${value} s`) }],
    scales: { y: { range: (_, low, high) => [0, Math.max(4, high * 1.1)] } },
    series: [{}, ...names.map((label, i) => ({ label, stroke: colour(strokes[i % strokes.length]), width: 2, dash: i >= strokes.length ? [6, 4] : undefined, points: { show: false } }))],
  }, [[], ...names.map(() => [])], node);
}

function Lag({ trend, names, theme }) {
  const node = useRef(null);
  const chart = useRef(null);
  const key = `${names.join()} ${theme}`;
  useEffect(() => {
    const place = node.current;
    const drawn = chart.current = chartOf(place, names);
    const resize = new ResizeObserver(() => drawn.setSize({ width: Math.max(240, place.clientWidth), height: 180 }));
    resize.observe(place);
    return () => { resize.disconnect(); drawn.destroy(); };
  }, [key]);
  useEffect(() => { chart.current?.setData([trend.map(({ at }) => at / 1000), ...names.map((name) => trend.map(({ lag }) => lag[name] ?? null))]); }, [key, trend.length, trend.at(-1)?.at]);
  const last = trend.at(-1)?.lag ?? {};
  return html`<figure><figcaption>Seconds from the final block to the head</figcaption>
    <div ref=${node} class="chart" role="img" aria-label=${`Finality lag now: ${names.map((name) => `${name} ${last[name] ?? '?'} seconds`).join(', ')}`}></div></figure>`;
}

export function Health({ status, trend, theme }) {
  const names = status.chains.map(({ id }) => id);
  return html`<section class="panel" aria-labelledby="health-title"><h2 id="health-title">Chains and endpoints</h2>
    <div class="scroll" tabindex="0" role="group" aria-label="Table; scrolls sideways"><table><thead><tr><th scope="col">chain</th><th scope="col">head</th><th scope="col">final</th><th scope="col">reorganisations</th><th scope="col">endpoints</th><th scope="col">signer</th></tr></thead>
      <tbody>${status.chains.map((chain) => html`<tr><th scope="row">${chain.id}</th><td class="number">${chain.head.num}</td><td class="number">${chain.final.num}</td>
        <td class="number">${chain.reorgs}${chain.reorgs ? html` <small>deepest ${chain.reorg_depth_max}</small>` : null}</td>
        <td>${chain.endpoints.map(({ name, up, last_error: error, latency_s: latency }) => html`<span class=${`endpoint ${up ? 'green' : 'red'}`} title=${error ?? ''}>${up ? '●' : '✗'} ${name} <small>${up ? `${Math.round(latency * 1000)} ms` : error}</small></span> `)}</td>
        <td>${chain.signer ? html`<code title=${chain.signer}>${shortHash(chain.signer)}</code> <small>${(Number(chain.balance_wei ?? 0) / 1e18).toFixed(3)} native, nonce ${chain.nonce}</small>` : '–'}</td></tr>`)}</tbody></table></div>
    ${names.length ? html`<${Lag} trend=${trend} names=${names} theme=${theme} />` : null}
    ${status.peers.length ? html`<h3>Other operators</h3><ul class="peers">${status.peers.map(({ address, up, attestations, last_error: error }) => html`<li class=${up ? 'green' : 'red'}>${up ? '●' : '✗'} <code title=${address}>${shortHash(address)}</code> <small>${up ? `${attestations} signatures held` : error ?? 'not heard yet'}</small></li>`)}</ul>` : null}
  </section>`;
}
