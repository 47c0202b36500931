// An operator that does everything its key allows: of each kind of statement it hears of it signs two, serves both, in turns, and garbage in between.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { keccak256, privateKeyToAccount } from '../lib/packages.mjs';
import { Random } from '../lib/random.mjs';

const fields = ['kind:uint8', 'epoch:uint64', 'planHash:bytes32', 'outcome:uint8', 'operatorSet:bytes32', 'evidence:bytes32'];
const Statement = fields.map((field) => { const [name, type] = field.split(':'); return { name, type }; });
const kinds = { switch: 1, vote_new: 2, vote_old: 3, outcome: 4, halt_now: 5 };
const outcomes = { none: 0, new: 1, old: 2 };

export class Byzantine {
  /// home: the chain of the home gate; port: where its peers expect it.
  constructor({ key, port, seed, home }) {
    Object.assign(this, { account: privateKeyToAccount(key), port, random: new Random(seed), home, served: new Map(), asked: 0, garbage: 0 });
    this.server = createServer((request, response) => this.#answer(request, response));
  }

  async start() {
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    return this;
  }

  async stop() {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  /// Signs two variants of a statement somebody else made: as it is, and on other evidence. Also a vote for the other outcome.
  async twist(statement) {
    const key = `${statement.plan} ${statement.kind}`;
    if (this.served.has(key)) return;
    this.served.set(key, []);
    const twisted = { ...statement, evidence: keccak256(statement.evidence) };
    this.served.set(key, await Promise.all([statement, twisted].map((one) => this.#signed(one))));
    if (statement.kind === 'switch') await this.twist({ ...statement, kind: 'vote_old' });
  }

  async #signed({ from, signature: _, ...statement }) {
    const message = {
      kind: kinds[statement.kind], epoch: BigInt(statement.epoch), planHash: statement.plan, outcome: outcomes[statement.outcome],
      operatorSet: statement.operator_set, evidence: statement.evidence,
    };
    const domain = { name: 'Lockstep', version: '1', chainId: this.home.chainId, verifyingContract: this.home.deployment.gate };
    const signature = await this.account.signTypedData({ domain, types: { Statement }, primaryType: 'Statement', message });
    return { ...statement, signer: this.account.address.toLowerCase(), signature };
  }

  #answer(request, response) {
    this.asked += 1;
    if (!request.url.startsWith('/api/v1/attestations')) { response.writeHead(404).end(); return; }
    if (this.random.chance(0.5)) { this.garbage += 1; this.#spoil(response); return; }
    const pairs = [...this.served.values()].filter((pair) => pair.length);
    const attestations = pairs.flatMap((pair) => [this.random.pick(pair)]);
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ schema: 'lockstep.attestations/1', attestations }));
  }

  #spoil(response) {
    const real = [...this.served.values()].flat()[0];
    const json = (body) => response.writeHead(200, { 'content-type': 'application/json' }).end(body);
    const wrapped = (attestations) => json(JSON.stringify({ schema: 'lockstep.attestations/1', attestations }));
    switch (this.random.between(0, 6)) {
      case 0: json('{"schema":"lockstep.attestations/1","attestations":[{'); break;
      case 1: json('[]'.repeat(100_000)); break;
      case 2: response.writeHead(500).end(); break;
      case 3: response.destroy(); break;
      case 4: wrapped(real ? [{ ...real, signature: `0x${'11'.repeat(65)}` }] : [1, null, 'x']); break;
      case 5: wrapped(real ? Array.from({ length: 5000 }, (_, i) => ({ ...real, epoch: i })) : []); break;
      default: wrapped(real ? [{ ...real, signer: `0x${'00'.repeat(20)}`, evidence: '0x' }] : [{}]);
    }
  }
}
