// The API keeps what its description says, whatever it is asked: random requests made from the description, judged by jsonschema, which is nobody's here.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { request } from 'node:http';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { redocly } from '../lib/packages.mjs';
import { Random } from '../lib/random.mjs';
import { newKey, Operator, scratch } from '../refusals/operator.mjs';
import { paperChains, writePaperPlan } from '../refusals/paper.mjs';

const seed = Number(process.env.LOCKSTEP_SEED ?? Date.now() % 1_000_000), count = Number(process.env.LOCKSTEP_REQUESTS ?? 600);
const port = 28310;
let operator, description, plan;

before(async () => {
  const dir = scratch();
  const key = await newKey(path.join(dir, 'key'));
  operator = await Operator.create({ dir: path.join(dir, 'a'), chains: paperChains, key, port });
  await operator.start();
  plan = await operator.submit(writePaperPlan(path.join(dir, 'plan.toml')).file);
  description = await (await fetch(`${operator.api}/openapi.json`)).json();
});
after(() => operator?.daemon.kill());

/// Through the admin socket, or the port.
function ask({ admin, metrics, method, target, headers, body }) {
  const where = admin ? { socketPath: operator.admin } : { host: '127.0.0.1', port: metrics ? port + 1 : port };
  return new Promise((resolve, reject) => {
    const sent = request({ ...where, method, path: target, headers: { host: 'localhost', ...headers }, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part) => { text += part; }).on('end', () => resolve({ status: response.statusCode, type: (response.headers['content-type'] ?? '').split(';')[0], text }));
    });
    sent.once('error', (error) => reject(new Error(`${method} ${target}: ${error.message}`))).end(body);
  });
}

const nonsense = ['', '0', '-1', '18446744073709551616', 'x'.repeat(300), '%00', '%2e%2e', '%', '%zz', '..', "'; --", '%F0%9F%98%80', '%C3%28', '{}', '[]', 'null', '0x', 'alpha', 'perps'];
const encoded = (text) => (text.startsWith('%') || text === '..' ? text : encodeURIComponent(text));
const resolved = (object) => (object?.$ref ? object.$ref.slice(2).split('/').reduce((at, part) => at[part], description) : object);

/// What can be asked: the feed has no end, and a reload would end the daemon's configuration in the middle.
const operations = () => Object.entries(description.paths).flatMap(([route, item]) => Object.entries(item).filter(([method]) => ['get', 'post'].includes(method)).map(([method, operation]) => ({ route, method, operation })))
  .filter(({ route }) => route !== '/api/v1/events' && route !== '/api/v1/reload');
const placed = (route) => ({ id: route.includes('/chains/') ? 'alpha' : plan.slice(2, 10), name: 'perps', kind: 'config', instance: 'perps:alpha', address: `0x${'11'.repeat(20)}` });

/// One request for a random operation of the description, sometimes as it should be and sometimes not.
function draw(random) {
  const pick = (list) => list[random.between(0, list.length - 1)];
  const often = () => random.between(0, 9) < 6;
  const { route, method, operation } = pick(operations());
  const good = { ...placed(route), kind: pick(['config', 'protocol', 'plan']) };
  const target = route.replaceAll(/\{(\w+)\}/g, (_, name) => (often() ? good[name] : encoded(pick(nonsense))));
  const known = (operation.parameters ?? []).map(resolved).filter(({ in: place }) => place === 'query');
  const value = ({ name, schema }) => (often() ? pick(schema?.enum ?? (name === 'plan' ? [plan] : name === 'chain' ? ['alpha'] : ['1', '2', '10'])) : encoded(pick(nonsense)));
  const keys = known.filter(often).map((parameter) => `${parameter.name}=${value(parameter)}`);
  if (random.between(0, 19) === 0) keys.push(`${pick(['unknown', 'limit', 'plan'])}=${encoded(pick(nonsense))}`);
  const headers = {};
  for (const name of ['if-none-match', 'if-match', 'last-event-id', 'accept', 'content-type', 'idempotency-key']) if (random.between(0, 7) === 0) headers[name] = pick(['*', '"x"', 'text/html', '1', 'x'.repeat(200)]);
  const body = method === 'post' ? pick(['', '{}', '{"reason":"tried"}', '{"reason":1}', '[', '{"toml":"version = 1"}', '\u0000', '{"toml":""}', '"'.repeat(1000)]) : undefined;
  if (body !== undefined) headers['content-length'] = Buffer.byteLength(body);
  const verb = random.between(0, 24) === 0 ? pick(['PUT', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH']) : method.toUpperCase();
  return { route, method, verb: verb === 'HEAD' ? 'GET' : verb, admin: method === 'post' || (route !== '/metrics' && random.between(0, 9) === 0), metrics: route === '/metrics', target: keys.length ? `${target}?${keys.join('&')}` : target, headers, body };
}

/// Sentences about answers that are not as the description says; and about the description's own schemas.
const judge = (answers) => JSON.parse(execFileSync('/usr/bin/python3', ['-c', `
import json, sys, jsonschema
asked = json.load(sys.stdin)
document, wrong = asked['description'], []
def resolved(node):
    while '$ref' in node:
        at = document
        for part in node['$ref'][2:].split('/'): at = at[part]
        node = at
    return node
def walk(node, where):
    if isinstance(node, dict):
        if '$ref' in node: resolved(node)
        if 'schema' in node and isinstance(node['schema'], dict): jsonschema.Draft202012Validator.check_schema(node['schema'])
        for key, value in node.items(): walk(value, where + [key])
    elif isinstance(node, list):
        for value in node: walk(value, where)
walk(document, [])
for schema in document.get('components', {}).get('schemas', {}).values(): jsonschema.Draft202012Validator.check_schema(schema)
resolver = jsonschema.RefResolver('', document)
for one in asked['answers']:
    said = f"{one['verb']} {one['target']} -> {one['status']} {one['type']} {one['text'][:200]}"
    general = one['verb'].lower() != one['method'] or one['status'] in (400, 405, 421)
    responses = document['paths'][one['route']][one['method']]['responses']
    known = responses.get(str(one['status']))
    if known is None and not general: wrong.append('not documented: ' + said); continue
    if one['status'] >= 500 and one['status'] != 503: wrong.append('a fault: ' + said)
    if one['status'] >= 400 and one['type'] == 'application/problem+json':
        problem = json.loads(one['text'])
        if problem.get('status') != one['status'] or not problem.get('code') or not problem.get('title'): wrong.append('no problem document: ' + said)
        continue
    if one['status'] >= 400 and one['type'] != 'text/plain': wrong.append('no problem+json: ' + said)
    content = resolved(known or {}).get('content', {})
    if one['text'] and content and one['type'] not in content: wrong.append('another type: ' + said); continue
    schema = content.get(one['type'], {}).get('schema')
    if schema and one['type'].endswith('json'):
        errors = list(jsonschema.Draft202012Validator(schema, resolver=resolver).iter_errors(json.loads(one['text'])))
        wrong += [f"{error.message[:200]} at {list(error.absolute_path)}: " + said for error in errors[:1]]
print(json.dumps(wrong))
`], { input: JSON.stringify({ description, answers }), encoding: 'utf8', maxBuffer: 64 << 20 }));

test('a linter that is nobody\'s here finds nothing in the description', async () => {
  const { createConfig, lintFromString } = await redocly();
  const problems = await lintFromString({ source: JSON.stringify(description), absoluteRef: 'openapi.json', config: await createConfig({ extends: ['recommended'] }) });
  assert.deepEqual(problems.map(({ ruleId, message, location: [{ pointer } = {}] }) => `${ruleId}: ${message} ${pointer}`), []);
});

test('every operation that needs no chain is answered 200 when it is asked as it should be', async () => {
  const answers = [];
  for (const { route, method } of operations()) {
    const body = method === 'post' ? '{"reason":"tried"}' : undefined;
    const drawn = { route, method, verb: method.toUpperCase(), admin: method === 'post', metrics: route === '/metrics', target: route.replaceAll(/\{(\w+)\}/g, (_, name) => placed(route)[name]), body };
    answers.push({ ...drawn, ...await ask({ ...drawn, method: drawn.verb, headers: body ? { 'content-length': body.length } : {} }) });
  }
  assert.deepEqual(judge(answers), []);
  assert.deepEqual(answers.filter(({ status }) => status !== 200).map(({ verb, route, status }) => `${verb} ${route} ${status}`), [
    'GET /readyz 503',
    ...['summary', 'greeks', 'accounts/{address}', 'shadow'].map((view) => `GET /api/v1/mirror/{instance}/${view} 404`),
    'POST /api/v1/plans 422',
    'POST /api/v1/plans/{id}/halt 409', // it was aborted just before
  ]);
});

test('every answer to a random request is one that its description has', async () => {
  const random = new Random(seed);
  const answers = [];
  for (let i = 0; i < count; ++i) {
    const drawn = draw(random);
    answers.push({ ...drawn, ...await ask({ ...drawn, method: drawn.verb }) });
  }
  const wrong = judge(answers.map(({ route, method, verb, target, status, type, text }) => ({ route, method, verb, target, status, type, text })));
  assert.deepEqual([...new Set(wrong)].slice(0, 10), [], `seed ${seed}`);
  assert.equal((await operator.health('livez')).code, 200);
});
