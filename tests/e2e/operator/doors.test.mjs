// The read API as strangers meet it: TLS by curl's and OpenSSL's own clients, and heads that could be read in two ways, straight, over TLS and through nginx.
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { until } from '../demo/daemon.mjs';
import { freePort } from '../lib/anvil.mjs';
import { edit, newKey, Operator, scratch } from '../refusals/operator.mjs';
import { paperChains } from '../refusals/paper.mjs';
import { cli, daemonEnds, endedWith, exit } from '../refusals/programs.mjs';

const port = 28290;
const corpus = JSON.parse(readFileSync(fileURLToPath(new URL('../../unit/api/smuggling.json', import.meta.url)), 'utf8')).cases
  .map(({ name, status, bytes }) => ({ name, status, wire: Buffer.from(bytes.map((part) => (typeof part === 'string' ? part : part[0].repeat(part[1]))).join(''), 'latin1') }));
let dir, operator, front, nginxPort;

/// A certificate for localhost, its own authority, and its key: { certificate, key }.
function issue(name, ...validity) {
  const [certificate, key] = [path.join(dir, `${name}.pem`), path.join(dir, `${name}.key`)];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1',
    '-keyout', key, '-out', certificate, ...validity], { stdio: 'ignore' });
  execFileSync('chmod', ['600', key]);
  return { certificate, key };
}

/// One that was valid for a moment in 2020. `openssl req` cannot say so; its authority can.
function expired() {
  const made = issue('old', '-days', '30');
  const place = path.join(dir, 'authority');
  execFileSync('sh', ['-c', `mkdir -p ${place} && : > ${place}/index && echo 01 > ${place}/serial
openssl req -new -key ${made.key} -subj /CN=old -out ${place}/old.csr
printf '[ca]\\ndefault_ca=a\\n[a]\\ndatabase=${place}/index\\nserial=${place}/serial\\nnew_certs_dir=${place}\\ndefault_md=sha256\\npolicy=p\\n[p]\\ncommonName=supplied\\n' > ${place}/conf
openssl ca -batch -selfsign -config ${place}/conf -keyfile ${made.key} -in ${place}/old.csr -startdate 20200101000000Z -enddate 20200102000000Z -notext -out ${made.certificate}`], { stdio: 'ignore' });
  return made;
}

const curl = (...args) => execFileSync('curl', ['-sS', '--max-time', '60', ...args], { encoding: 'utf8' });
const status = (...args) => curl('-o', '/dev/null', '-w', '%{http_code} %{http_version}', ...args);
const handshake = (...args) => spawnSync('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, ...args], { input: '', encoding: 'utf8', timeout: 60_000 });
const subject = () => /subject=.*CN = (\S+)/.exec(handshake().stdout)?.[1];

/// All that comes until the other side closes.
const answers = (socket, wire) => new Promise((resolve, reject) => {
  let text = '';
  socket.on('data', (part) => { text += part.toString('latin1'); });
  socket.once('error', (error) => (text ? resolve(text) : reject(error))).once('close', () => resolve(text));
  socket.write(wire);
});

/// Each head of the corpus is refused as it must be, the connection is closed, and what follows is not answered.
async function refusesTheCorpus(open) {
  for (const { name, status: expected, wire } of corpus) {
    const more = name.startsWith('endless') ? '' : '0\r\n\r\nGET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n';
    const text = await answers(open(), Buffer.concat([wire, Buffer.from(more)]));
    assert.deepEqual([...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, code]) => Number(code)), [expected], `${name}: ${text}`);
  }
}

before(async () => {
  dir = scratch();
  const key = await newKey(path.join(dir, 'key'));
  operator = await Operator.create({ dir: path.join(dir, 'a'), chains: paperChains, key, port });
});
after(() => {
  operator?.daemon.kill();
  front?.kill();
});

describe('in the clear', () => {
  before(() => operator.start());
  after(() => operator.stop());

  test('what could be read in two ways is refused', () => refusesTheCorpus(() => connect(port, '127.0.0.1')));

  test('behind nginx, it is asked exactly what nginx asked', async () => {
    const log = path.join(dir, 'nginx.access');
    nginxPort = await freePort();
    writeFileSync(path.join(dir, 'nginx.conf'), `${process.getuid() === 0 ? 'user root; ' : ''}worker_processes 1; daemon off; pid ${dir}/nginx.pid; error_log ${dir}/nginx.error;
events { worker_connections 256; }
http { log_format upstream '$upstream_addr $upstream_status'; access_log ${log} upstream; client_body_temp_path ${dir}; proxy_temp_path ${dir}; fastcgi_temp_path ${dir}; uwsgi_temp_path ${dir}; scgi_temp_path ${dir};
  upstream lockstepd { server 127.0.0.1:${port}; keepalive 1; }
  server { listen 127.0.0.1:${nginxPort}; location / { proxy_pass http://lockstepd; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host localhost; proxy_request_buffering off; } } }
`);
    front = spawn('/usr/sbin/nginx', ['-p', dir, '-e', `${dir}/nginx.error`, '-c', path.join(dir, 'nginx.conf')], { stdio: 'inherit' });
    const through = `http://127.0.0.1:${nginxPort}`;
    await until('nginx to pass on', 30_000, async () => (await fetch(`${through}/livez`).catch(() => null))?.ok);
    const counted = async () => [...(await (await fetch(`http://127.0.0.1:${port + 1}/metrics`)).text()).matchAll(/^lockstep_http_requests_total\{(?!.*route="\/metrics").*\} (\d+)/gm)].reduce((sum, [, count]) => sum + Number(count), 0);
    const passedOn = () => readFileSync(log, 'utf8').split('\n').filter((line) => line && !line.startsWith('-')).length;
    assert.ok(passedOn() > 0);
    const before = { asked: passedOn(), counted: await counted() };
    let answered = 0;
    for (const { name, wire } of corpus) {
      if (name.startsWith('endless')) continue;   // nginx waits a minute for its end
      const text = await answers(connect(nginxPort, '127.0.0.1'), Buffer.concat([wire, Buffer.from('0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')]));
      answered += text.includes('HTTP/1.1 ') ? 1 : 0;
      // On nginx's one connection to the daemon, the next one to ask gets the answer to what it asked.
      const { schema } = await (await fetch(`${through}/api/v1/version`)).json();
      assert.equal(schema, 'lockstep.version/1', name);
    }
    assert.ok(answered > 40, `${answered} cases were answered at all`);
    const [asked, now] = [passedOn() - before.asked, await counted()];
    assert.equal(now - before.counted, asked, 'requests counted by the daemon, and passed on by nginx');
  });
});

describe('over TLS', () => {
  let first, second, mine;
  before(async () => {
    [first, second] = [issue('first', '-days', '30'), issue('second', '-days', '30')];
    mine = { certificate: path.join(dir, 'mine.pem'), key: path.join(dir, 'mine.key') };
    install(first);
    edit(operator.config, '[store]', `[api.tls]\ncertificate = "${mine.certificate}"\nkey = { file = "${mine.key}" }\n\n[store]`);
    operator.daemon.start();
    await until('it to answer by TLS', 30_000, () => handshake().status === 0);
  });
  after(() => operator.stop());
  function install({ certificate, key }) {
    copyFileSync(certificate, mine.certificate);
    copyFileSync(key, mine.key);
  }
  const url = `https://localhost:${port}`;
  const told = async (pattern) => until(`the log to say ${pattern}`, 30_000, () => pattern.test(readFileSync(operator.log, 'utf8')));

  test('curl reads it, and only by the right authority; plain HTTP gets nothing', () => {
    assert.equal(status('--cacert', first.certificate, `${url}/api/v1/status`), '200 1.1');
    assert.equal(JSON.parse(curl('--cacert', first.certificate, `${url}/api/v1/status`)).schema, 'lockstep.status/1');
    assert.equal(status('--http2', '--cacert', first.certificate, `${url}/livez`), '200 1.1', 'HTTP/1.1 is chosen where HTTP/2 is offered, too');
    assert.throws(() => curl('--cacert', second.certificate, `${url}/livez`), /self.signed certificate/);
    assert.throws(() => curl(`http://localhost:${port}/livez`));
    const large = curl('--cacert', first.certificate, `${url}/app.js`);
    assert.ok(large.length > 50_000, 'an answer of many records');
  });

  test('TLS 1.2 and 1.3, nothing older, nothing without forward secrecy, no renegotiation', () => {
    for (const version of ['-tls1_2', '-tls1_3']) assert.equal(handshake(version).status, 0, version);
    for (const old of [['-tls1_1', '-cipher', 'ALL:@SECLEVEL=0'], ['-tls1', '-cipher', 'ALL:@SECLEVEL=0'], ['-tls1_2', '-cipher', 'AES128-SHA256'], ['-alpn', 'h2']]) assert.notEqual(handshake(...old).status, 0, old.join(' '));
    const renegotiated = spawnSync('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, '-tls1_2'], { input: 'R\n', encoding: 'utf8', timeout: 60_000 });
    assert.match(renegotiated.stderr + renegotiated.stdout, /no renegotiation|handshake failure|ssl\/tls alert/i);
  });

  test('a handshake that does not come ends, and delays nobody', async () => {
    const silent = connect(port, '127.0.0.1');
    const ended = new Promise((resolve) => { silent.once('close', resolve); });
    assert.equal(status('--cacert', first.certificate, `${url}/livez`), '200 1.1');
    assert.equal(await ended, false);
  });

  test('what could be read in two ways is refused here, too', () => refusesTheCorpus(() => connectTls({ port, host: '127.0.0.1', ca: readFileSync(first.certificate), servername: 'localhost' })));

  test('events stream', () => {
    const { stdout } = spawnSync('curl', ['-sSN', '--max-time', '2', '--cacert', first.certificate, '-H', 'Last-Event-ID: 0', `${url}/api/v1/events`], { encoding: 'utf8' });
    assert.match(stdout, /^retry: 2000/);
  });

  test('our own CLI and doctor need no name of it', async () => {
    assert.equal(JSON.parse((await operator.cli('--json', 'status')).stdout).schema, 'lockstep.status/1');
    const { checks } = JSON.parse((await operator.cli('--json', 'doctor')).stdout);
    assert.deepEqual(checks.filter(({ check }) => ['api.tls', 'daemon'].includes(check)).map(({ verdict }) => verdict), ['ok', 'ok'], JSON.stringify(checks));
  });

  test('a certificate is renewed by a reload; one that cannot be used is refused, and the old one stays', async () => {
    assert.equal(subject(), 'first');
    install(second);
    operator.daemon.signal('SIGHUP');
    await until('the new certificate', 30_000, () => subject() === 'second');
    copyFileSync(first.key, mine.key);
    operator.daemon.signal('SIGHUP');
    await told(/not taken over.*the key cannot be used.*key values mismatch/);
    writeFileSync(mine.certificate, 'nonsense');
    operator.daemon.signal('SIGHUP');
    await told(/not taken over.*the certificate cannot be read/);
    install(expired());
    operator.daemon.signal('SIGHUP');
    await told(/not taken over.*the certificate has expired.*valid until 2020-01-02T00:00:00Z/);
    assert.equal(subject(), 'second');
    assert.ok(!readFileSync(operator.log, 'utf8').includes('PRIVATE KEY'));
    const found = JSON.parse((await operator.cli('--json', 'doctor')).stdout).checks.find(({ check }) => check === 'api.tls');
    assert.deepEqual([found.verdict, found.what], ['fail', 'the certificate has expired']);
  });

  test('neither --check nor a start takes it', async () => {
    endedWith(await daemonEnds(['--config', operator.config, '--check']), exit.badConfig, 'the certificate has expired', 'Next: renew it');
    edit(operator.config, `key = { file = "${mine.key}" }`, '');
    const checked = await cli('config', 'check', operator.config);
    assert.equal(checked.code, exit.badConfig);
    assert.match(checked.stderr, /api\.tls\.certificate has no key/);
    edit(operator.config, `certificate = "${mine.certificate}"\n`, `certificate = "${mine.certificate}"\nkey = { file = "${mine.key}" }\n`);
    install(second);
  });
});

test('where others can reach it, who reads shows a token, but for health and what proves itself', async () => {
  edit(operator.config, `listen = "127.0.0.1:${port}"`, `listen = "0.0.0.0:${port}"`);
  const refused = await cli('config', 'check', operator.config);
  assert.equal(refused.code, exit.badConfig, refused.stdout);
  assert.match(refused.stderr, /can be reached from other machines.*set api\.tls and an \[\[api\.token\]\]/);
  const { token, sha256 } = JSON.parse((await cli('--json', 'token', 'new', 'dashboards', '--scope', 'read')).stdout);
  edit(operator.config, '[store]', `[[api.token]]\nid = "dashboards"\nsha256 = "${sha256}"\nscopes = ["read"]\n\n[store]`);
  assert.equal((await cli('config', 'check', operator.config)).code, exit.ok);
  operator.daemon.start();
  await until('it to answer by TLS', 30_000, () => handshake().status === 0);
  const code = (page, ...args) => Number(status('-k', ...args, `https://localhost:${port}${page}`).split(' ')[0]);
  for (const page of ['/livez', '/api/v1/attestations']) assert.equal(code(page), 200, page);
  for (const page of ['/', '/api/v1/status', '/api/v1/events', '/openapi.json', '/no/such/page']) assert.equal(code(page), 401, page);
  assert.equal(code('/api/v1/status', '-H', `Authorization: Bearer ${token}`), 200);
  assert.equal(code('/api/v1/status', '-H', 'Authorization: Bearer lst_wrong'), 401);
  assert.equal(code('/api/v1/reload', '-X', 'POST', '-H', `Authorization: Bearer ${token}`), 403, 'it may only read');
  await operator.stop();
});
