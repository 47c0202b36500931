// What a campaign does, as a function of its seed alone: worlds, and in each of them upgrades one after the other. A world begins at version 1; upgrades
// that end OLD leave it there, one that ends NEW is its last.
import { Random } from '../lib/random.mjs';
import { designs } from './designs.mjs';

const MAX_EPOCHS = 4;

/// Deals the designs that end in `outcome` again and again, in an order of its own each time, so that all of them occur.
class Deck {
  constructor(outcome, operators, random) { Object.assign(this, { all: designs.filter((design) => design.outcome === outcome && operators >= design.least), random, left: [] }); }
  deal() {
    if (this.left.length === 0) this.left = [...this.all];
    return this.left.splice(this.random.between(0, this.left.length - 1), 1)[0];
  }
}

/// Worlds with `upgrades` epochs in all, for that many operators: [{ world, epochs: [{ epoch, design: name, outcome, seed }] }].
export function draw({ seed, upgrades, operators }) {
  const random = new Random(BigInt(seed) * 7919n + 17n);
  const decks = { new: new Deck('new', operators, random), old: new Deck('old', operators, random) };
  const worlds = [];
  for (let left = upgrades; left > 0;) {
    const epochs = [];
    while (left > 0 && epochs.length < MAX_EPOCHS && epochs.at(-1)?.outcome !== 'new') {
      const { name, outcome } = decks[random.chance(0.5) ? 'new' : 'old'].deal();
      epochs.push({ epoch: epochs.length + 1, design: name, outcome, seed: random.between(1, 2 ** 30) });
      left -= 1;
    }
    worlds.push({ world: worlds.length + 1, epochs });
  }
  return worlds;
}
