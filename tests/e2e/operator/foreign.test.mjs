// What others make of our documents: jsonschema of our schemas.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { cli } from '../refusals/programs.mjs';

const root = fileURLToPath(new URL('../../../', import.meta.url));
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
