// What lies between an operator and a node, or between two operators: links that pass everything on, until told to misbehave. All links of a run are in
// this process and change from one request to the next; what a link does is a function of its mode and its own seed, never of a clock.
import { Agent, createServer, request } from 'node:http';
import { once } from 'node:events';
import { Random } from './random.mjs';

const MAX_BODY = 64 << 20;

/// How a link may behave besides `pass`. All but `lie` need not understand what they carry.
///   drop      takes the request and never answers          refuse    cuts the connection
///   slow      answers after `ms`                           busy      HTTP 429          broken    HTTP 500
///   truncate  the first half of the answer, then cuts      drip      the head of an answer, then a byte now and then, without an end
///   flood     an answer that does not end                  elsewhere HTTP 307 to `url`
///   flaky     each request one of the above or none, by the link's seed (probability `p`)
///   lie       each answer changed by `lie`, see lies.mjs
export const modes = ['pass', 'drop', 'refuse', 'slow', 'busy', 'broken', 'truncate', 'drip', 'flood', 'elsewhere', 'flaky', 'lie'];

export class Link {
  constructor({ name, upstream, seed = 1 }) {
    Object.assign(this, { name, upstream: new URL(upstream), random: new Random(seed), requests: 0, spoiled: 0, held: new Set(), mode: 'pass', options: {} });
  }

  /// Takes effect with the next request; requests that were never going to be answered are cut.
  set(mode, options = {}) {
    if (!modes.includes(mode)) throw new Error(`no link behaves like "${mode}"`);
    Object.assign(this, { mode, options });
    for (const response of this.held) response.destroy();
    this.held.clear();
    return this;
  }

  pass() { return this.set('pass'); }

  async serve(incoming, response) {
    const body = await read(incoming);
    this.requests += 1;
    const mode = this.mode === 'flaky' ? this.#drawn() : this.mode;
    if (mode !== 'pass') this.spoiled += 1;
    switch (mode) {
      case 'drop': this.held.add(response); response.once('close', () => this.held.delete(response)); return;
      case 'refuse': response.destroy(); return;
      case 'busy': response.writeHead(429, { 'retry-after': '1' }).end('too many requests'); return;
      case 'broken': response.writeHead(500).end('internal error'); return;
      case 'drip': await dripped(response); return;
      case 'flood': await flooded(response); return;
      case 'elsewhere': response.writeHead(307, { location: this.options.url }).end(); return;
      default:
    }
    const { options } = this;
    if (mode === 'slow') await new Promise((resolve) => { setTimeout(resolve, options.ms ?? 500); });
    const answer = await this.#forward(incoming, body);
    if (mode === 'pass' || mode === 'slow') { response.writeHead(answer.statusCode, answer.headers); answer.pipe(response); return; }
    const text = await read(answer);
    if (mode === 'truncate') {
      response.writeHead(answer.statusCode, { ...answer.headers, 'content-length': text.length });
      response.write(text.subarray(0, text.length >> 1), () => response.destroy());
      return;
    }
    const spoken = Buffer.from(await told(body, text, options.lie));
    response.writeHead(answer.statusCode, { 'content-type': 'application/json', 'content-length': spoken.length }).end(spoken);
  }

  #drawn() {
    const { p = 0.3, of = ['refuse', 'busy', 'broken', 'truncate', 'slow'] } = this.options;
    return this.random.chance(p) ? this.random.pick(of) : 'pass';
  }

  #forward(incoming, body) {
    const { upstream } = this;
    const headers = { ...incoming.headers, host: upstream.host, 'content-length': body.length };
    delete headers['transfer-encoding'];
    delete headers.connection;
    delete headers['accept-encoding'];   // whoever lies has to read first, and go-ethereum compresses
    const path = this.alone ? incoming.url : upstream.pathname;
    return new Promise((resolve, reject) => {
      const sent = request({ host: upstream.hostname, port: upstream.port, path, method: incoming.method, headers, agent }, resolve);
      sent.once('error', reject);
      sent.end(body);
    });
  }
}

/// Both end only when the other side has had enough.
async function dripped(response) {
  response.writeHead(200, { 'content-type': 'application/json' }).write('[');
  while (!response.destroyed) { response.write(' '); await new Promise((resolve) => { setTimeout(resolve, 20); }); }
}

async function flooded(response) {
  response.writeHead(200, { 'content-type': 'application/json' }).write('[');
  const part = Buffer.alloc(65536, 0x20);
  while (!response.destroyed) { if (!response.write(part)) await Promise.race([once(response, 'drain'), once(response, 'close')]); }
}

const agent = new Agent({ keepAlive: true, maxSockets: 64 });

async function read(stream) {
  const parts = [];
  let size = 0;
  for await (const part of stream) {
    size += part.length;
    if (size > MAX_BODY) throw new Error(`a body of more than ${MAX_BODY} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/// The answer with each result as `lie(method, params, result)` would have it, at once or later; undefined leaves it as it is.
async function told(asked, answered, lie) {
  const calls = JSON.parse(asked), answers = JSON.parse(answered);
  const byId = new Map([calls].flat().map((call) => [call.id, call]));
  for (const answer of [answers].flat()) {
    const call = byId.get(answer.id);
    if (!call || answer.error) continue;
    const result = await lie(call.method, call.params ?? [], answer.result);
    if (result !== undefined) answer.result = result;
  }
  return JSON.stringify(answers);
}

/// One listening port. Without `only` it carries many links, told apart by their path: /<name>.
export class Proxy {
  constructor(port, only = null) {
    Object.assign(this, { port, only, links: new Map(), server: createServer((incoming, response) => this.#serve(incoming, response)) });
    this.server.keepAliveTimeout = 60_000;
  }

  async start() {
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    return this;
  }

  get url() { return `http://127.0.0.1:${this.port}`; }

  /// name: [a-z0-9/-]+. Resolves the link; its `url` is where it listens.
  add(name, upstream, seed) {
    const link = new Link({ name, upstream, seed });
    link.url = `${this.url}/${name}`;
    this.links.set(`/${name}`, link);
    return link;
  }

  #serve(incoming, response) {
    const link = this.only ?? this.links.get(incoming.url);
    if (!link) { response.writeHead(404).end('no such link'); return; }
    link.serve(incoming, response).catch(() => response.destroy());   // the far end is gone: so is this one
  }

  async stop() {
    this.server.closeAllConnections();
    if (!this.server.listening) return;
    this.server.close();
    await once(this.server, 'close');
  }
}

/// A link that has a port to itself, for who cannot be reached under a path.
export async function linkOn(port, { name, upstream, seed }) {
  const link = new Link({ name, upstream, seed });
  const proxy = await new Proxy(port, link).start();
  link.alone = true;
  return Object.assign(link, { url: proxy.url, stop: () => proxy.stop() });
}
