// A proposal's whole way through OpenZeppelin's Governor and TimelockController, in the chain's own time: propose, vote, queue, execute.
import { until } from '../demo/daemon.mjs';
import { artifact, encodeFunctionData, keccak256, stringToHex } from './packages.mjs';

const governorAbi = artifact('DemoGovernor').abi;
const states = ['pending', 'active', 'canceled', 'defeated', 'succeeded', 'queued', 'expired', 'executed'];
const hopeless = new Set(['canceled', 'defeated', 'expired']);
const stepMs = 120_000;

export class Proposal {
  /// calls: [{ target, value?, data }]. voter proposes, votes and pays; it needs the votes.
  constructor(rpc, { governor, voter, calls, description }) {
    Object.assign(this, { rpc, governor, voter, description });
    this.actions = [calls.map((call) => call.target), calls.map((call) => BigInt(call.value ?? 0)), calls.map((call) => call.data)];
    this.hashed = [...this.actions, keccak256(stringToHex(description))];
  }

  async propose() {
    await this.#send('propose', [...this.actions, this.description]);
    this.id = await this.#read('getProposalId', this.hashed);
    return this;
  }

  async vote() { await this.reached('active'); await this.#send('castVote', [this.id, 1]); return this; }
  async queue() { await this.reached('succeeded'); await this.#send('queue', this.hashed); return this; }

  async execute() {
    const eta = Number(await this.#read('proposalEta', [this.id]));
    await until('its timelock to be ripe', stepMs, async () => (await this.rpc.now()) >= eta);
    [this.receipt] = await this.#send('execute', this.hashed);
    return this;
  }

  async state() { return states[await this.#read('state', [this.id])]; }

  async reached(wanted) {
    await until(`the proposal to be ${wanted}`, stepMs, async () => {
      const state = await this.state();
      if (hopeless.has(state)) throw new Error(`the proposal "${this.description}" is ${state}`);
      return state === wanted;
    });
  }

  #read(functionName, args) { return this.rpc.read(this.governor, governorAbi, functionName, args); }

  async #send(functionName, args) {
    const data = encodeFunctionData({ abi: governorAbi, functionName, args });
    return this.rpc.mined(await this.rpc.send([{ from: this.voter, to: this.governor, data }]));
  }
}

/// Everything from propose to execute; resolves the executed proposal. onStep(name) is told of each step that is done.
export async function govern(rpc, deployment, calls, description, onStep = () => {}) {
  const proposal = new Proposal(rpc, { governor: deployment.governor, voter: deployment.deployer, calls, description });
  for (const step of ['propose', 'vote', 'queue', 'execute']) {
    await proposal[step]();
    onStep(step);
  }
  return proposal;
}

/// The call list that takes an armed plan back.
export function disarmCalls(deployment) {
  return [{ target: deployment.gate, data: encodeFunctionData({ abi: artifact('LockstepGate').abi, functionName: 'disarm' }) }];
}
