// Seeded randomness (mulberry32), so that every failure can be replayed.
export class Random {
  constructor(seed) { this.state = seed >>> 0; }

  u32() {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }

  below(n) { return this.u32() % n; }
  pick(list) { return list[this.below(list.length)]; }
  bytes(length) { return Uint8Array.from({ length }, () => this.u32() & 255); }
  hex(length) { return `0x${Buffer.from(this.bytes(length)).toString('hex')}`; }

  /// An unsigned integer of at most `bits` bits; small ones, zero and the largest come up often.
  uint(bits) {
    const kind = this.below(8);
    if (kind === 0) return 0n;
    if (kind === 1) return (1n << BigInt(bits)) - 1n;
    const width = kind < 4 ? Math.min(bits, 8) : 1 + this.below(bits);
    return BigInt(this.hex(32)) & ((1n << BigInt(width)) - 1n);
  }
  int(bits) { return BigInt.asIntN(bits, this.uint(bits)); }

  text() {
    return Array.from({ length: this.below(40) }, () => this.pick(['a', 'Z', '0', ' ', '"', '\\', '\n', '\u0000', 'é', '漢', '🙂', '\u200b'])).join('');
  }
}
