/** A small seeded generator (mulberry32), so that the demo is the same everywhere. */
export class Random {
  #state: number;
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 (inclusive) to 1 (exclusive). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  }

  /** A whole number from `low` to `high`, both inclusive. */
  between(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  chance(share: number): boolean {
    return this.next() < share;
  }

  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.next() * list.length)]!;
  }

  /** An amount of money with two decimals. */
  money(low: number, high: number): string {
    return (this.between(low * 100, high * 100) / 100).toFixed(2);
  }

  uuid(): string {
    const hex = Array.from({ length: 32 }, (_, index) =>
      index === 12 ? '4' : index === 16 ? this.pick(['8', '9', 'a', 'b']) : this.between(0, 15).toString(16),
    ).join('');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  }

  /** A random second between two days, as ISO text without offset. */
  moment(from: string, to: string): string {
    const low = Date.parse(`${from}T00:00:00Z`) / 1000;
    const high = Date.parse(`${to}T00:00:00Z`) / 1000;
    return new Date(this.between(low, high) * 1000).toISOString().slice(0, 19);
  }
}
