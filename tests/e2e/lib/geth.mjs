// go-ethereum: how it is started and asked for a block. LOCKSTEP_GETH names the program.
import { execFileSync } from 'node:child_process';
import { binaryOf, ExecutionNode, funded, gasLimit } from './execution.mjs';

const apis = 'eth,net,web3,debug,txpool,testing';

/// What `geth --dev` begins with, its newest fork included, with another chain id.
function genesisOf(binary, chainId) {
  const genesis = JSON.parse(execFileSync(binary, ['--dev', 'dumpgenesis'], { stdio: ['ignore', 'pipe', 'ignore'], encoding: 'utf8' }));
  for (const fork of ['amsterdamTime', 'bogotaTime']) delete genesis.config[fork];   // Osaka is what runs today
  genesis.config.blobSchedule.osaka ??= genesis.config.blobSchedule.prague;
  return funded(chainId, genesis);
}

export class Geth extends ExecutionNode {
  name = 'go-ethereum';

  arguments({ archive, jwt }) {
    this.binary = binaryOf('LOCKSTEP_GETH', 'go-ethereum', 'tests/e2e/clients/run finds or installs one');
    return [
      '--datadir', this.dir, '--override.genesis', this.file('genesis.json', JSON.stringify(genesisOf(this.binary, this.chainId))), '--networkid', this.chainId,
      '--nodiscover', '--maxpeers', 0, '--port', 0, '--ipcdisable', '--syncmode', 'full', '--cache', 64,
      '--http', '--http.port', this.port, '--http.api', apis, '--ws', '--ws.port', this.port, '--ws.api', 'eth,net,web3',
      '--authrpc.port', this.engine, '--authrpc.jwtsecret', jwt,
      '--miner.gaslimit', gasLimit, '--miner.gasprice', 1, '--miner.recommit', '60s', '--txpool.accountslots', 1024,
      ...(archive ? ['--gcmode', 'archive', '--state.scheme', 'hash'] : []),
    ];
  }

  build(parent, attributes, transactions) { return this.rpc.call('testing_buildBlockV1', [parent.hash, attributes, transactions, '0x']); }
}
