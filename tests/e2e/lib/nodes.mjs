// The nodes that tests, demo and benches know, by name.
import { Anvil } from './anvil.mjs';
import { Geth } from './geth.mjs';
import { Reth } from './reth.mjs';

export const nodes = { anvil: Anvil, geth: Geth, reth: Reth };
