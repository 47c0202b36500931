// The fields of a header in the order of their encoding (Yellow Paper 4.3, EIP-1559, 4895, 4844, 4788, 7685), for an independent RLP encoder (viem's).
const quantities = new Set(['difficulty', 'number', 'gasLimit', 'gasUsed', 'timestamp', 'baseFeePerGas', 'blobGasUsed', 'excessBlobGas']);
const order = ['parentHash', 'sha3Uncles', 'miner', 'stateRoot', 'transactionsRoot', 'receiptsRoot', 'logsBloom', 'difficulty', 'number', 'gasLimit', 'gasUsed',
  'timestamp', 'extraData', 'mixHash', 'nonce', 'baseFeePerGas', 'withdrawalsRoot', 'blobGasUsed', 'excessBlobGas', 'parentBeaconBlockRoot', 'requestsHash'];

export function minimal(quantity) {
  const text = BigInt(quantity).toString(16);
  return text === '0' ? '0x' : `0x${text.length % 2 ? '0' : ''}${text}`;
}

export const headerItems = (block) => order.filter((field) => block[field] !== undefined && block[field] !== null)
  .map((field) => (quantities.has(field) ? minimal(block[field]) : block[field]));
