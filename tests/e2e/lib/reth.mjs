// Reth: how it is started and asked for a block. LOCKSTEP_RETH names the program.
import { binaryOf, ExecutionNode, funded, gasLimit } from './execution.mjs';

const apis = 'eth,net,web3,debug,txpool,testing';
const blobs = { target: 6, max: 9, baseFeeUpdateFraction: 5_007_716 };

/// Osaka from the first block on. Without the contracts that deposits, withdrawals and old block hashes are read from: no test uses them.
function genesisOf(chainId) {
  const blocks = ['homestead', 'eip150', 'eip155', 'eip158', 'byzantium', 'constantinople', 'petersburg', 'istanbul', 'berlin', 'london'];
  const times = ['shanghai', 'cancun', 'prague', 'osaka'];
  const config = {
    ...Object.fromEntries(blocks.map((fork) => [`${fork}Block`, 0])), ...Object.fromEntries(times.map((fork) => [`${fork}Time`, 0])),
    terminalTotalDifficulty: 0, terminalTotalDifficultyPassed: true, blobSchedule: { cancun: blobs, prague: blobs, osaka: blobs },
  };
  return funded(chainId, { config, alloc: {}, nonce: '0x0', extraData: '0x', difficulty: '0x0', coinbase: `0x${'00'.repeat(20)}`, mixHash: `0x${'00'.repeat(32)}` });
}

export class Reth extends ExecutionNode {
  name = 'Reth';

  arguments({ archive, jwt }) {
    this.binary = binaryOf('LOCKSTEP_RETH', 'Reth', 'docs/assurance.md says how to build one');
    return [
      'node', '--datadir', this.dir, '--chain', this.file('genesis.json', JSON.stringify(genesisOf(this.chainId))),
      '--disable-discovery', '--port', 0, '--ipcdisable', '--color', 'never', '--log.file.max-files', 0,
      '--http', '--http.port', this.port, '--http.api', apis, '--ws', '--ws.port', this.port, '--ws.api', apis,   // one port for both serves the same on both
      '--authrpc.port', this.engine, '--authrpc.jwtsecret', jwt,
      '--builder.gaslimit', gasLimit, '--txpool.max-account-slots', 1024, '--rpc.eth-proof-window', archive ? 100_000 : 128,
    ];
  }

  async build(parent, attributes, transactions) {
    if (transactions) return this.rpc.call('testing_buildBlockV1', [{ parentBlockHash: parent.hash, payloadAttributes: attributes, transactions }]);
    const { payloadId } = await this.choose(attributes);   // of what the pool holds
    return this.engineCall('engine_getPayloadV5', [payloadId]);
  }
}
