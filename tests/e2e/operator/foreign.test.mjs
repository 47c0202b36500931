// What others make of our documents: jsonschema of our schemas, icalendar of our calendar.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { newKey, Operator, scratch } from '../refusals/operator.mjs';
import { paperChains, writePaperPlan } from '../refusals/paper.mjs';
import { cli } from '../refusals/programs.mjs';

const root = fileURLToPath(new URL('../../../', import.meta.url));
let dir, operator;
before(async () => {
  dir = scratch();
  const key = await newKey(path.join(dir, 'key'));
  operator = await Operator.create({ dir: path.join(dir, 'a'), chains: paperChains, key, port: 28284 });
});
after(() => operator?.daemon.kill());

/// Debian's own Python: its packages are what deploy/setup installs.
const python = (script, input) => execFileSync('/usr/bin/python3', ['-c', script], { input, encoding: 'utf8' });

test('the schemas are schemas, accept the examples and refuse what the loader refuses', async () => {
  const validate = `
import json, sys, tomllib, datetime, jsonschema
asked = json.load(sys.stdin)
def plain(value):
    if isinstance(value, dict): return {key: plain(member) for key, member in value.items()}
    if isinstance(value, list): return [plain(member) for member in value]
    return value.isoformat() if isinstance(value, (datetime.datetime, datetime.date)) else value
jsonschema.Draft7Validator.check_schema(asked['schema'])
document = plain(tomllib.loads(asked['toml']))
print(json.dumps(sorted('.'.join(map(str, error.absolute_path)) + ': ' + error.validator for error in jsonschema.Draft7Validator(asked['schema']).iter_errors(document))))
`;
  const errors = async (kind, toml) => JSON.parse(python(validate, JSON.stringify({ schema: JSON.parse((await cli('config', 'schema', '--kind', kind)).stdout), toml })));
  const read = (name) => readFileSync(path.join(root, 'config', name), 'utf8');
  assert.deepEqual(await errors('config', read('config.toml')), []);
  assert.deepEqual(await errors('protocol', read('protocols/acme-perps.toml')), []);
  assert.deepEqual(await errors('plan', read('plan.toml')), []);
  assert.deepEqual(await errors('config', read('config.toml').replace('rpc_quorum = 2', 'rpc_quroum = 0')), ['chain.0: additionalProperties']);
  assert.deepEqual(await errors('config', read('config.toml').replace('rpc_quorum = 2', 'rpc_quorum = 0')), ['chain.0.rpc_quorum: minimum']);
  assert.deepEqual(await errors('config', read('config.toml').replace('{ credential = "keystore_passphrase" }', '"written"')), ['signer.0.passphrase: type']);
});

test('the calendar is one, with the times of the plan', async () => {
  await operator.start();
  const id = await operator.submit(writePaperPlan(path.join(dir, 'plan.toml')).file);
  const { window } = await operator.plan(id);
  const calendar = await (await fetch(`${operator.api}/api/v1/feeds/upgrades.ics`)).text();
  const events = JSON.parse(python(`
import icalendar, json, sys
calendar = icalendar.Calendar.from_ical(sys.stdin.buffer.read())
print(json.dumps([[str(event['uid']), event['dtstart'].dt.isoformat(), event['dtend'].dt.isoformat(), str(event['status']), str(event['summary'])] for event in calendar.walk('VEVENT')]))
`, calendar));
  const iso = (time) => time.replace('Z', '+00:00');
  assert.deepEqual(events, [[`${id}@lockstep`, iso(window.halt_at), iso(window.decide_by), 'TENTATIVE', 'perps: perps-v2']]);
  python('import sys, xml.etree.ElementTree as tree\nassert tree.fromstring(sys.stdin.buffer.read()).tag == "{http://www.w3.org/2005/Atom}feed"', await (await fetch(`${operator.api}/api/v1/feeds/upgrades.atom`)).text());
  await operator.stop();
});
