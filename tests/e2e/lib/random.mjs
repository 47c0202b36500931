// A seeded generator (mulberry32): the same seed, the same flow, on every machine.
export class Random {
  constructor(seed) { this.state = Number(BigInt.asUintN(32, BigInt(seed))); }

  /// In [0, 1).
  unit() {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  /// An integer, both ends included.
  between(low, high) { return low + Math.floor(this.unit() * (high - low + 1)); }
  chance(probability) { return this.unit() < probability; }
  /// The same in another order.
  shuffled(list) {
    const rest = [...list], out = [];
    while (rest.length) out.push(...rest.splice(this.between(0, rest.length - 1), 1));
    return out;
  }
  pick(list) { return list[this.between(0, list.length - 1)]; }
}
