// A history as a file: one row per line, and a row says only what differs from the row before it. unpack(JSON.parse(pack(history))) equals history.

const sections = ['collateral', 'positions', 'orders', 'markets'];
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/// provenance: where the history comes from, in words and versions. Returns the text of a JSON document.
export function pack(history, provenance) {
  const chains = history.chains.map((chain) => object({
    ...chain, blocks: rows(differences(chain.blocks)), events: rows(chain.events), txns: rows(chain.txns), snapshots: rows(snapshotDifferences(chain.snapshots)),
  }));
  return `{"schema":${JSON.stringify(history.schema)},\n"provenance":${JSON.stringify(provenance)},\n"told":${list(history.told)},\n"dishonest":${JSON.stringify(history.dishonest)},\n"chains":[\n${chains.join(',\n')}]}\n`;
}

export function unpack({ schema, chains, told = [], dishonest = [] }) {
  return { schema, told, dishonest, chains: chains.map((chain) => ({ ...chain, blocks: sums(chain.blocks), snapshots: snapshotSums(chain.snapshots) })) };
}

class Rows { constructor(text) { this.text = text; } }
const list = (items) => (items.length ? `[\n${items.map((row) => JSON.stringify(row)).join(',\n')}]` : '[]');
const rows = (items) => new Rows(list(items));
const object = (members) => `{${Object.entries(members).map(([key, value]) => `${JSON.stringify(key)}:${value instanceof Rows ? value.text : JSON.stringify(value)}`).join(',\n')}}`;

const difference = (row, last) => Object.fromEntries(Object.entries(row).filter(([key, value]) => !last || !same(value, last[key])));
const differences = (list) => list.map((row, i) => difference(row, list[i - 1]));
const sums = (list) => list.reduce((done, row) => [...done, { ...done.at(-1), ...row }], []);

function snapshotDifferences(list) {
  return list.map((snapshot, i) => {
    const last = list[i - 1];
    const section = (name) => [name, !last ? snapshot[name] : {
      ...difference(snapshot[name], last[name]), ...Object.fromEntries(Object.keys(last[name]).filter((key) => !(key in snapshot[name])).map((key) => [key, null])),
    }];
    return { ...snapshot, ...Object.fromEntries(sections.map(section)) };
  });
}
function snapshotSums(list) {
  return list.reduce((done, snapshot) => {
    const section = (name) => [name, Object.fromEntries(Object.entries({ ...structuredClone(done.at(-1)?.[name]), ...snapshot[name] }).filter(([, value]) => value !== null))];
    return [...done, { ...snapshot, ...Object.fromEntries(sections.map(section)) }];
  }, []);
}
