// node --test tests/e2e/lyra/: the committed answers of Lyra's contract are what the contract answers. That ours agree with them is
// tests/unit/mirror/greeks_lyra_test.cpp.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { committed, csv, rows } from './lyra.mjs';

it('answers as committed', async () => { assert.equal(csv(await rows()), readFileSync(committed, 'utf8')); });
