/** How the elements of a list become those of another one. Indexes are those of the two lists. */
export interface RowOrder {
  /** For each new element the old one that it was, or -1. */
  readonly was: Int32Array;
  /** For each new element 1 where it keeps its place among the others. */
  readonly stays: Uint8Array;
  /** The old elements that are no longer there, in their order. */
  readonly removed: readonly number[];
}

/**
 * Matches the elements of two lists by their identities. Elements with the same identity are matched in their order. As many elements
 * as possible keep their place. An element without a counterpart is matched with one at the same place, since changing it takes less than
 * removing one and adding the other.
 */
export function rowOrder(before: readonly string[], after: readonly string[]): RowOrder {
  const was = matched(before, after);
  const stays = longestRising(was);
  const isMatched = new Uint8Array(before.length);
  for (const old of was) if (old >= 0) isMatched[old] = 1;
  let from = 0;
  let start = 0;
  const left: number[] = [];
  for (let index = 0; index <= after.length; index++) {
    if (index < after.length && stays[index] === 0) continue;
    // The elements between the last one that stays and this one.
    const until = index < after.length ? was[index]! : before.length;
    const free: number[] = [];
    for (let old = from; old < until; old++) if (isMatched[old] === 0) free.push(old);
    let next = 0;
    for (let at = start; at < index && next < free.length; at++) {
      if (was[at]! >= 0) continue;
      was[at] = free[next++]!;
      stays[at] = 1;
    }
    for (; next < free.length; next++) left.push(free[next]!);
    from = until + 1;
    start = index + 1;
  }
  return { was, stays, removed: left };
}

/** For each new element the old one with the same identity, or -1. */
function matched(before: readonly string[], after: readonly string[]): Int32Array {
  const was = new Int32Array(after.length).fill(-1);
  let same = 0;
  while (same < before.length && same < after.length && before[same] === after[same]) was[same] = same++;
  const waiting = new Map<string, number[]>();
  for (let old = before.length - 1; old >= same; old--) {
    const list = waiting.get(before[old]!);
    if (list === undefined) waiting.set(before[old]!, [old]);
    else list.push(old);
  }
  for (let index = same; index < after.length; index++) {
    const old = waiting.get(after[index]!)?.pop();
    if (old !== undefined) was[index] = old;
  }
  return was;
}

/** Marks a longest rising subsequence of the values that are not negative. */
function longestRising(values: Int32Array): Uint8Array {
  const marks = new Uint8Array(values.length);
  /** For each length the index of the smallest value that ends a subsequence of that length. */
  const ends: number[] = [];
  const previous = new Int32Array(values.length).fill(-1);
  for (let index = 0; index < values.length; index++) {
    const value = values[index]!;
    if (value < 0) continue;
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (values[ends[middle]!]! < value) low = middle + 1;
      else high = middle;
    }
    if (low > 0) previous[index] = ends[low - 1]!;
    ends[low] = index;
  }
  for (let index = ends.at(-1) ?? -1; index >= 0; index = previous[index]!) marks[index] = 1;
  return marks;
}

/** A step that changes a list. Indexes are those of the list after all earlier steps. */
export type OrderStep =
  | { readonly kind: 'remove'; readonly at: number }
  /** `index`: of the new list. */
  | { readonly kind: 'add'; readonly at: number; readonly index: number }
  | { readonly kind: 'move'; readonly from: number; readonly at: number };

/** The steps that remove, add and move elements. Elements are added and moved from the first place to the last. */
export function* orderSteps({ was, stays, removed }: RowOrder, before: number): Generator<OrderStep> {
  for (const at of removed.toReversed()) yield { kind: 'remove', at };
  const places = new Places(ranked(was, removed, before), stays);
  for (let index = 0; index < was.length; index++) {
    if (was[index]! < 0) yield { kind: 'add', at: places.next(index), index };
    else if (stays[index] === 1) places.pass(index);
    else {
      const { from, at } = places.take(index);
      if (from !== at) yield { kind: 'move', from, at };
    }
  }
}

/** For each new element its place among the old ones that are left, or -1. */
function ranked(was: Int32Array, removed: readonly number[], before: number): Int32Array {
  const rank = new Int32Array(before);
  let gone = 0;
  for (let old = 0; old < before; old++) {
    if (removed[gone] === old) gone++;
    rank[old] = old - gone;
  }
  return was.map((old) => (old < 0 ? -1 : rank[old]!));
}

/**
 * The places of elements while a list is brought into its new order, from front to back. Elements that are still to be moved stay where
 * they are, so they count for the places of others until then.
 */
class Places {
  readonly #ranks: Int32Array;
  /** For each rank the number of lower ones that keep their place. */
  readonly #staysBefore: Int32Array;
  /** For each rank the new index of the next element that keeps its place. */
  readonly #nextStay: Int32Array;
  readonly #waiting: Counts;
  /** The rank of the last element that was passed. */
  #passed = -1;
  #passes = 0;

  constructor(ranks: Int32Array, stays: Uint8Array) {
    this.#ranks = ranks;
    const count = ranks.reduce((most, rank) => Math.max(most, rank + 1), 0);
    const stayOf = new Int32Array(count).fill(-1);
    this.#waiting = new Counts(count);
    for (const [index, rank] of ranks.entries()) {
      if (rank < 0) continue;
      if (stays[index] === 1) stayOf[rank] = index;
      else this.#waiting.add(rank, 1);
    }
    this.#staysBefore = new Int32Array(count);
    this.#nextStay = new Int32Array(count);
    for (let rank = 1; rank < count; rank++)
      this.#staysBefore[rank] = this.#staysBefore[rank - 1]! + (stayOf[rank - 1]! < 0 ? 0 : 1);
    for (let rank = count - 1, next = -1; rank >= 0; rank--) {
      this.#nextStay[rank] = next;
      if (stayOf[rank]! >= 0) next = stayOf[rank]!;
    }
  }

  /** The place after the elements that are in order already. `index`: their number. */
  next(index: number): number {
    return index + this.#waiting.below(this.#passed);
  }

  /** Passes an element that keeps its place. */
  pass(index: number): void {
    this.#passed = this.#ranks[index]!;
    this.#passes++;
  }

  /** Moves an element after those that are in order. Returns its former place, and the one that it gets once it was taken out. */
  take(index: number): { readonly from: number; readonly at: number } {
    const rank = this.#ranks[index]!;
    const isAhead = rank > this.#passed;
    const ordered = isAhead ? index + this.#staysBefore[rank]! - this.#passes : this.#nextStay[rank]!;
    const from = ordered + this.#waiting.below(rank);
    this.#waiting.add(rank, -1);
    return { from, at: this.next(index) };
  }
}

/** Counts by rank; sums take logarithmic time (a Fenwick tree). */
class Counts {
  readonly #sums: Int32Array;

  constructor(size: number) {
    this.#sums = new Int32Array(size + 1);
  }

  add(rank: number, count: number): void {
    for (let at = rank + 1; at < this.#sums.length; at += at & -at) this.#sums[at]! += count;
  }

  /** The sum of all ranks below this one; 0 for negative ones. */
  below(rank: number): number {
    let sum = 0;
    for (let at = rank; at > 0; at -= at & -at) sum += this.#sums[at]!;
    return sum;
  }
}
